"""Ladders: never past the worst price, always on the way to it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.orders.ladder import next_limit
from messages.orders import Order
from tests.orders.condors import closing, opening


@pytest.mark.parametrize(
    ("order", "limit", "step", "expected"),
    [
        (opening(limit=1.0, worst=0.8), 1.0, 0.05, 0.95),
        (opening(limit=1.0, worst=0.8), 0.85, 0.05, 0.8),
        (opening(limit=1.0, worst=0.8), 0.8, 0.05, None),
        (opening(limit=1.0, worst=0.8), 0.85, 0.2, 0.8),  # a step past the worst price stops there
        (opening(limit=1.0, worst=1.0), 1.0, 0.05, None),
        (closing(limit=0.5, worst=0.6), 0.5, 0.05, 0.55),
        (closing(limit=0.5, worst=0.6), 0.6, 0.05, None),
        (closing(limit=0.5, worst=None), 0.5, 0.05, None),
        (closing(limit=0.5, worst=0.4), 0.5, 0.05, None),  # a worst price on the wrong side is no way to go
        (opening(limit=1.0, worst=0.8), 1.0, 0.0, 0.95),  # a step below the tick is a tick
    ],
)
def test_a_step(order: Order, limit: float, step: float, expected: float | None) -> None:
    assert next_limit(order, limit, step, 0.05) == expected


@given(st.integers(2, 400), st.integers(0, 100), st.integers(0, 12), st.sampled_from([0.01, 0.05]), st.booleans())
def test_every_ladder_ends_at_its_worst_price(ticks: int, away: int, step: int, tick: float, closes: bool) -> None:
    limit = round(ticks * tick, 10)
    worst = round((ticks + away if closes else max(1, ticks - away)) * tick, 10)
    order = closing(limit=limit, worst=worst) if closes else opening(limit=limit, worst=worst)
    seen = [limit]
    while (further := next_limit(order, seen[-1], step * tick, tick)) is not None:
        assert (further > seen[-1]) is closes
        seen.append(further)
    assert seen[-1] == worst
