"""Cancels and changes that IB refuses, loses or half does."""

from __future__ import annotations

import pytest

from messages.orders import OrderState
from tests.ib.orders.stage import CANCEL, Stage, play

S = OrderState


@pytest.mark.parametrize(
    ("fault", "code"), [("cancel-not-found", 10147), ("cancel-too-late", 10148), ("cancel-not-possible", 161)]
)
def test_a_refused_cancel_leaves_the_order_alive_and_is_looked_into(fault: str, code: int) -> None:
    async def scenario(stage: Stage) -> None:
        async with stage.desk(stage.open(f"{fault} times=1")) as made:
            name = made.place(made.order(limit=5.0))
            await made.sleep(10.0)
            made.orders.cancel(name)
            await made.sleep(10.0)
            assert made.states(name) == [S.SENT, S.WORKING, S.UNKNOWN, S.WORKING]
            assert code in {told.code for told in made.of(type(made.last(name)))}
            made.orders.cancel(name)
            await made.sleep(10.0)
            assert made.last(name).state is S.CANCELLED

    play(scenario)


def test_a_cancel_that_comes_after_the_fill_finds_the_fill() -> None:
    async def scenario(stage: Stage) -> None:
        async with stage.desk() as made:
            name = made.place(made.order(limit=5.0))
            await made.sleep(10.0)
            made.gateway.faults.clear()
            made.arm("late-status seconds=30")
            made.arm("late-execution seconds=30")
            made.market.scale = 1.6
            await made.sleep(5.0)
            assert made.last(name).state is S.WORKING
            made.orders.cancel(name)
            await made.sleep(60.0)
            assert made.states(name)[-1] is S.FILLED
            assert made.last(name).filled == 1
            assert len(made.rows(name)) == 5

    play(scenario)


def test_a_lost_cancel_is_noticed_and_can_be_sent_again() -> None:
    async def scenario(stage: Stage) -> None:
        async with stage.desk(stage.open("lost-cancel times=1")) as made:
            name = made.place(made.order(limit=5.0))
            await made.sleep(10.0)
            for _ in range(3):
                made.orders.cancel(name)
                await made.sleep(1.0)
            await made.sleep(10.0)
            assert made.states(name) == [S.SENT, S.WORKING, S.UNKNOWN, S.WORKING]
            assert made.sent(CANCEL) == 1
            made.orders.cancel(name)
            await made.sleep(10.0)
            assert made.last(name).state is S.CANCELLED
            assert made.sent(CANCEL) == 2

    play(scenario)


def test_a_change_off_the_rules_leaves_the_order_as_it_was() -> None:
    async def scenario(stage: Stage) -> None:
        async with stage.desk() as made:
            name = made.place(made.order(limit=5.0))
            await made.sleep(10.0)
            made.arm("rejected-tick times=1")
            made.orders.replace(name, 4.0)
            await made.sleep(10.0)
            last = made.last(name)
            assert (last.state, last.net, last.code) == (S.WORKING, -5.0, 110)
            made.orders.replace(name, 4.5)
            await made.sleep(10.0)
            last = made.last(name)
            assert (last.state, last.net, last.code) == (S.WORKING, -4.5, 0)

    play(scenario)


def test_a_lost_change_is_noticed_and_the_limit_told_is_ibs() -> None:
    async def scenario(stage: Stage) -> None:
        async with stage.desk() as made:
            name = made.place(made.order(limit=5.0))
            await made.sleep(10.0)
            made.arm("lost-placement times=1")
            made.orders.replace(name, 4.5)
            made.orders.replace(name, 4.0)
            await made.sleep(20.0)
            assert made.states(name) == [S.SENT, S.WORKING, S.UNKNOWN, S.WORKING]
            assert made.last(name).net == -5.0
            assert made.sent() == 2

    play(scenario)


def test_a_change_is_refused_while_ib_is_out_of_reach() -> None:
    async def scenario(stage: Stage) -> None:
        async with stage.desk() as made:
            name = made.place(made.order(limit=5.0))
            await made.sleep(10.0)
            made.arm("outage lasts=60")
            await made.sleep(5.0)
            made.orders.replace(name, 4.5)
            late = made.place(made.order(limit=5.0))
            await made.sleep(5.0)
            assert made.last(name).state is S.WORKING
            assert "Connectivity" in made.last(name).text or "reached" in made.last(name).text
            assert made.states(late) == [S.REJECTED]
            assert made.sent() == 1
            await made.sleep(120.0)
            assert made.last(name).net == -5.0
            assert made.up()[-2:] == [False, True]
            made.orders.replace(name, 4.5)
            await made.sleep(5.0)
            assert made.last(name).net == -4.5

    play(scenario)


def test_two_live_orders_under_one_reference_are_told_as_such() -> None:
    async def scenario(stage: Stage) -> None:
        async with stage.desk(stage.open("two-orders")) as made:
            name = made.place(made.order(limit=5.0))
            await made.sleep(10.0)
            made.orders.replace(name, 4.5)
            await made.sleep(10.0)
            assert len(made.last(name).perm_ids) == 2
            assert made.broker.facts()["orders_doubled"] == 1
            made.orders.cancel(name)
            await made.sleep(20.0)
            last = made.last(name)
            assert last.state is S.WORKING
            assert made.broker.facts()["orders_doubled"] == 0
            made.market.scale = 1.6
            await made.sleep(20.0)
            last = made.last(name)
            assert (last.state, last.filled) == (S.FILLED, 1)
            assert sum(row.quantity for row in made.rows(name) if row.con_id == 0) == 1

    play(scenario)


def test_an_order_that_nobody_knows_is_absent() -> None:
    async def scenario(stage: Stage) -> None:
        async with stage.desk() as made:
            made.orders.cancel("desk-20190510T100000-1")
            await made.sleep(20.0)
            assert made.states("desk-20190510T100000-1") == [S.UNKNOWN, S.ABSENT]
            assert made.sent(CANCEL) == 0

    play(scenario)
