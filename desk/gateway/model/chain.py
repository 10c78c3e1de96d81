"""A recorded chain as arrays: an expiry's calls and puts side by side, its forward and its discount from parity."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from desk.gateway.model.variance_time import trading_days
from desk.market import contracts

Floats = npt.NDArray[np.float64]

_NEAR = 0.05  # strikes within this fraction of the spot tell the forward
_LONG = 0.08  # years from which an expiry's strikes tell its own discount well enough


@dataclass(frozen=True, slots=True)
class Expiry:
    """One expiry's quotes: strikes ascending, bids and asks of calls and puts in dollars, NaN where not listed.

    `settles` in epoch seconds, `years` of 365 days and `days` of trading time from the snapshot to it.
    """

    trading_class: str
    expiry: str
    settles: float
    years: float
    days: float
    strike: Floats
    call_bid: Floats
    call_ask: Floats
    put_bid: Floats
    put_ask: Floats


@dataclass(frozen=True, slots=True)
class Parity:
    """What put-call parity says of an expiry: forward in points, value today of a dollar at settlement."""

    forward: float
    discount: float


def expiries(rows: pl.DataFrame, at: float) -> list[Expiry]:
    """Return the expiries of one snapshot (rows of `option_snapshots`, taken at `at`), by settlement."""
    rows = rows.filter(pl.col("ask") > 0)
    found = [
        _expiry(str(cls), str(expiry), part, at) for (cls, expiry), part in rows.group_by("trading_class", "expiry")
    ]
    return sorted(found, key=lambda e: (e.settles, e.trading_class))


def _expiry(trading_class: str, expiry: str, rows: pl.DataFrame, at: float) -> Expiry:
    both = (
        rows.select("strike", "right", "bid", "ask")
        .unique(["strike", "right"], keep="last", maintain_order=True)
        .pivot(on="right", index="strike", values=["bid", "ask"])
        .sort("strike")
    )
    missing = [pl.lit(None, pl.Float64).alias(name) for name in _SIDES if name not in both.columns]
    sides = both.with_columns(missing).select("strike", *_SIDES).fill_null(float("nan")).to_numpy().T
    settles = contracts.settlement(contracts.option("SPX", expiry, 0.0, "C", trading_class))
    years = (settles - at) / contracts.YEAR
    return Expiry(trading_class, expiry, settles, years, trading_days(settles) - trading_days(at), *sides)


_SIDES = ("bid_C", "ask_C", "bid_P", "ask_P")


def parity(chain: Sequence[Expiry], spot: float) -> list[Parity]:
    """Return forward and discount of every expiry.

    Discounts come from one rate, linear in time, that the longer expiries' strikes agree on: a short expiry's own
    would drown in its spreads. The forward is where call minus put changes sign, weighted by how tight both are.
    """
    rate = _rate(chain, spot)
    return [
        Parity(_forward(e, spot, d), d) for e in chain for d in [float(np.exp(-np.polyval(rate, e.years) * e.years))]
    ]


def _rate(chain: Sequence[Expiry], spot: float) -> Floats:
    years, rates, weights = [], [], []
    for e in chain:
        difference, error = _difference(e)
        use = (np.abs(e.strike / spot - 1) < max(_NEAR, 0.6 * np.sqrt(e.years))) & np.isfinite(difference)
        if e.years < _LONG or use.sum() < 8:
            continue
        slope = np.polynomial.polynomial.polyfit(e.strike[use], difference[use], 1, w=1 / error[use])[1]
        if slope < 0:
            years.append(e.years)
            rates.append(-np.log(-slope) / e.years)
            weights.append(e.years)
    if not years:
        return np.array([0.0])
    return np.polyfit(years, rates, 1 if len(years) > 3 else 0, w=weights)


def _forward(e: Expiry, spot: float, discount: float) -> float:
    difference, error = _difference(e)
    use = (np.abs(e.strike / spot - 1) < _NEAR) & np.isfinite(difference)
    if not use.any():
        return spot
    guess = e.strike[use] + difference[use] / discount
    return float(np.average(guess, weights=error[use] ** -4.0))


def _difference(e: Expiry) -> tuple[Floats, Floats]:
    """Return call minus put at the mids, and half the sum of both spreads."""
    difference = 0.5 * (e.call_bid + e.call_ask - e.put_bid - e.put_ask)
    return difference, np.maximum(0.5 * (e.call_ask - e.call_bid + e.put_ask - e.put_bid), 0.01)
