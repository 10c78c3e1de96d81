"""Paths meet their daily bars, whatever the seed."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.gateway.model import FittedMarket, FittedSource
from desk.gateway.model.path import Paths, drawn
from desk.market import calendar
from desk.market.contracts import index, stock

DAY = date(2019, 5, 13)
prices = st.floats(1.0, 5000.0)


@given(st.lists(prices, min_size=5, max_size=5), st.integers(0, 10_000), st.integers(1, 389))
def test_any_bar_is_met_and_any_pin_inside_it(values: list[float], seed: int, place: int) -> None:
    low, first, pin, last, high = sorted(values)
    path = drawn(np.random.default_rng(seed).standard_normal(390), (first, high, low, last), {place: pin})
    assert (path[0], path.max(), path.min(), path[-1], path[place]) == (first, high, low, last, pin)


def test_every_session_of_every_symbol_meets_its_bar(market: FittedMarket) -> None:
    for seed in (1, 2):
        paths = Paths(market.daily, seed)
        for symbol in ("SPX", "VIX", "SPY", "QQQ", "IWM"):
            bars = market.daily[symbol]
            for i in range(bars.before(date(2019, 4, 25)), bars.before(date(2019, 6, 14))):
                path = paths.path(symbol, date.fromordinal(int(bars.day[i])))
                assert path is not None
                met = (path.price[0], path.price.max(), path.price.min(), path.price[-1])
                assert met == (bars.open[i], bars.high[i], bars.low[i], bars.close[i])


def test_the_recorded_price_is_passed_at_its_time(market: FittedMarket) -> None:
    for seed in (1, 7):
        source = FittedSource(market, seed)
        for day in market.days:
            snapshot = market.snapshot(day)
            assert source.quotes([index("SPX")], snapshot.at).last[0] == pytest.approx(snapshot.spot)


def test_spx_and_vix_move_against_each_other_and_spy_with_spx(market: FittedMarket) -> None:
    paths = Paths(market.daily, 3)
    against, along = [], []
    for day in market.days:
        spx, vix, spy = (paths.path(symbol, day) for symbol in ("SPX", "VIX", "SPY"))
        assert spx is not None
        assert vix is not None
        assert spy is not None
        moves = [np.diff(np.log(path.price[::15])) for path in (spx, vix, spy)]
        against.append(np.corrcoef(moves[0], moves[1])[0, 1])
        along.append(np.corrcoef(moves[0], moves[2])[0, 1])
    assert np.median(against) < -0.5
    assert np.median(along) > 0.7


def test_outside_the_session_the_last_close_holds(source: FittedSource) -> None:
    for symbol, before, close in ((index("SPX"), 2881.4, 2811.87), (index("VIX"), 16.04, 20.55)):
        assert source.quotes([symbol], calendar.at(DAY, "09:25")).last[0] == before
        assert source.quotes([symbol], calendar.at(DAY, "18:00")).last[0] == close
        assert source.quotes([symbol], calendar.at(DAY + timedelta(1), "03:00")).last[0] == close


def test_the_session_so_far_grows_to_the_daily_bar(source: FittedSource) -> None:
    assert source.day(stock("SPY"), calendar.at(DAY, "09:29")) is None
    noon, close = (source.day(stock("SPY"), calendar.at(DAY, clock)) for clock in ("12:00", "16:00"))
    assert noon is not None
    assert close is not None
    assert (close.open, close.high, close.low, close.close) == (282.39, 283.49, 279.93, 280.86)
    assert close.low <= noon.low <= noon.close <= noon.high <= close.high
    assert 0 < (noon.volume or 0) < (close.volume or 0)


def test_a_day_without_a_bar_has_no_prices(source: FittedSource) -> None:
    assert source.underlyings(calendar.at(date(2030, 3, 5), "12:00")) == []
    assert source.listed("SPX", calendar.at(date(2030, 3, 5), "12:00")) == ()
