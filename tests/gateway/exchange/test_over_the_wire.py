"""Orders of an unmodified ib_async, over a socket."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest
from ib_async import IB, ComboLeg, Contract, Fill, LimitOrder, MarketOrder, Option, Trade

from tests.gateway.exchange.floor import Falling
from tests.gateway.serving import connected, run, serving


async def until(ib: IB, condition: Callable[[], bool]) -> None:
    while not condition():
        await asyncio.wait_for(ib.updateEvent, 60)


async def put(ib: IB, strike: float = 2780, right: str = "P") -> Option:
    option = Option("SPX", "20190517", strike, right, "SMART", tradingClass="SPXW")
    await ib.qualifyContractsAsync(option)
    return option


async def condor(ib: IB) -> Contract:
    wanted = ((2760, "P", "BUY"), (2780, "P", "SELL"), (2860, "C", "SELL"), (2880, "C", "BUY"))
    legs = [(await put(ib, strike, right), action) for strike, right, action in wanted]
    return Contract(
        symbol="SPX",
        secType="BAG",
        exchange="SMART",
        currency="USD",
        comboLegs=[ComboLeg(option.conId, 1, action, "SMART") for option, action in legs],
    )


def codes(trade: Trade) -> list[int]:
    return [entry.errorCode for entry in trade.log if entry.errorCode]


def statuses(trade: Trade) -> list[str]:
    found = [entry.status for entry in trade.log if entry.status]
    return [status for n, status in enumerate(found) if found[n - 1 : n] != [status]]


def costs(fills: list[Fill]) -> list[float]:
    return sorted(fill.commissionReport.commission for fill in fills if fill.commissionReport.execId)


def test_what_if_of_a_condor_is_its_width() -> None:
    async def scenario() -> None:
        async with serving(market=Falling()) as served, connected(served.port) as ib:
            state = await ib.whatIfOrderAsync(await condor(ib), LimitOrder("BUY", 2, -7.0, tif="DAY"))
            assert float(state.initMarginChange) == float(state.maintMarginChange) == 4000.0
            assert float(state.equityWithLoanChange) == pytest.approx(1400 - state.commission, abs=0.01)
            assert ib.openTrades() == []

    run(scenario())


def test_a_single_leg_fills_with_its_commission() -> None:
    async def scenario() -> None:
        async with (
            serving(market=Falling(), duplicate_share=0.0, status_first_share=0.0) as served,
            connected(served.port) as ib,
        ):
            trade = ib.placeOrder(await put(ib), LimitOrder("BUY", 1, 12.1, tif="DAY", orderRef="one"))
            await until(ib, lambda: bool(costs(trade.fills)))
            assert statuses(trade) == ["PendingSubmit", "PreSubmitted", "Submitted", "Filled"]
            (fill,) = trade.fills
            assert (fill.execution.side, fill.execution.shares, fill.execution.orderRef) == ("BOT", 1, "one")
            assert 12.0 <= fill.execution.price <= 12.1
            assert costs(trade.fills) == [1.63028]
            assert trade.orderStatus.avgFillPrice == fill.execution.price
            await until(ib, lambda: bool(ib.positions()))
            (held,) = ib.positions()
            assert held.position == 1
            assert held.avgCost == pytest.approx(fill.execution.price * 100 + 1.63028)

    run(scenario())


def test_a_condor_fills_with_five_executions_and_four_commissions() -> None:
    async def scenario() -> None:
        async with serving(market=Falling()) as served, connected(served.port) as ib:
            trade = ib.placeOrder(await condor(ib), LimitOrder("BUY", 1, -7.0, tif="DAY"))
            await until(ib, lambda: len(costs(trade.fills)) == 4)
            assert trade.orderStatus.status == "Filled"
            bag, *legs = trade.fills
            assert (bag.contract.secType, bag.execution.side, bag.execution.exchange) == ("BAG", "BOT", "SMART")
            assert bag.execution.price == trade.orderStatus.avgFillPrice <= -7.0
            assert bag.commissionReport.execId == ""
            signed = [f.execution.price * (1 if f.execution.side == "BOT" else -1) for f in legs]
            assert sum(signed) == pytest.approx(bag.execution.price)
            ids = [fill.execution.execId.split(".") for fill in trade.fills]
            assert {tuple(parts[:2]) for parts in ids} == {tuple(ids[0][:2])}
            assert [parts[2:] for parts in ids] == [[f"{n:02}", "01"] for n in range(1, 6)]
            await until(ib, lambda: len(ib.positions()) == 4)
            await until(ib, lambda: len(ib.portfolio()) == 4)

    run(scenario())


def test_modify_and_cancel() -> None:
    async def scenario() -> None:
        async with serving(market=Falling()) as served, connected(served.port) as ib:
            contract = await condor(ib)
            order = LimitOrder("BUY", 1, -9.0, tif="DAY")
            trade = ib.placeOrder(contract, order)
            await until(ib, lambda: trade.orderStatus.status == "Submitted")
            order.lmtPrice = -8.5
            ib.placeOrder(contract, order)
            await ib.reqCurrentTimeAsync()
            (seen,) = await ib.reqAllOpenOrdersAsync()
            assert seen.order.lmtPrice == -8.5
            errors: list[int] = []
            ib.errorEvent += lambda _number, code, _text, _contract: errors.append(code)
            ib.cancelOrder(order)
            await until(ib, lambda: trade.orderStatus.status == "Cancelled" and errors == [202])
            assert await ib.reqAllOpenOrdersAsync() == []
            second = LimitOrder("BUY", 1, -9.0, tif="DAY")
            trade = ib.placeOrder(contract, second)
            await until(ib, lambda: trade.orderStatus.status == "Submitted")
            second.lmtPrice = -7.0
            ib.placeOrder(contract, second)
            await until(ib, lambda: trade.orderStatus.status == "Filled")

    run(scenario())


def test_partial_fills_by_displayed_size() -> None:
    async def scenario() -> None:
        async with serving(market=Falling(), refresh=0.05) as served, connected(served.port) as ib:
            trade = ib.placeOrder(await put(ib), LimitOrder("BUY", 30, 12.1, tif="DAY"))
            await until(ib, lambda: trade.orderStatus.status == "Filled" and len(costs(trade.fills)) == 3)
            assert [fill.execution.shares for fill in trade.fills] == [12, 12, 6]
            assert [fill.execution.cumQty for fill in trade.fills] == [12, 24, 30]
            assert sum(costs(trade.fills)) == pytest.approx(30 * (0.65 + 0.63028))

    run(scenario())


def test_rejects() -> None:
    async def scenario() -> None:
        async with serving(market=Falling(), cash=1000.0) as served, connected(served.port) as ib:
            contract = await condor(ib)
            for order, code in (
                (LimitOrder("BUY", 1, -20.0, tif="DAY"), 201),
                (LimitOrder("SELL", 1, 5.0, tif="DAY"), 201),
                (LimitOrder("BUY", 1, -7.01, tif="DAY"), 110),
                (LimitOrder("BUY", 2, -7.0, tif="DAY"), 201),
            ):
                trade = ib.placeOrder(contract, order)
                await until(ib, lambda trade=trade: bool(codes(trade)))  # type: ignore[misc]  # a loop's own trade
                assert codes(trade) == [code]
                assert trade.orderStatus.status == "Cancelled"

    run(scenario())


def test_executions_and_completed_orders_come_again_after_a_reconnect() -> None:
    async def scenario() -> None:
        async with serving(market=Falling()) as served:
            async with connected(served.port) as ib:
                trade = ib.placeOrder(await condor(ib), MarketOrder("BUY", 1, tif="DAY", orderRef="mine"))
                await until(ib, lambda: len(costs(trade.fills)) == 4)
                waiting = ib.placeOrder(await put(ib), LimitOrder("BUY", 1, 1.0, tif="GTC"))
                await until(ib, lambda: waiting.orderStatus.status == "Submitted")
                before = {fill.execution.execId for fill in ib.fills()}
            async with connected(served.port) as ib:
                assert {fill.execution.execId for fill in ib.fills()} == before
                assert len(costs(ib.fills())) == 4
                (open_trade,) = ib.openTrades()
                assert (open_trade.order.lmtPrice, open_trade.order.tif) == (1.0, "GTC")
                (done,) = [t for t in ib.trades() if t.orderStatus.status == "Filled"]
                assert done.order.orderRef == "mine"
                assert len(done.fills) == 5
                assert len(ib.positions()) == 4
                assert ib.client.getReqId() > waiting.order.orderId
            async with connected(served.port, client_id=2) as other:
                assert other.openTrades() == []
                assert len(await other.reqAllOpenOrdersAsync()) == 1
                other.client.cancelOrder(waiting.order.orderId, "")
                other.reqGlobalCancel()
                await other.reqCurrentTimeAsync()
                assert await other.reqAllOpenOrdersAsync() == []

    run(scenario())
