"""Faults of sessions with orders under way, as an unmodified ib_async meets them."""

from __future__ import annotations

import asyncio
import logging

import pytest
from ib_async import IB, LimitOrder, Stock, Trade

from desk.clock import SimulatedClock
from desk.gateway.faults.text import parse
from tests.gateway.faults.ordering import PLAIN, buy, live, recorded, until
from tests.gateway.faults.watching import ended, passed
from tests.gateway.market import START
from tests.gateway.serving import connected, run, serving, started


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
