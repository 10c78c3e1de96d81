"""What a client hears of a fill, and in which order: IB promises little, and neither does the gateway."""

from __future__ import annotations

import asyncio
from typing import Any

from ib_async import LimitOrder

from desk.clock import SimulatedClock
from desk.gateway.requests.terms import Terms
from tests.gateway.exchange.floor import Falling
from tests.gateway.exchange.test_over_the_wire import put, until
from tests.gateway.market import START
from tests.gateway.sent import condor, placed
from tests.gateway.serving import Raw, Served, connected, run, serving, started

ORDERS = 40
STRIKES = ((2760.0, "P"), (2780.0, "P"), (2860.0, "C"), (2880.0, "C"))


def _legs(served: Served) -> list[int]:
    book, now = served.gateway.context.book, served.clock.time()
    terms = [Terms(symbol="SPX", sec_type="OPT", expiry="20190517", strike=k, right=r) for k, r in STRIKES]
    return [book.find(one, now)[0].contract.con_id for one in terms]


async def _heard(client: Raw, legs: list[int]) -> dict[int, list[str]]:
    """Place orders one by one and return what is heard of each, in order, up to its last commission."""
    heard: dict[int, list[str]] = {}
    owners: dict[str, int] = {}
    for number in range(1, ORDERS + 1):
        client.send(*placed(178, number, condor(*legs), LimitOrder("BUY", 1, -7.0, tif="DAY")))
        words = heard[number] = []
        while sum(word == "commission" for word in words) < 4:
            fields = await client.read()
            assert fields is not None
            if fields[0] == "3":
                heard[int(fields[1])].append(fields[2])
            elif fields[0] == "11":
                owners[fields[14]] = int(fields[2])
                heard[int(fields[2])].append("execution")
            elif fields[0] == "59":
                heard[owners[fields[2]]].append("commission")
    return heard


def _all(**settings: Any) -> dict[int, list[str]]:
    async def scenario() -> dict[int, list[str]]:
        clock = SimulatedClock(START, 100.0)
        options = {"latency": 1.0, "messages_per_second": 0, **settings}
        async with (
            serving(clock=clock, market=Falling(), **options) as served,
            started(served.port, clock=clock) as client,
        ):
            return await _heard(client, _legs(served))

    return run(scenario())


def test_executions_come_before_or_after_the_status_and_commissions_last() -> None:
    heard = _all()
    early = late = repeated = 0
    for words in heard.values():
        assert [word for word in words if word not in {"execution", "commission", "Filled"}][:1] == ["PreSubmitted"]
        filled, executed = words.index("Filled"), words.index("execution")
        early, late = early + (executed < filled), late + (executed > filled)
        repeated += len([word for word in words if word[0].isupper()]) > 3
        assert words.count("execution") == 5
        assert words.index("commission") > max(filled, len(words) - 1 - words[::-1].index("execution"))
        statuses = [word for word in words if word[0].isupper()]
        assert statuses == sorted(statuses, key=["PreSubmitted", "Submitted", "Filled"].index)
    assert early > late > 3
    assert repeated > 3


def test_the_same_seed_tells_the_same() -> None:
    assert _all() == _all()
    assert _all() != _all(seed=2)


def test_no_freedoms_when_none_are_wanted() -> None:
    heard = _all(status_first_share=0.0, duplicate_share=0.0)
    whole = ["PreSubmitted", "Submitted", *["execution"] * 5, "Filled", *["commission"] * 4]
    assert set(map(tuple, heard.values())) == {tuple(whole)}


def test_those_who_follow_the_account_hear_of_a_trade() -> None:
    async def scenario() -> None:
        async with serving(market=Falling()) as served, connected(served.port) as ib:
            option = await put(ib)
            profit, single = ib.reqPnL("DU1234567"), ib.reqPnLSingle("DU1234567", "", option.conId)
            ib.placeOrder(option, LimitOrder("BUY", 2, 12.1, tif="DAY"))
            await until(ib, lambda: bool(ib.portfolio()) and single.position == 2)
            (held,) = ib.portfolio()
            assert (held.position, held.marketPrice, held.marketValue) == (2, 12.0, 2400.0)
            assert abs(held.unrealizedPNL - (2400 - 2 * held.averageCost)) < 0.01
            served.market.drift = -10.0
            await until(ib, lambda: single.value == 2 * 14 * 100)
            assert profit.dailyPnL == profit.unrealizedPnL + profit.realizedPnL
            ib.placeOrder(option, LimitOrder("SELL", 2, 13.9, tif="DAY"))
            await until(ib, lambda: not ib.positions() and not ib.portfolio())
            values = {v.tag: float(v.value) for v in ib.accountValues() if v.currency == "USD" and v.tag != "Currency"}
            assert values["NetLiquidation"] == values["TotalCashValue"]
            assert values["UnrealizedPnL"] == 0
            assert abs(values["RealizedPnL"] - (values["NetLiquidation"] - 1_000_000)) < 0.01

    run(scenario())


def test_a_fill_is_not_lost_on_a_client_that_is_away() -> None:
    async def scenario() -> None:
        async with serving(market=Falling()) as served:
            async with connected(served.port) as ib:
                trade = ib.placeOrder(await put(ib), LimitOrder("BUY", 1, 11.9, tif="GTC"))
                await until(ib, lambda: trade.orderStatus.status == "Submitted")
            served.market.drift = 10.0
            async with connected(served.port, client_id=2) as other:
                await until(other, lambda: bool(other.positions()))
                assert other.fills() == []
            async with connected(served.port) as ib:
                (fill,) = ib.fills()
                assert fill.execution.orderId == trade.order.orderId
                await asyncio.wait_for(ib.reqCurrentTimeAsync(), 5)

    run(scenario())
