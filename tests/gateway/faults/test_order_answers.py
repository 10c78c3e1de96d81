"""Faults of answers about orders: ids, ends, times, blanks, as an unmodified ib_async meets them."""

from __future__ import annotations

import pytest
from ib_async import IB, LimitOrder, Stock

from desk.gateway.faults.text import fault, parse
from tests.gateway.exchange.floor import Falling
from tests.gateway.faults.ordering import PLAIN, buy, condor, recorded, until
from tests.gateway.serving import connected, run, serving, started


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
