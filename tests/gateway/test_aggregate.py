"""Bars from quotes over time."""

from __future__ import annotations

import pytest

from desk.gateway.aggregate import bars
from desk.gateway.ticks import NO_MARKET
from tests.gateway.market import START

OPEN = START.timestamp() - 1800


def _bars(size: float, *sampled: tuple[float, float]) -> list[tuple[str, float, float, float, float]]:
    rows = [(OPEN + at, NO_MARKET._replace(last=price)) for at, price in sampled]
    made = bars(rows, size, "TRADES", lambda at: f"{at - OPEN:.0f}")
    return [(row.date, row.open, row.high, row.low, row.close) for row in made]


@pytest.mark.parametrize("now", [1800.53, 1801.000001, 1833.9999999])
def test_the_bar_that_has_just_begun_is_there(now: float) -> None:
    made = _bars(3600, (0, 1.0), (60, 3.0), (1800, 2.0), (now, 2.5))
    assert made == [("0", 1.0, 3.0, 1.0, 2.0), ("1800", 2.0, 2.5, 2.0, 2.5)]


def test_a_bar_ends_where_the_next_begins_and_not_over_a_gap() -> None:
    assert _bars(60, (0, 1.0), (60, 2.0), (180, 5.0), (240, 4.0)) == [
        ("0", 1.0, 2.0, 1.0, 2.0),
        ("180", 5.0, 5.0, 4.0, 4.0),
    ]


def test_what_has_no_price_has_no_bar() -> None:
    assert _bars(60, (0, float("nan")), (30, float("nan"))) == []
