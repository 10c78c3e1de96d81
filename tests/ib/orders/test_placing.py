"""Orders over the wire: placed, told, executed, changed, cancelled."""

from __future__ import annotations

import pytest

from messages.orders import Action, OrderState
from tests.ib.orders.stage import CANCEL, NATURAL, Bench, Stage, play

S = OrderState


async def open_one(made: Bench, quantity: int = 1) -> None:
    """Hold a condor."""
    made.place(made.order(limit=3.0, quantity=quantity))
    await made.sleep(10.0)


def test_an_opening_is_bought_at_a_negative_price_and_told_to_the_end() -> None:
    async def scenario(stage: Stage) -> None:
        async with stage.desk() as made:
            name = made.place(made.order(limit=3.0, quantity=2))
            await made.sleep(20.0)
            assert made.states(name) == [S.SENT, S.WORKING, S.FILLED]
            last = made.last(name)
            assert (last.filled, last.remaining, last.net, last.code) == (2, 0, -3.0, 0)
            assert len(last.perm_ids) == 1
            bag, *legs = made.rows(name)
            assert (bag.con_id, bag.bought, bag.quantity, bag.price) == (0, True, 2, -NATURAL)
            condor = made.condor
            assert condor is not None
            sides = {leg.con_id: leg.bought for leg in legs}
            assert sides == {
                condor.short_put.con_id: False,
                condor.long_put.con_id: True,
                condor.short_call.con_id: False,
                condor.long_call.con_id: True,
            }
            signed = sum((1 if leg.bought else -1) * leg.price for leg in legs)
            assert signed == pytest.approx(bag.price)
            assert len({row.fill for row in (bag, *legs)}) == 1
            assert {cost.exec_id for cost in made.costs(name)} == {leg.exec_id for leg in legs}
            assert all(cost.realised is None and cost.commission > 0 for cost in made.costs(name))
            assert made.sent() == 1

    play(scenario)


def test_a_market_order_closes_what_is_open() -> None:
    async def scenario(stage: Stage) -> None:
        async with stage.desk() as made:
            await open_one(made, 2)
            name = made.place(made.order(Action.CLOSE, None, 2))
            await made.sleep(20.0)
            assert made.states(name)[-1] is S.FILLED
            bag = made.rows(name)[0]
            assert bag.bought
            assert bag.price > 0
            assert all(cost.realised is not None for cost in made.costs(name))
            truth = await made.truth()
            assert (truth.error, truth.positions) == ("", ())

    play(scenario)


def test_a_limit_is_changed_under_the_same_number_and_then_filled() -> None:
    async def scenario(stage: Stage) -> None:
        async with stage.desk() as made:
            name = made.place(made.order(limit=5.0))
            await made.sleep(10.0)
            assert (made.last(name).state, made.last(name).net) == (S.WORKING, -5.0)
            perms = made.last(name).perm_ids
            made.orders.replace(name, 4.5)
            await made.sleep(10.0)
            assert (made.last(name).state, made.last(name).net) == (S.WORKING, -4.5)
            made.orders.replace(name, 3.5)
            await made.sleep(10.0)
            last = made.last(name)
            assert (last.state, last.net, last.filled, last.perm_ids) == (S.FILLED, -3.5, 1, perms)
            assert made.sent() == 3

    play(scenario)


def test_an_order_is_cancelled_when_ib_says_so() -> None:
    async def scenario(stage: Stage) -> None:
        async with stage.desk() as made:
            name = made.place(made.order(limit=5.0))
            await made.sleep(10.0)
            made.orders.cancel(name)
            made.orders.cancel(name)
            await made.sleep(10.0)
            assert made.states(name) == [S.SENT, S.WORKING, S.CANCELLED]
            assert made.sent(CANCEL) == 1
            made.orders.cancel(name)
            assert made.last(name).state is S.CANCELLED

    play(scenario)


def test_an_entry_is_ended_by_ib_at_its_time() -> None:
    async def scenario(stage: Stage) -> None:
        async with stage.desk() as made:
            name = made.place(made.order(limit=5.0, good_till=made.clock.time() + 60))
            await made.sleep(50.0)
            assert made.states(name) == [S.SENT, S.WORKING]
            await made.sleep(20.0)
            assert made.states(name) == [S.SENT, S.WORKING, S.CANCELLED]

    play(scenario)


def test_the_same_order_again_is_not_sent_again() -> None:
    async def scenario(stage: Stage) -> None:
        async with stage.desk() as made:
            order = made.order(limit=5.0)
            for _ in range(3):
                made.place(order)
            await made.sleep(10.0)
            made.place(order)
            await made.sleep(10.0)
            assert made.sent() == 1
            assert made.last(order.order_id).state is S.WORKING

    play(scenario)


def test_partial_fills_add_up_and_the_rest_can_be_cancelled() -> None:
    async def scenario(stage: Stage) -> None:
        async with stage.desk(stage.open("thin size=1")) as made:
            name = made.place(made.order(limit=3.0, quantity=100))
            await made.sleep(30.0)
            part = made.last(name)
            assert part.state is S.WORKING
            assert 0 < part.filled < 100
            made.orders.cancel(name)
            await made.sleep(30.0)
            last = made.last(name)
            assert last.state is S.CANCELLED
            bags = [row for row in made.rows(name) if row.con_id == 0]
            assert sum(row.quantity for row in bags) == last.filled == 100 - last.remaining
            assert len({row.fill for row in bags}) == len(bags)

    play(scenario)
