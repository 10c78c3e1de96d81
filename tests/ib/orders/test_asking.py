"""What the trader asks: margins and the truth. Every question ends."""

from __future__ import annotations

import pytest

from messages.orders import Action, OrderState
from tests.ib.orders.stage import NATURAL, STRIKES, Stage, play

S = OrderState
WIDTH = STRIKES[0] - STRIKES[1]


def test_the_margin_of_a_condor_is_its_width_and_nothing_is_placed() -> None:
    async def scenario(stage: Stage) -> None:
        async with stage.desk() as made:
            margin = await made.margin(made.order(limit=3.0, quantity=2))
            assert margin.error == ""
            assert margin.initial_change == pytest.approx(2 * 100 * WIDTH)
            assert margin.initial_after == pytest.approx(margin.initial_change)
            assert margin.equity_after > 900_000
            assert margin.commission is not None
            assert margin.commission > 0
            truth = await made.truth()
            assert (truth.told, truth.positions, truth.executed) == ((), (), ())

    play(scenario)


def test_the_margin_of_closing_is_set_free() -> None:
    async def scenario(stage: Stage) -> None:
        async with stage.desk() as made:
            made.place(made.order(limit=3.0))
            await made.sleep(10.0)
            margin = await made.margin(made.order(Action.CLOSE, None))
            assert margin.initial_change == pytest.approx(-100 * WIDTH)

    play(scenario)


def test_a_margin_that_the_account_cannot_bear_is_an_error() -> None:
    async def scenario(stage: Stage) -> None:
        async with stage.desk(stage.open(cash=1000.0)) as made:
            assert "NOT ACCEPTED" in (await made.margin(made.order(limit=3.0))).error

    play(scenario)


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ("rejected-tick", "110"),
        ("rejected-riskless", "201"),
        ("refuse kinds=placeOrder code=321 text=Error", "321"),
        ("refuse kinds=placeOrder code=434 text=Error", "timeout"),
        ("lost-placement", "timeout"),
        ("lost-acknowledgement", "timeout"),
    ],
)
def test_a_margin_is_answered_whatever_ib_says(fault: str, error: str) -> None:
    async def scenario(stage: Stage) -> None:
        async with stage.desk(stage.open(fault)) as made:
            begun = made.clock.time()
            margin = await made.margin(made.order(limit=3.0), seconds=10.0)
            assert margin.error.startswith(error)
            assert made.clock.time() - begun <= 10.0 + 1e-6

    play(scenario)


def test_the_truth_names_positions_orders_and_those_of_others() -> None:
    async def scenario(stage: Stage) -> None:
        there = stage.open()
        async with stage.desk(there, client_id=7) as other:
            foreign = other.place(other.order(limit=5.5))
            await other.sleep(10.0)
        async with stage.desk(there) as made:
            made.number = 1
            held = made.place(made.order(limit=3.0, quantity=2))
            working = made.place(made.order(limit=5.0))
            await made.sleep(10.0)
            truth = await made.truth()
            assert (truth.error, truth.connection) == ("", 1)
            assert truth.account.startswith("DU")
            condor = made.condor
            assert condor is not None
            quantities = {position.contract.con_id: position.quantity for position in truth.positions}
            assert quantities == {
                condor.short_put.con_id: -2,
                condor.long_put.con_id: 2,
                condor.short_call.con_id: -2,
                condor.long_call.con_id: 2,
            }
            states = {told.order_id: told.state for told in truth.told}
            assert states == {held: S.FILLED, working: S.WORKING, foreign: S.WORKING}
            assert [row.price for row in truth.executed if row.con_id == 0] == [-NATURAL]
            (stranger,) = truth.foreign
            assert foreign in stranger
            short = await made.truth(orders=False)
            assert short.positions == truth.positions
            assert (short.told, short.executed) == ((), ())

    play(scenario)


@pytest.mark.parametrize("end", ["openOrderEnd", "completedOrdersEnd", "execDetailsEnd", "positionEnd"])
def test_a_list_without_an_end_is_an_error_and_the_next_one_is_answered(end: str) -> None:
    async def scenario(stage: Stage) -> None:
        async with stage.desk() as made:
            number = made.arm(f"lose kinds={end}")
            begun = made.clock.time()
            truth = await made.truth(seconds=10.0)
            assert truth.error.startswith("timeout")
            assert made.clock.time() - begun == pytest.approx(10.0)
            assert (await made.truth(seconds=10.0)).error.startswith("timeout")
            made.gateway.faults.disarm(number)
            answers = [await made.truth(seconds=10.0) for _ in range(2)]
            assert answers[-1].error == ""

    play(scenario)


def test_an_end_that_comes_late_is_not_taken_for_the_next_one_s() -> None:
    async def scenario(stage: Stage) -> None:
        async with stage.desk() as made:
            made.arm("late kinds=positionEnd seconds=15 times=1")
            assert (await made.truth(orders=False, seconds=10.0)).error.startswith("timeout")
            made.arm("late kinds=position,positionEnd seconds=8")
            begun = made.clock.time()
            truth = await made.truth(orders=False, seconds=20.0)
            assert truth.error == ""
            assert made.clock.time() - begun >= 8.0

    play(scenario)


def test_without_a_session_there_is_no_truth() -> None:
    async def scenario(stage: Stage) -> None:
        async with stage.desk() as made:
            made.arm("restart lasts=120")
            await made.sleep(60.0)
            assert (await made.truth(seconds=5.0)).error.startswith("disconnected")
            assert (await made.margin(made.order(), seconds=5.0)).error.startswith("disconnected")

    play(scenario)
