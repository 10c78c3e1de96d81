"""Orders under many faults at once, drawn by seed: in the end the desk knows what the exchange knows."""

from __future__ import annotations

import os
from random import Random

import pytest

from messages.orders import Action, Order, OrderState, OrderTold
from tests.ib.orders.stage import Bench, Stage, play

S = OrderState
SEEDS = int(os.environ.get("CONDOR_CHAOS", "12"))
"""Runs; the long form is CONDOR_CHAOS=300."""
FAULTS = (
    "lost-placement share=0.3",
    "late-placement seconds=12 share=0.3",
    "lost-acknowledgement share=0.3",
    "late-acknowledgement seconds=7 share=0.3",
    "swallowed share=0.3",
    "lost-fills share=0.5",
    "late-commission seconds=9",
    "late-execution seconds=3",
    "late-status seconds=3",
    "repeated-status copies=2",
    "correction by=0.05 seconds=2",
    "lost-cancel share=0.5",
    "cancel-not-found share=0.5",
    "cancel-not-possible share=0.5",
    "tif-preset",
    "rejected-tick share=0.3",
    "time-format form=plain",
    "extra-blank",
    "missing-end share=0.5",
    "next-id by=-500",
    "outage lasts=8",
    "outage-data-lost lasts=8",
    "drop",
    "drop on=placeOrder",
    "drop on=placeOrder handled=yes",
    "drop on=cancelOrder handled=yes",
    "restart lasts=30",
    "thin size=1",
)


async def trouble(made: Bench, random: Random) -> list[Order]:
    """Trade for ten minutes while faults come and go."""
    orders: list[Order] = []
    armed: list[int] = []
    for _ in range(60):
        if random.random() < 0.3:
            armed.append(made.arm(random.choice(FAULTS)))
        if len(armed) > 2:
            made.gateway.faults.disarm(armed.pop(0))
        made.market.scale = random.choice([0.8, 1.0, 1.3, 1.6])
        what = random.random()
        if what < 0.4 or not orders:
            action = Action.OPEN if random.random() < 0.6 else Action.CLOSE
            limit = random.choice([2.0, 3.0, 3.5, 4.0, 5.0, 5.5])
            orders.append(made.order(action, limit, random.randint(1, 3)))
            made.place(orders[-1])
        else:
            order = random.choice(orders[-4:])
            if what < 0.6:
                made.orders.cancel(order.order_id)
            elif what < 0.8:
                made.orders.replace(order.order_id, random.choice([2.5, 3.0, 4.5]))
            elif order.action is Action.CLOSE:
                made.place(order)
        await made.sleep(random.choice([0.3, 2.0, 10.0, 20.0]))
    made.gateway.faults.clear()
    return orders


@pytest.mark.parametrize("seed", range(SEEDS))
def test_the_desk_ends_up_knowing_what_the_exchange_knows(seed: int) -> None:
    async def scenario(stage: Stage) -> None:
        async with stage.desk() as made:
            orders = await trouble(made, Random(seed))
            await made.sleep(300.0)
            blotter = made.gateway._trading.exchange.blotter  # type: ignore[union-attr]
            truth = await made.truth(seconds=60.0)
            assert truth.error == ""
            told = {each.order_id: each for each in truth.told}
            for order in orders:
                theirs = [o for o in blotter.orders.values() if o.request.order_ref == order.order_id]
                assert len(theirs) <= 1, order.order_id
                ours = told.get(order.order_id)
                if not theirs:
                    assert ours is None or ours.state in {S.ABSENT, S.REJECTED}, ours
                    continue
                (their,) = theirs
                assert ours is not None
                assert ours.filled == int(their.filled)
                assert (ours.state is S.WORKING) == their.working, (ours, their)
                assert (ours.state is S.FILLED) == (their.status == "Filled"), (ours, their)
                assert ours.perm_ids == (their.perm_id,)
            rows = [row for row in truth.executed if row.con_id == 0]
            assert sum(row.quantity for row in rows) == sum(int(o.filled) for o in blotter.orders.values())
            assert len(truth.charged) == 4 * len(rows)
            last = {each.order_id: each.state for each in made.of(OrderTold)}
            assert {name: each.state for name, each in told.items()} == {name: last[name] for name in told}

    play(scenario)
