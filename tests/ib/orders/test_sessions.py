"""Orders over outages, drops, restarts and new processes."""

from __future__ import annotations

import pytest

from desk.gateway.faults.text import parse
from messages.orders import Action, OrderState
from tests.ib.orders.stage import Stage, play

S = OrderState


@pytest.mark.parametrize("fault", ["outage lasts=60", "outage-data-lost lasts=60"])
def test_fills_during_an_outage_are_told_after_it(fault: str) -> None:
    async def scenario(stage: Stage) -> None:
        async with stage.desk() as made:
            name = made.place(made.order(limit=5.0))
            await made.sleep(10.0)
            made.arm(fault)
            await made.sleep(10.0)
            made.market.scale = 1.6
            await made.sleep(30.0)
            assert made.up() == [True, False]
            assert made.states(name) == [S.SENT, S.WORKING]
            await made.sleep(60.0)
            assert made.up() == [True, False, True]
            assert made.states(name) == [S.SENT, S.WORKING, S.FILLED]
            assert (len(made.rows(name)), len(made.costs(name))) == (5, 4)

    play(scenario)


@pytest.mark.parametrize("handled", [True, False])
def test_a_connection_that_drops_with_the_placement(handled: bool) -> None:
    async def scenario(stage: Stage) -> None:
        async with stage.desk(stage.open(f"drop on=placeOrder handled={'yes' if handled else 'no'} times=1")) as made:
            name = made.place(made.order(limit=3.0))
            await made.sleep(60.0)
            expected = [S.SENT, S.UNKNOWN, S.FILLED] if handled else [S.SENT, S.UNKNOWN, S.ABSENT]
            assert made.states(name) == expected
            assert made.up() == [True, False, True]
            assert len(made.rows(name)) == (5 if handled else 0)
            assert made.sent() == 1

    play(scenario)


def test_numbers_are_never_used_twice_though_the_gateway_rolls_them_back() -> None:
    async def scenario(stage: Stage) -> None:
        async with stage.desk() as made:
            first = made.place(made.order(limit=5.0))
            await made.sleep(10.0)
            made.arm("next-id by=-1000")
            made.close()
            await made.sleep(20.0)
            second = made.place(made.order(limit=5.5))
            await made.sleep(10.0)
            assert made.last(first).net == -5.0
            assert made.last(second).net == -5.5
            assert set(made.last(first).perm_ids).isdisjoint(made.last(second).perm_ids)

    play(scenario)


def test_a_new_process_takes_up_the_old_one_s_orders_and_numbers() -> None:
    async def scenario(stage: Stage) -> None:
        there = stage.open()
        async with stage.desk(there) as made:
            filled = made.place(made.order(limit=3.0))
            working = made.place(made.order(limit=5.0))
            gone = made.place(made.order(limit=5.2))
            await made.sleep(20.0)
            made.orders.cancel(gone)
            await made.sleep(20.0)
            number = made.number
        async with stage.desk(there) as made:
            made.number = number
            assert made.states(filled) == [S.UNKNOWN, S.FILLED] or made.states(filled) == [S.FILLED]
            assert (made.last(working).state, made.last(working).net) == (S.WORKING, -5.0)
            assert made.last(gone).state is S.CANCELLED
            assert (len(made.rows(filled)), len(made.costs(filled))) == (5, 4)
            truth = await made.truth()
            assert len({row.exec_id for row in truth.executed}) == len(truth.executed) == 5
            assert len(truth.positions) == 4
            assert sorted(held.quantity for held in truth.positions) == [-1, -1, 1, 1]
            made.orders.replace(working, 4.9)
            await made.sleep(10.0)
            assert (made.last(working).state, made.last(working).net) == (S.WORKING, -4.9)
            assert (len(made.last(working).perm_ids), made.last(working).text) == (1, "")
            made.orders.cancel(working)
            late = made.place(made.order(limit=5.6))
            await made.sleep(20.0)
            assert made.last(working).state is S.CANCELLED
            assert made.last(late).state is S.WORKING
            assert set(made.last(late).perm_ids).isdisjoint(made.last(working).perm_ids)

    play(scenario)


def test_a_new_process_does_not_use_numbers_again_that_the_gateway_has_rolled_back() -> None:
    async def scenario(stage: Stage) -> None:
        there = stage.open()
        async with stage.desk(there) as made:
            first = made.place(made.order(limit=5.0))
            second = made.place(made.order(limit=5.1))
            await made.sleep(10.0)
        there[0].faults.arm(parse("next-id by=-1000"))
        async with stage.desk(there) as made:
            made.number = 2
            third = made.place(made.order(limit=5.2))
            await made.sleep(10.0)
            assert [made.last(name).net for name in (first, second, third)] == [-5.0, -5.1, -5.2]
            assert len({made.last(name).perm_ids for name in (first, second, third)}) == 3

    play(scenario)


def test_what_is_under_way_when_the_broker_ends_is_unknown() -> None:
    async def scenario(stage: Stage) -> None:
        async with stage.desk() as made:
            working = made.place(made.order(limit=5.0))
            await made.sleep(10.0)
            sent = made.place(made.order(limit=5.5))
            waiting = made.place(made.order(limit=5.6))
            made.broker.abort()
            assert made.last(sent).state is S.UNKNOWN
            assert made.last(waiting).state is S.UNKNOWN
            assert made.last(working).state is S.WORKING
            assert made.up() == [True, False]

    play(scenario)


def test_a_restart_of_the_gateway_loses_no_order() -> None:
    async def scenario(stage: Stage) -> None:
        async with stage.desk() as made:
            made.place(made.order(limit=3.0))
            await made.sleep(10.0)
            name = made.place(made.order(Action.CLOSE, 1.0))
            await made.sleep(10.0)
            made.arm("restart lasts=120")
            await made.sleep(60.0)
            assert made.up() == [True, False]
            await made.sleep(300.0)
            assert made.up() == [True, False, True]
            assert made.states(name) == [S.SENT, S.WORKING]
            made.orders.replace(name, 9.0)
            await made.sleep(20.0)
            assert made.last(name).state is S.FILLED

    play(scenario)


def test_nothing_is_placed_before_the_first_full_look() -> None:
    async def scenario(stage: Stage) -> None:
        async with stage.desk() as made:
            number = made.arm("missing-end kinds=execDetailsEnd")
            made.close()
            await made.sleep(90.0)
            assert made.up() == [True, False]
            early = made.place(made.order(limit=3.0))
            await made.sleep(1.0)
            assert made.states(early) == [S.REJECTED]
            assert "looked up" in made.last(early).text
            assert made.broker.facts()["orders_refused"]
            made.gateway.faults.disarm(number)
            await made.sleep(90.0)
            assert made.up() == [True, False, True]

    play(scenario)
