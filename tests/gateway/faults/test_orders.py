"""Faults of orders, as an unmodified ib_async meets them."""

from __future__ import annotations

import pytest
from ib_async import IB, Trade

from desk.clock import SimulatedClock
from desk.gateway.faults.text import fault, parse
from tests.gateway.exchange.floor import Falling
from tests.gateway.faults.ordering import PLAIN, buy, condor, kinds, live, recorded, until
from tests.gateway.faults.watching import passed
from tests.gateway.market import START
from tests.gateway.serving import Served, connected, run, serving


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
