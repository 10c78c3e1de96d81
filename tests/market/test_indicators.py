import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from desk.market.indicators import Rank, expected_move, iv_rank, trend, vix_change

UNKNOWN = Rank(50.0, 50.0, sufficient=False)


def test_rank_and_percentile() -> None:
    history = [0.10 + 0.01 * day for day in range(31)]
    rank = iv_rank(history, 0.25)
    assert rank.sufficient
    assert rank.value == pytest.approx(50.0)
    assert rank.percentile == pytest.approx(100 * 15 / 31)
    assert iv_rank([0.1] * 29 + [0.5], 0.2).value == pytest.approx(25.0)
    assert iv_rank([0.1] * 29 + [0.5], 0.2).percentile == pytest.approx(100 * 29 / 30)


@pytest.mark.parametrize(
    ("history", "current"),
    [
        ([0.1, 0.2] * 14 + [0.1], 0.15),
        ([0.2] * 60, 0.3),
        ([], 0.2),
        ([0.1, 0.2] * 30, None),
        ([0.1, 0.2] * 30, math.nan),
    ],
)
def test_too_little_history_says_fifty_and_insufficient(history: list[float], current: float | None) -> None:
    assert iv_rank(history, current) == UNKNOWN


def test_only_the_last_sixty_days_count_and_only_numbers() -> None:
    assert iv_rank([9.9] + [0.1, 0.3] * 30, 0.2).value == pytest.approx(50.0)
    assert iv_rank([math.nan] * 20 + [0.1, 0.3] * 15, 0.2).sufficient
    assert not iv_rank([math.nan] * 40 + [0.1, 0.3] * 10, 0.2).sufficient


@settings(derandomize=True, deadline=None)
@given(st.lists(st.floats(0.01, 5.0), max_size=80), st.floats(0.01, 5.0))
def test_rank_stays_within_its_scale(history: list[float], current: float) -> None:
    rank = iv_rank(history, current)
    assert 0 <= rank.value <= 100
    assert 0 <= rank.percentile <= 100


def test_trend_follows_the_two_averages() -> None:
    rising = [100.0 + day for day in range(60)]
    assert trend(rising, 161.0) == "uptrend"
    assert trend(rising, 145.0) == "neutral"
    assert trend(rising[::-1], 99.0) == "downtrend"
    assert trend(rising[::-1], 115.0) == "neutral"
    assert trend([100.0] * 50, 100.0) == "neutral"


def test_trend_needs_fifty_closes_and_a_price() -> None:
    assert trend([100.0] * 49, 100.0) is None
    assert trend([100.0] * 50, math.nan) is None


def test_trend_looks_at_the_newest_closes() -> None:
    assert trend([500.0] * 100 + [100.0 + day for day in range(50)], 151.0) == "uptrend"


def test_vix_change_is_a_fraction_of_the_previous_close() -> None:
    assert vix_change(20.55, 16.04) == pytest.approx(0.2812, abs=1e-4)
    assert vix_change(18.0, 15.0) == 0.2
    for current, close in [(None, 15.0), (15.0, None), (15.0, 0.0), (math.nan, 15.0), (15.0, math.inf)]:
        assert vix_change(current, close) is None


def test_expected_move_is_a_standard_deviation() -> None:
    assert expected_move(2800.0, 0.2, 365) == pytest.approx(560.0)
    assert expected_move(2800.0, 0.2, 0) == 0.0
