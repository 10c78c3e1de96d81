"""The shipped surfaces have no butterfly and no calendar arbitrage, on grids much finer than their knots."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from desk.gateway.model import FittedMarket
from desk.gateway.model.surface import Surface, at_level, surface
from desk.gateway.source import Floats

DAYS = [date(2019, 4, 25), date(2019, 5, 7), date(2019, 5, 13), date(2019, 5, 24), date(2019, 6, 13)]
K = np.linspace(0.3, 1.6, 26_001)
"""0.14 points apart on an index of 2812; the knots of the nearest expiry are 5.5 points apart."""
ROUNDING = 1e-13


def calls(of: Surface, days: float) -> Floats:
    value, _ = of.price(K, np.full(len(K), days))
    return np.asarray(value + np.maximum(1.0 - K, 0.0))


@pytest.mark.parametrize("day", DAYS)
@pytest.mark.parametrize("level", [1.0, 0.6, 1.9])
def test_calls_are_convex_falling_and_rise_with_time(market: FittedMarket, day: date, level: float) -> None:
    of = surface(market.snapshot(day))
    between = np.sqrt(of.days[:-1] * of.days[1:])
    times = np.sort(np.concatenate([[0.003, 0.05, 0.3, 0.65], of.days, between]))
    before = np.maximum(1.0 - K, 0.0)
    for days in at_level(times, level):
        c = calls(of, float(days))
        slope = np.diff(c)
        assert np.diff(slope).min() >= -ROUNDING
        assert slope.max() <= ROUNDING
        assert slope.min() >= -(K[1] - K[0]) - ROUNDING
        assert (c - before).min() >= -ROUNDING
        before = c


def test_every_expiry_is_ordered_by_its_settlement(market: FittedMarket) -> None:
    for day in market.days:
        of = surface(market.snapshot(day))
        assert np.diff(of.days).min() > 0
        assert np.diff(of.value, axis=0).min() >= 0


def test_the_stored_probabilities_alone_are_ordered_but_for_rounding(market: FittedMarket) -> None:
    """Before `surface` raises what rounding put out of order: the fit itself is without arbitrage."""
    k = K[::25]
    for day in market.days:
        before = np.maximum(1.0 - k, 0.0)
        for s in market.snapshot(day).slices:
            if s.smile is None:
                continue
            assert s.smile.mass.min() >= 0
            c = s.smile.out_of_the_money(k) + np.maximum(1.0 - k, 0.0)
            assert (c - before).min() >= -2e-7
            before = c


def test_the_surface_at_its_own_time_gives_the_fitted_prices(market: FittedMarket) -> None:
    snapshot = market.snapshot(date(2019, 5, 13))
    of = surface(snapshot)
    fitted = [s.smile for s in snapshot.slices if s.smile is not None]
    for days, smile in zip(of.days, fitted, strict=True):
        value, _ = of.price(K[::13], np.full(len(K[::13]), days))
        assert value == pytest.approx(smile.out_of_the_money(K[::13]), abs=2e-7)


def test_later_stays_later_at_any_level() -> None:
    days = np.linspace(0.001, 900, 5000)
    for level in (0.2, 0.5, 1.0, 2.0, 5.0):
        assert np.diff(at_level(days, level)).min() > 0
    assert at_level(days, 1.0) == pytest.approx(days)
    assert float(at_level(np.array([21.0]), 1.5)[0]) == pytest.approx(21.0 * 1.5**2)
