"""Faults of orders, as an unmodified ib_async meets them."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any

import pytest
from ib_async import IB, ComboLeg, Contract, LimitOrder, Option, Stock, Trade

from desk.clock import SimulatedClock
from desk.gateway.faults.text import fault, parse
from tests.gateway.exchange.floor import Falling
from tests.gateway.faults.watching import ended, passed
from tests.gateway.market import START
from tests.gateway.serving import Served, connected, run, serving, started

PLAIN: dict[str, Any] = {"duplicate_share": 0.0, "status_first_share": 0.0}


def recorded(ib: IB) -> list[list[str]]:
    """Return a list that grows by the fields of every message from now on."""
    seen: list[list[str]] = []
    interpret: Callable[[list[str]], None] = ib.client.decoder.interpret

    def record(fields: list[str]) -> None:
        seen.append(list(fields))
        interpret(fields)

    setattr(ib.client.decoder, "interpret", record)  # noqa: B010 - a library's method, replaced on purpose
    return seen


async def until(ib: IB, condition: Callable[[], bool]) -> None:
    while not condition():
        await ib.reqCurrentTimeAsync()


async def buy(ib: IB, price: float = 282.0, quantity: float = 1) -> Trade:
    spy = Stock("SPY", "SMART", "USD")
    await ib.qualifyContractsAsync(spy)
    return ib.placeOrder(spy, LimitOrder("BUY", quantity, price, tif="DAY", orderRef="mine"))


async def condor(ib: IB, quantity: int = 1) -> Trade:
    legs = []
    for strike, right, action in ((2760, "P", "BUY"), (2780, "P", "SELL"), (2860, "C", "SELL"), (2880, "C", "BUY")):
        option = Option("SPX", "20190517", strike, right, "SMART", tradingClass="SPXW")
        await ib.qualifyContractsAsync(option)
        legs.append(ComboLeg(option.conId, 1, action, "SMART"))
    bag = Contract(symbol="SPX", secType="BAG", exchange="SMART", currency="USD", comboLegs=legs)
    return ib.placeOrder(bag, LimitOrder("BUY", quantity, -7.0, tif="DAY", orderRef="condor"))


async def live(served: Served) -> list[tuple[int, str]]:
    """Return order id and reference of every working order, as another client sees them."""
    async with connected(served.port, 77) as other:
        return [(t.order.orderId, t.order.orderRef) for t in await other.reqAllOpenOrdersAsync()]


def kinds(seen: list[list[str]], *wanted: str) -> list[str]:
    """Return message ids of those wanted, with the status of an order's status."""
    return [m[0] + (f":{m[2]}" if m[0] == "3" else "") for m in seen if m[0] in wanted]


def test_a_placement_is_swallowed_and_the_next_is_not() -> None:
    async def scenario() -> None:
        async with serving(faults=(parse("lost-placement times=1"),)) as served, connected(served.port) as ib:
            lost, second = await buy(ib, 200.0), await buy(ib, 201.0)
            await until(ib, lambda: second.orderStatus.status == "Submitted")
            assert lost.orderStatus.status == "PendingSubmit"
            assert await live(served) == [(second.order.orderId, "mine")]

    run(scenario())


def test_a_cancel_is_lost_and_the_order_lives() -> None:
    async def scenario() -> None:
        async with serving(faults=(parse("lost-cancel times=1"),)) as served, connected(served.port) as ib:
            trade = await buy(ib, 200.0)
            await until(ib, lambda: trade.orderStatus.status == "Submitted")
            ib.cancelOrder(trade.order)
            assert len(await live(served)) == 1
            ib.cancelOrder(trade.order)
            await until(ib, lambda: trade.orderStatus.status == "Cancelled")

    run(scenario())


def test_a_placement_in_a_queue_fires_later() -> None:
    async def scenario() -> None:
        clock = SimulatedClock(START, 50)
        async with (
            serving(clock=clock, faults=(parse("late-placement seconds=20"),)) as served,
            connected(served.port) as ib,
        ):
            trade = await buy(ib)
            await until(ib, lambda: trade.orderStatus.status == "Filled")
            assert clock.time() >= START.timestamp() + 20

    run(scenario())


@pytest.mark.parametrize(("name", "fills"), [("lost-acknowledgement", 1), ("swallowed", 0)])
def test_an_order_without_a_word_is_live_all_the_same(name: str, fills: int) -> None:
    async def scenario() -> None:
        async with serving(faults=(fault(name, nth=2, times=1),)) as served, connected(served.port) as ib:
            first = await buy(ib, 200.0)
            await until(ib, lambda: first.orderStatus.status == "Submitted")
            second = await buy(ib)
            while not (filled := await executions_of(served)):
                pass
            await ib.reqCurrentTimeAsync()
            assert second.orderStatus.status == "PendingSubmit"
            assert len(second.fills) == fills
            assert filled == ["mine"]

    async def executions_of(served: Served) -> list[str]:
        async with connected(served.port, 77) as other:
            return [fill.execution.orderRef for fill in await other.reqExecutionsAsync()]

    run(scenario())


def test_who_asks_is_told_of_an_order_without_a_word() -> None:
    async def scenario() -> None:
        async with serving(faults=(fault("swallowed"),)) as served, connected(served.port) as ib:
            working, filled = await buy(ib, 200.0), await buy(ib)
            while not (fills := await ib.reqExecutionsAsync()):
                pass
            assert [fill.execution.orderId for fill in fills] == [filled.order.orderId]
            await ib.reqAllOpenOrdersAsync()
            assert working.orderStatus.status == "Submitted"

    run(scenario())


def test_an_acknowledgement_comes_late() -> None:
    async def scenario() -> None:
        clock = SimulatedClock(START, 50)
        async with (
            serving(clock=clock, faults=(parse("late-acknowledgement seconds=10"),)) as served,
            connected(served.port) as ib,
        ):
            trade = await buy(ib, 200.0)
            await until(ib, lambda: trade.orderStatus.status == "Submitted")
            assert clock.time() >= START.timestamp() + 10

    run(scenario())


def test_every_status_comes_again() -> None:
    async def scenario() -> None:
        async with (
            serving(faults=(parse("repeated-status copies=3"),), **PLAIN) as served,
            connected(served.port) as ib,
        ):
            seen, trade = recorded(ib), await buy(ib)
            await until(ib, lambda: bool(trade.fills) and bool(trade.fills[0].commissionReport.execId))
            assert [kind for kind in kinds(seen, "3") if kind == "3:Filled"] == ["3:Filled"] * 3
            assert len(trade.fills) == 1

    run(scenario())


@pytest.mark.parametrize(
    ("name", "order"),
    [("late-status", ["11", "59", "3:Filled"]), ("late-execution", ["3:Filled", "11", "59"])],
)
def test_executions_come_before_the_status_or_after_it(name: str, order: list[str]) -> None:
    async def scenario() -> None:
        clock = SimulatedClock(START, 20)
        async with (
            serving(clock=clock, faults=(fault(name, seconds=5),), **PLAIN) as served,
            connected(served.port) as ib,
        ):
            seen, trade = recorded(ib), await buy(ib)
            wanted = {"3:Filled", "11", "59"}
            await until(ib, lambda: wanted <= set(kinds(seen, "3", "11", "59")))
            assert [kind for kind in kinds(seen, "3", "11", "59") if kind in wanted] == order
            assert trade.orderStatus.status == "Filled"

    run(scenario())


def test_a_commission_comes_late_or_never() -> None:
    async def scenario() -> None:
        clock = SimulatedClock(START, 50)
        faults = (parse("late-commission seconds=30 times=1"), parse("no-commission nth=2"))
        async with serving(clock=clock, faults=faults) as served, connected(served.port) as ib:
            first = await buy(ib)
            await until(ib, lambda: bool(first.fills) and bool(first.fills[0].commissionReport.execId))
            assert clock.time() >= START.timestamp() + 30
            second = await buy(ib)
            await until(ib, lambda: second.orderStatus.status == "Filled" and bool(second.fills))
            await passed(clock, 60)
            assert second.fills[0].commissionReport.execId == ""

    run(scenario())


def test_fills_are_lost_and_found_again_by_asking() -> None:
    async def scenario() -> None:
        async with serving(faults=(parse("lost-fills client=1"),)) as served, connected(served.port) as ib:
            trade = await buy(ib)
            await until(ib, lambda: trade.orderStatus.status == "Filled")
            assert not trade.fills
            (fill,) = await ib.reqExecutionsAsync()
            assert trade.fills == [fill]
            assert fill.commissionReport.execId == fill.execution.execId

    run(scenario())


@pytest.mark.parametrize(
    ("name", "code", "status"),
    [
        ("tif-preset", 10349, "Cancelled"),
        ("outside-hours", 399, "ValidationError"),
        ("outside-rth-ignored", 2109, "ValidationError"),
    ],
)
def test_a_note_frightens_ib_async_and_the_order_is_live(name: str, code: int, status: str) -> None:
    async def scenario() -> None:
        async with serving(faults=(parse(name),), **PLAIN) as served, connected(served.port) as ib:
            trade = await buy(ib, 200.0)
            seen: list[str] = []
            trade.statusEvent += lambda t: seen.append(t.orderStatus.status)
            await until(ib, lambda: code in [entry.errorCode for entry in trade.log])
            assert status in seen
            assert await live(served) == [(trade.order.orderId, "mine")]

    run(scenario())


@pytest.mark.parametrize(
    ("name", "code"),
    [("rejected-riskless", 201), ("rejected-margin", 201), ("rejected-tick", 110), ("rejected-id", 103)],
)
def test_an_order_is_rejected(name: str, code: int) -> None:
    async def scenario() -> None:
        async with serving(faults=(parse(f"{name} times=1"),)) as served, connected(served.port) as ib:
            trade, second = await condor_or_stock(ib), await buy(ib, 200.0)
            await until(ib, lambda: second.orderStatus.status == "Submitted")
            assert trade.orderStatus.status == "Cancelled"
            assert [entry.errorCode for entry in trade.log if entry.errorCode] == [code]
            assert len(await live(served)) == 1

    async def condor_or_stock(ib: IB) -> Trade:
        return await (condor(ib) if name == "rejected-riskless" else buy(ib, 200.0))

    run(scenario())


@pytest.mark.parametrize(
    ("name", "code"), [("cancel-not-found", 10147), ("cancel-too-late", 10148), ("cancel-not-possible", 161)]
)
def test_a_refused_cancel_makes_ib_async_believe_in_a_dead_order_that_is_live(name: str, code: int) -> None:
    async def scenario() -> None:
        async with serving(faults=(parse(name),)) as served, connected(served.port) as ib:
            trade = await buy(ib, 200.0)
            await until(ib, lambda: trade.orderStatus.status == "Submitted")
            ib.cancelOrder(trade.order)
            await until(ib, lambda: code in [entry.errorCode for entry in trade.log])
            assert trade.orderStatus.status == "Cancelled"
            assert await live(served) == [(trade.order.orderId, "mine")]

    run(scenario())


def test_an_execution_is_corrected_live_and_when_asked_for() -> None:
    async def scenario() -> None:
        async with serving(faults=(parse("correction by=0.25 seconds=0.01"),)) as served, connected(served.port) as ib:
            seen, trade = recorded(ib), await buy(ib)
            await until(ib, lambda: len(trade.fills) == 2)
            first, second = (fill.execution for fill in trade.fills)
            assert (first.execId[-3:], second.execId[-3:]) == (".01", ".02")
            assert first.execId[:-3] == second.execId[:-3]
            assert second.price - first.price == pytest.approx(0.25)
            assert second.avgPrice - first.avgPrice == pytest.approx(0.25)
            assert second.cumQty == first.cumQty == 1
            seen.clear()
            await ib.reqExecutionsAsync()
            assert [m[14][-3:] for m in seen if m[0] == "11"] == [".01", ".02"]

    run(scenario())


def test_a_condor_fills_in_parts_when_little_is_displayed() -> None:
    async def scenario() -> None:
        async with (
            serving(market=Falling(), faults=(parse("thin size=1"),), **PLAIN) as served,
            connected(served.port) as ib,
        ):
            trade = await condor(ib, 3)
            filled: list[float] = []
            trade.statusEvent += lambda t: filled.append(t.orderStatus.filled)
            await until(ib, lambda: trade.orderStatus.status == "Filled")
            assert [n for n in dict.fromkeys(filled) if n] == [1.0, 2.0, 3.0]
            await until(ib, lambda: len(trade.fills) == 15)
            bags = [fill.execution for fill in trade.fills if fill.contract.secType == "BAG"]
            assert [(one.shares, one.cumQty) for one in bags] == [(1, 1), (1, 2), (1, 3)]

    run(scenario())


def test_nothing_fills_on_quotes_that_stand_still() -> None:
    async def scenario() -> None:
        clock = SimulatedClock(START, 200)
        async with (
            serving(clock=clock, faults=(parse("frozen"),), oldest_quote=20.0) as served,
            connected(served.port) as ib,
        ):
            served.gateway.market.quotes([served.market.underlyings(0)[2]], START.timestamp())
            await passed(clock, 30)
            trade = await buy(ib)
            await passed(clock, 30)
            assert trade.orderStatus.status in {"Submitted", "PreSubmitted"}
            served.gateway.faults.clear()
            await until(ib, lambda: trade.orderStatus.status == "Filled")

    run(scenario())


@pytest.mark.parametrize(("by", "first"), [(1000, 1001), (-100, 1)])
def test_the_next_order_id_jumps_or_rolls_back(by: int, first: int) -> None:
    async def scenario() -> None:
        async with serving() as served:
            async with connected(served.port, 3) as ib:
                if by < 0:
                    trade = await buy(ib, 200.0)
                    await until(ib, lambda: trade.orderStatus.status == "Submitted")
            served.gateway.faults.arm(fault("next-id", by=by))
            async with started(served.port, client_id=3) as client:
                client.send(8, 1, 1)
                assert int((await client.until("9"))[2]) == first
            if by < 0:
                async with connected(served.port, 3) as ib:
                    spy = Stock("SPY", "SMART", "USD")
                    await ib.qualifyContractsAsync(spy)
                    again = ib.placeOrder(spy, LimitOrder("BUY", 1, 200.0, tif="DAY", orderId=1))
                    await until(ib, lambda: any(entry.errorCode for entry in again.log))
                    assert {entry.errorCode for entry in again.log} == {0, 103}

    run(scenario())


def test_a_blank_too_many_costs_ib_async_the_completed_combination(caplog: pytest.LogCaptureFixture) -> None:
    async def scenario() -> None:
        async with serving(market=Falling(), **PLAIN) as served, connected(served.port) as ib:
            trade = await condor(ib)
            await until(ib, lambda: trade.orderStatus.status == "Filled")
            assert len(await ib.reqCompletedOrdersAsync(apiOnly=False)) == 1
            served.gateway.faults.arm(parse("extra-blank"))
            seen = recorded(ib)
            assert await ib.reqCompletedOrdersAsync(apiOnly=False) == []
            (order,) = [m for m in seen if m[0] == "101"]
            assert order[62] == ""
            assert order[63].count("|") == 4

    run(scenario())
    assert "Error handling fields" in caplog.text
    caplog.clear()


@pytest.mark.parametrize(
    ("kind", "request_", "end"),
    [
        ("openOrderEnd", (5, 1), "53"),
        ("completedOrdersEnd", (99, 0), "102"),
        ("execDetailsEnd", (7, 3, 5, 0, "", "", "", "", "", ""), "55"),
    ],
)
def test_an_end_is_missing(kind: str, request_: tuple[str | int, ...], end: str) -> None:
    async def scenario() -> None:
        async with (
            serving(faults=(parse(f"missing-end kinds={kind} times=1"),)) as served,
            started(served.port) as client,
        ):
            client.send(*request_)
            client.send(49, 1)
            assert (await client.read() or [])[0] == "49"
            client.send(*request_)
            assert (await client.read() or [])[0] == end

    run(scenario())


def test_an_ib_async_without_ends_gives_up_on_its_own_deadline() -> None:
    async def scenario() -> None:
        async with serving(faults=(parse("missing-end"),)) as served:
            with pytest.raises(ConnectionError, match="open orders request timed out"):
                await IB().connectAsync("127.0.0.1", served.port, clientId=5, timeout=0.3, raiseSyncErrors=True)

    run(scenario())


@pytest.mark.parametrize(
    ("form", "text"), [("utc", "20190513-14:0"), ("plain", "20190513  10:0"), ("zone", "20190513 10:0")]
)
def test_executions_carry_their_time_in_another_form(form: str, text: str) -> None:
    async def scenario() -> None:
        async with serving() as served, connected(served.port) as ib:
            trade = await buy(ib)
            await until(ib, lambda: trade.orderStatus.status == "Filled")
            served.gateway.faults.arm(parse(f"time-format form={form}"))
            seen = recorded(ib)
            await ib.reqExecutionsAsync()
            (execution,) = [m for m in seen if m[0] == "11"]
            assert execution[15].startswith(text)
            assert execution[15].endswith("US/Eastern") == (form == "zone")

    run(scenario())


def test_a_change_makes_two_live_orders_of_which_one_fills_later() -> None:
    async def scenario() -> None:
        async with serving(faults=(parse("two-orders client=1"),), **PLAIN) as served, connected(served.port) as ib:
            trade = await buy(ib, 200.0)
            await until(ib, lambda: trade.orderStatus.status == "Submitted")
            first = trade.orderStatus.permId
            trade.order.lmtPrice = 201.0
            ib.placeOrder(trade.contract, trade.order)
            seen = recorded(ib)
            await until(ib, lambda: any(m[0] == "3" for m in seen))
            seen.clear()
            await ib.reqOpenOrdersAsync()
            orders = [(int(m[1]), float(m[16])) for m in seen if m[0] == "5"]
            assert set(orders) == {(trade.order.orderId, 200.0), (trade.order.orderId, 201.0)}
            ib.cancelOrder(trade.order)
            await until(ib, lambda: any(m[:3] == ["3", str(trade.order.orderId), "Cancelled"] for m in seen))
            served.market.drift = -100.0
            await until(ib, lambda: any(m[0] == "11" for m in seen))
            (fill,) = [m for m in seen if m[0] == "11"]
            assert (int(fill[2]), int(fill[21])) == (trade.order.orderId, first)

    run(scenario())


@pytest.mark.parametrize(
    ("text", "status", "alive"),
    [
        ("drop on=placeOrder", "lost", 0),
        ("drop on=placeOrder handled=yes", "lost", 1),
        ("drop on=openOrder", "PreSubmitted", 1),
        ("reset on=openOrder", "lost", 1),
        ("restart lasts=1 after=0", "lost", 0),
    ],
)
def test_a_connection_that_ends_before_or_after_the_acknowledgement(text: str, status: str, alive: int) -> None:
    async def scenario() -> None:
        clock = SimulatedClock(START, 20)
        async with serving(clock=clock) as served:
            async with connected(served.port) as ib:
                spy = Stock("SPY", "SMART", "USD")
                await ib.qualifyContractsAsync(spy)
                seen = recorded(ib)
                gone = asyncio.get_running_loop().create_future()
                ib.disconnectedEvent += lambda: gone.set_result(None)
                served.gateway.faults.arm(parse(text))
                ib.placeOrder(spy, LimitOrder("BUY", 1, 200.0, tif="DAY"))
                await gone
                known = [m for m in seen if m[0] == "5"]
                assert (status in known[0]) if status != "lost" else not known
            await passed(clock, 5)
            assert len(await live(served)) == alive

    run(scenario())


def test_a_fill_during_an_outage_is_known_afterwards_by_asking() -> None:
    async def scenario() -> None:
        clock = SimulatedClock(START, 20)
        async with serving(clock=clock) as served, connected(served.port) as ib:
            trade = await buy(ib, 281.0)
            await until(ib, lambda: trade.orderStatus.status == "Submitted")
            served.gateway.faults.arm(parse("outage lasts=10"))
            served.market.drift = -1.0
            ib.cancelOrder(trade.order)
            restored = asyncio.get_running_loop().create_future()
            ib.errorEvent += lambda _n, code, *_: restored.set_result(None) if code == 1102 else None
            await restored
            assert trade.orderStatus.status == "PendingCancel"
            assert not trade.fills
            await ib.reqExecutionsAsync()
            assert len(trade.fills) == 1

    run(scenario())


def test_what_is_asked_in_the_second_of_a_restart_is_lost() -> None:
    async def scenario() -> None:
        clock = SimulatedClock(START, 20)
        async with serving(clock=clock) as served, connected(served.port) as ib:
            keep, drop = await buy(ib, 200.0), await buy(ib, 201.0)
            await until(ib, lambda: drop.orderStatus.status == "Submitted")
            served.gateway.faults.arm(parse("restart lasts=10 deaf=2"))
            gone = asyncio.get_running_loop().create_future()
            ib.disconnectedEvent += lambda: gone.set_result(None)
            ib.cancelOrder(drop.order)
            await buy_more(ib, keep)
            await gone
            await passed(clock, 12)
            assert sorted(await live(served)) == sorted([(t, "mine") for t in (keep.order.orderId, drop.order.orderId)])

    async def buy_more(ib: IB, like: Trade) -> None:
        ib.placeOrder(like.contract, LimitOrder("BUY", 1, 202.0, tif="DAY", orderRef="late"))

    run(scenario())


def test_the_account_summary_is_refused_from_the_third_id_on_or_always() -> None:
    async def scenario() -> None:
        async with serving() as served, started(served.port) as client:
            served.gateway.faults.arm(parse("summary-refused"))
            client.send(62, 1, 1, "All", "NetLiquidation")
            assert "Maximum number of account summary" in (await client.until("4", "2", "1", "322"))[4]

    run(scenario())


def test_faults_of_one_client_leave_the_others_orders_alone(caplog: pytest.LogCaptureFixture) -> None:
    async def scenario() -> None:
        async with (
            serving(faults=(parse("swallowed client=1"),)) as served,
            connected(served.port, 1) as first,
            connected(served.port, 2) as second,
        ):
            one, two = await buy(first), await buy(second)
            await until(second, lambda: two.orderStatus.status == "Filled")
            await first.reqCurrentTimeAsync()
            assert one.orderStatus.status == "PendingSubmit"
            served.gateway.faults.arm(parse("drop client=1"))
            async with started(served.port, client_id=1) as client:
                client.send(49, 1)
                assert not [m for m in [await client.until("49")] if m[0] != "49"]
                served.gateway.faults.arm(parse("drop client=1"))
                assert await ended(client) == []

    with caplog.at_level(logging.INFO):
        run(scenario())
