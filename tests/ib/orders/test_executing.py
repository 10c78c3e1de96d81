"""Executions and commissions, however IB tells them: late, twice, corrected, in other words."""

from __future__ import annotations

import pytest

from messages.orders import Executed, OrderState
from tests.ib.orders.stage import NATURAL, Stage, play

S = OrderState


def test_an_execution_is_told_once_however_often_it_comes() -> None:
    async def scenario(stage: Stage) -> None:
        async with stage.desk(stage.open("repeated-status copies=3")) as made:
            made.arm("repeat kinds=execDetails,commissionReport copies=2")
            name = made.place(made.order(limit=3.0, quantity=2))
            await made.sleep(10.0)
            for _ in range(3):
                truth = await made.truth()
            assert (len(made.rows(name)), len(made.costs(name))) == (5, 4)
            assert (len(truth.executed), len(truth.charged)) == (5, 4)
            assert made.states(name) == [S.SENT, S.WORKING, S.FILLED]
            assert made.last(name).filled == 2

    play(scenario)


def test_a_correction_has_the_same_id_and_another_revision() -> None:
    async def scenario(stage: Stage) -> None:
        async with stage.desk(stage.open("correction by=0.05 sec_type=BAG")) as made:
            name = made.place(made.order(limit=3.0, quantity=2))
            await made.sleep(10.0)
            first, second = (row for row in made.rows(name) if row.con_id == 0)
            assert (first.exec_id, first.fill, first.at) == (second.exec_id, second.fill, second.at)
            assert (first.revision, second.revision) == (1, 2)
            assert second.price == pytest.approx(-NATURAL + 0.05)
            assert made.last(name).filled == 2
            truth = await made.truth()
            assert [row.revision for row in truth.executed if row.con_id == 0] == [2]

    play(scenario)


def test_times_of_executions_in_all_three_forms_are_the_same_instant() -> None:
    async def one(stage: Stage, form: str) -> tuple[float, float]:
        async with stage.desk(stage.open(f"time-format form={form}")) as made:
            begun = made.clock.time()
            name = made.place(made.order(limit=3.0))
            await made.sleep(10.0)
            return begun, made.rows(name)[0].at

    for form in ("utc", "plain", "zone"):

        async def scenario(stage: Stage, form: str = form) -> None:
            begun, at = await one(stage, form)
            assert begun - 1.0 <= at <= begun + 5.0

        play(scenario)


def test_lost_fills_come_with_the_truth() -> None:
    async def scenario(stage: Stage) -> None:
        async with stage.desk() as made:
            made.arm("lost-fills")
            name = made.place(made.order(limit=3.0))
            await made.sleep(10.0)
            assert made.last(name).state is S.FILLED
            assert made.last(name).filled == 1
            assert made.of(Executed) == []
            truth = await made.truth()
            assert (len(truth.executed), len(truth.charged)) == (5, 4)
            assert (len(made.rows(name)), len(made.costs(name))) == (5, 4)

    play(scenario)


@pytest.mark.parametrize("fault", ["late-execution seconds=3", "late-status seconds=3"])
def test_the_end_may_come_before_its_executions_or_after(fault: str) -> None:
    async def scenario(stage: Stage) -> None:
        async with stage.desk(stage.open(fault)) as made:
            name = made.place(made.order(limit=3.0))
            await made.sleep(20.0)
            assert made.states(name) == [S.SENT, S.WORKING, S.FILLED]
            assert (len(made.rows(name)), len(made.costs(name))) == (5, 4)

    play(scenario)


def test_commissions_come_late_and_before_their_executions() -> None:
    async def scenario(stage: Stage) -> None:
        async with stage.desk(stage.open("late-commission seconds=30")) as made:
            name = made.place(made.order(limit=3.0))
            await made.sleep(10.0)
            assert (len(made.rows(name)), len(made.costs(name))) == (5, 0)
            await made.sleep(30.0)
            assert len(made.costs(name)) == 4
            made.gateway.faults.clear()
            made.arm("late kinds=execDetails seconds=10")
            other = made.place(made.order(limit=3.0))
            await made.sleep(5.0)
            assert (len(made.rows(other)), len(made.costs(other))) == (0, 0)
            await made.sleep(20.0)
            assert (len(made.rows(other)), len(made.costs(other))) == (5, 4)
            fills = {row.fill for row in made.rows(other)}
            assert {cost.fill for cost in made.costs(other)} == fills
            assert len(fills) == 1

    play(scenario)


def test_completed_orders_with_a_field_too_many_are_read() -> None:
    async def scenario(stage: Stage) -> None:
        there = stage.open("extra-blank")
        async with stage.desk(there) as made:
            filled = made.place(made.order(limit=3.0, quantity=2))
            ended = made.place(made.order(limit=5.0))
            await made.sleep(10.0)
            made.orders.cancel(ended)
            await made.sleep(10.0)
        async with stage.desk(there) as made:
            await made.sleep(1.0)
            assert (made.last(filled).state, made.last(filled).filled) == (S.FILLED, 2)
            assert (made.last(ended).state, made.last(ended).text) == (S.CANCELLED, "Cancelled by Trader")
            assert made.last(filled).perm_ids
            assert made.last(ended).perm_ids

    play(scenario)


def test_ib_async_keeps_nothing_of_orders() -> None:
    async def scenario(stage: Stage) -> None:
        async with stage.desk() as made:
            for _ in range(20):
                made.place(made.order(limit=3.0))
                await made.sleep(5.0)
                await made.truth()
                await made.margin(made.order(limit=3.0))
            wrapper = made.broker._session.ib.wrapper
            assert not wrapper.trades
            assert not wrapper.fills
            assert not wrapper.permId2Trade
            assert not wrapper._futures
            assert len(wrapper._results) <= 20
            assert len(made.of(Executed)) == 100

    play(scenario)
