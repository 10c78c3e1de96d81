import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from desk.market.contracts import option, stock
from desk.market.quotes import fault, mid, price
from desk.market.ticks import down_to_tick, to_tick, up_to_tick
from messages.contract import Quote

OPTION = option("SPX", "20190513", 2800.0, "P", "SPXW")


@pytest.mark.parametrize(
    ("bid", "ask", "expected", "value"),
    [
        (1.0, 1.2, "", 1.1),
        (0.0, 0.05, "", 0.025),
        (1.0, 1.0, "", 1.0),
        (None, 1.0, "no bid", None),
        (1.0, None, "no ask", None),
        (math.nan, 1.0, "no bid", None),
        (1.0, math.inf, "no ask", None),
        (-1.0, 1.0, "negative bid", None),
        (0.0, 0.0, "no ask above zero", None),
        (1.2, 1.0, "crossed", None),
        (1.0, 1e300, "an ask that no option has", None),
    ],
)
def test_faults_and_mids(bid: float | None, ask: float | None, expected: str, value: float | None) -> None:
    quote = Quote(OPTION, 0.0, bid=bid, ask=ask)
    assert fault(quote) == expected
    assert mid(quote) == (None if value is None else pytest.approx(value))


def test_an_underlyings_price_is_its_last_else_its_mid() -> None:
    assert price(Quote(stock("SPY"), 0.0, bid=281.0, ask=281.1, last=281.2)) == 281.2
    for last in (None, 0.0, -1.0, math.nan):
        assert price(Quote(stock("SPY"), 0.0, bid=281.0, ask=281.5, last=last)) == 281.25
    assert price(Quote(stock("SPY"), 0.0, close=280.0)) is None


@pytest.mark.parametrize(
    ("value", "tick", "expected"),
    [
        (0.52, 0.05, 0.5),
        (0.525, 0.05, 0.55),
        (0.524, 0.05, 0.5),
        (1.15, 0.05, 1.15),
        (3.149, 0.1, 3.1),
        (0.0, 0.05, 0.0),
    ],
)
def test_prices_go_to_the_nearest_tick(value: float, tick: float, expected: float) -> None:
    assert to_tick(value, tick) == expected


@settings(derandomize=True, deadline=None)
@given(st.floats(-100, 100), st.sampled_from([0.01, 0.05, 0.1]))
def test_a_tick_is_never_farther_than_half_a_step(value: float, tick: float) -> None:
    found = to_tick(value, tick)
    assert abs(found - value) <= tick / 2 + 1e-9
    assert abs(found / tick - round(found / tick)) < 1e-9


@settings(derandomize=True, deadline=None)
@given(st.floats(-100, 100), st.sampled_from([0.01, 0.05, 0.1]))
def test_ticks_on_either_side(value: float, tick: float) -> None:
    low, high = down_to_tick(value, tick), up_to_tick(value, tick)
    assert value - tick - 1e-9 <= low <= value + 1e-9
    assert value - 1e-9 <= high <= value + tick + 1e-9


def test_a_price_on_the_tick_stays_there_from_either_side() -> None:
    for cents in range(5, 500, 5):
        assert down_to_tick(cents * 0.01, 0.05) == up_to_tick(cents * 0.01, 0.05) == round(cents / 100, 10)
