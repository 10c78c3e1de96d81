"""Placements that are lost, late or not acknowledged, and what frightens about those that live."""

from __future__ import annotations

import pytest

from messages.orders import Action, OrderState, OrderTold
from tests.ib.orders.stage import CANCEL, Stage, play

S = OrderState


def test_a_lost_placement_is_unknown_then_looked_for_twice_then_absent() -> None:
    async def scenario(stage: Stage) -> None:
        async with stage.desk(stage.open("lost-placement times=1")) as made:
            begun = made.clock.time()
            name = made.place(made.order(limit=3.0))
            await made.sleep(30.0)
            assert made.states(name) == [S.SENT, S.UNKNOWN, S.ABSENT]
            assert made.last(name).at - begun < 15.0
            assert made.broker.facts()["orders_unknown"] == 0

    play(scenario)


def test_another_order_in_doubt_does_not_hasten_the_verdict() -> None:
    async def scenario(stage: Stage) -> None:
        async with stage.desk(stage.open("lost-placement")) as made:
            names = []
            for _ in range(3):
                names.append(made.place(made.order(limit=3.0)))
                await made.sleep(1.0)
            await made.sleep(30.0)
            for name in names:
                times = {told.state: told.at for told in made.of(OrderTold) if told.order_id == name}
                assert times[S.ABSENT] - times[S.UNKNOWN] >= 5.0

    play(scenario)


def test_an_absent_exit_is_placed_again_under_the_same_number() -> None:
    async def scenario(stage: Stage) -> None:
        async with stage.desk() as made:
            made.place(made.order(limit=3.0))
            await made.sleep(10.0)
            made.arm("lost-placement times=1")
            order = made.order(Action.CLOSE, 9.0)
            made.place(order)
            await made.sleep(30.0)
            assert made.last(order.order_id).state is S.ABSENT
            made.place(order)
            await made.sleep(10.0)
            assert made.states(order.order_id) == [S.SENT, S.UNKNOWN, S.ABSENT, S.SENT, S.WORKING, S.FILLED]
            assert len(made.last(order.order_id).perm_ids) == 1
            assert (await made.truth()).positions == ()

    play(scenario)


def test_an_order_that_comes_alive_after_it_was_absent_is_told_and_can_be_cancelled() -> None:
    async def scenario(stage: Stage) -> None:
        async with stage.desk(stage.open("late-placement seconds=40 times=1")) as made:
            name = made.place(made.order(limit=5.0))
            await made.sleep(30.0)
            made.orders.cancel(name)
            await made.sleep(5.0)
            assert (made.last(name).state, made.last(name).code) == (S.ABSENT, 10147)
            await made.sleep(30.0)
            assert made.last(name).state is S.WORKING
            made.orders.cancel(name)
            await made.sleep(10.0)
            assert made.last(name).state is S.CANCELLED

    play(scenario)


def test_a_late_exit_placed_again_is_one_order_not_two() -> None:
    async def scenario(stage: Stage) -> None:
        async with stage.desk() as made:
            made.place(made.order(limit=3.0))
            await made.sleep(10.0)
            made.arm("late-placement seconds=40 times=1")
            order = made.order(Action.CLOSE, 1.0)
            made.place(order)
            await made.sleep(30.0)
            assert made.last(order.order_id).state is S.ABSENT
            made.place(order)
            await made.sleep(60.0)
            last = made.last(order.order_id)
            assert last.state is S.WORKING
            assert len(last.perm_ids) == 1
            assert len((await made.truth()).told) == 2

    play(scenario)


def test_an_order_whose_acknowledgement_is_lost_is_found_among_the_open_ones() -> None:
    async def scenario(stage: Stage) -> None:
        async with stage.desk(stage.open("lost-acknowledgement times=1")) as made:
            name = made.place(made.order(limit=5.0))
            await made.sleep(15.0)
            assert made.states(name) == [S.SENT, S.UNKNOWN, S.WORKING]
            assert made.last(name).net == -5.0

    play(scenario)


def test_an_order_that_fills_without_a_word_is_found_with_its_executions() -> None:
    async def scenario(stage: Stage) -> None:
        async with stage.desk(stage.open("swallowed times=1")) as made:
            name = made.place(made.order(limit=3.0))
            await made.sleep(15.0)
            assert made.states(name) == [S.SENT, S.UNKNOWN, S.FILLED]
            assert (len(made.rows(name)), len(made.costs(name)), made.last(name).filled) == (5, 4, 1)

    play(scenario)


def test_a_late_acknowledgement_ends_the_doubt() -> None:
    async def scenario(stage: Stage) -> None:
        async with stage.desk(stage.open("late-acknowledgement seconds=7")) as made:
            name = made.place(made.order(limit=5.0))
            await made.sleep(30.0)
            assert made.states(name) == [S.SENT, S.UNKNOWN, S.WORKING]
            assert made.sent() == 1

    play(scenario)


@pytest.mark.parametrize(
    ("fault", "code"), [("tif-preset", 10349), ("outside-hours", 399), ("outside-rth-ignored", 2109)]
)
def test_a_warning_is_no_end_whatever_ib_async_makes_of_it(fault: str, code: int) -> None:
    async def scenario(stage: Stage) -> None:
        async with stage.desk(stage.open(fault)) as made:
            name = made.place(made.order(limit=5.0))
            await made.sleep(20.0)
            assert made.states(name) == [S.SENT, S.WORKING]
            assert made.last(name).code == code
            made.market.scale = 1.6
            await made.sleep(20.0)
            assert made.last(name).state is S.FILLED

    play(scenario)


@pytest.mark.parametrize(
    ("fault", "code"),
    [("rejected-riskless", 201), ("rejected-margin", 201), ("rejected-tick", 110), ("rejected-id", 103)],
)
def test_a_refused_order_is_rejected_with_ibs_word(fault: str, code: int) -> None:
    async def scenario(stage: Stage) -> None:
        async with stage.desk(stage.open(f"{fault} times=1")) as made:
            name = made.place(made.order(limit=3.0))
            await made.sleep(20.0)
            assert made.states(name) == [S.SENT, S.REJECTED]
            assert made.last(name).code == code
            other = made.place(made.order(limit=3.0))
            await made.sleep(20.0)
            assert made.last(other).state is S.FILLED
            assert made.sent(CANCEL) == 0

    play(scenario)


def test_an_order_that_no_condor_is_never_reaches_the_wire() -> None:
    async def scenario(stage: Stage) -> None:
        async with stage.desk() as made:
            name = made.place(made.order(limit=0.0))
            await made.sleep(1.0)
            assert made.states(name) == [S.REJECTED]
            assert "no price" in made.last(name).text
            assert made.sent() == 0

    play(scenario)
