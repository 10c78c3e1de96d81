"""The surface of one snapshot: prices of normalised options at any moneyness, time and level of volatility.

Between two expiries the price is mixed linearly at constant k = strike / forward with the root of trading time as
weight: convex in k as both are, rising in time as they are ordered. Before the first expiry it is the first's density
shrunk towards the forward, s c(1 + (k - 1) / s) with s the root of the share of its time, which rises in s for every
convex c. After the last expiry it stays. A level of volatility is a change of time that keeps the order of times. So
nothing here can open a butterfly or a calendar arbitrage; see Cousot, L. (2007), "Conditions on option prices for
absence of arbitrage and exact calibration", Journal of Banking & Finance 31, 3377-3397.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from desk.gateway.model.implied import total_vol
from desk.gateway.model.knots import places
from desk.gateway.model.market import Snapshot
from desk.gateway.model.smile import payoffs
from desk.gateway.model.variance_time import trading_days
from desk.market import contracts
from desk.market.pricing import implied_vol

Floats = npt.NDArray[np.float64]

_MONTH = 21.0  # trading days that VIX looks ahead
_DECAY = 84.0  # trading days in which a shock to volatility decays by 1/e: a year's moves about 0.4 of a month's
_LEAST = -0.95


@dataclass(frozen=True, slots=True)
class Surface:
    """`days` (m,) of trading time to each expiry, `grid` (n,) of k, `value` (m, n) of the out-of-the-money option there
    as a fraction of the forward, `total` (m, n) its implied vol * sqrt(year); `years`, `basis` = ln(forward / spot) and
    `decay` = -ln(discount) at (m + 1,) calendar times, the first being now.
    """  # noqa: D205 - one sentence lists the arrays

    days: Floats
    grid: Floats
    value: Floats
    total: Floats
    years: Floats
    basis: Floats
    decay: Floats

    def carry(self, years: Floats) -> tuple[Floats, Floats]:
        """Return forward / spot and the discount over that many calendar years."""
        return np.exp(np.interp(years, self.years, self.basis)), np.exp(-np.interp(years, self.years, self.decay))

    def price(self, k: Floats, days: Floats) -> tuple[Floats, Floats]:
        """Return the out-of-the-money option's value at k as a fraction of the forward, and its vol * sqrt(year).

        `days` is trading time after any change by `at_level`; nothing is left of it at 0 or less.
        """
        shrink = np.sqrt(np.clip(days / self.days[0], 1e-12, 1.0))
        x = np.clip(1.0 + (k - 1.0) / shrink, self.grid[0], self.grid[-1])
        j = np.clip(np.searchsorted(self.grid, x, side="right") - 1, 0, len(self.grid) - 2)
        f = (x - self.grid[j]) / (self.grid[j + 1] - self.grid[j])
        root = np.sqrt(self.days)
        i = np.clip(np.searchsorted(self.days, days, side="right") - 1, 0, len(root) - 2)
        w = np.clip((np.sqrt(np.maximum(days, 0.0)) - root[i]) / (root[i + 1] - root[i]), 0.0, 1.0)

        def mixed(table: Floats) -> Floats:
            near = table[i, j] * (1.0 - f) + table[i, j + 1] * f
            far = table[i + 1, j] * (1.0 - f) + table[i + 1, j + 1] * f
            return np.asarray(shrink * (near * (1.0 - w) + far * w))

        value = mixed(self.value)
        return value, total_vol(value, k, mixed(self.total))


def at_level(days: Floats, level: float) -> Floats:
    """Return the trading time that stands for `days` when VIX is `level` times what it was at the snapshot.

    Variance to come is scaled by 1 + a exp(-days / 84), with a such that a month's is scaled by level squared; positive
    everywhere, so later stays later.
    """
    month = (1.0 - np.exp(-_MONTH / _DECAY)) * _DECAY / _MONTH
    amplitude = max(_LEAST, (level * level - 1.0) / month)
    return np.asarray(days + amplitude * _DECAY * (1.0 - np.exp(-days / _DECAY)), dtype=np.float64)


def surface(snapshot: Snapshot) -> Surface:
    """Return the snapshot's surface; what rounding in the file has put out of order is raised to the expiry before."""
    fitted = [(s, s.smile) for s in snapshot.slices if s.smile is not None]
    settles = [contracts.settlement(contracts.option("SPX", s.expiry, 0.0, "C", s.trading_class)) for s, _ in fitted]
    units = np.unique(np.concatenate([smile.knot for _, smile in fitted]))
    grid = places(units)
    value = np.array([payoffs(grid, places(smile.knot)) @ smile.mass for _, smile in fitted])
    value = np.maximum.accumulate(value, axis=0)
    years = (np.array(settles) - snapshot.at) / contracts.YEAR
    return Surface(
        days=np.array([trading_days(t) for t in settles]) - trading_days(snapshot.at),
        grid=grid,
        value=value,
        total=_totals(value, grid),
        years=np.concatenate([[0.0], years]),
        basis=np.log(np.array([snapshot.spot, *(s.forward for s, _ in fitted)]) / snapshot.spot),
        decay=-np.log(np.array([1.0, *(s.discount for s, _ in fitted)])),
    )


def _totals(value: Floats, grid: Floats) -> Floats:
    """Return implied total volatilities, a row's ends filled from their nearest neighbour."""
    inner = np.where(value > 1e-12, value, 0.0)
    with np.errstate(divide="ignore"):
        total = implied_vol(inner, 1.0, grid, 1.0, 1.0, grid >= 1.0)
    places = np.arange(len(grid))
    return np.array([np.interp(places, places[ok], row[ok]) for row in total for ok in [np.isfinite(row)]])
