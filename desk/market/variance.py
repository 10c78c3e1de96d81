"""Volatility at a constant maturity, from the volatilities of the expiries on either side of it.

Total variance (volatility squared times time) is linear in time between two expiries, as in the Cboe's VIX methodology.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Arg = npt.ArrayLike


def at_maturity(near_days: Arg, near_vol: Arg, far_days: Arg, far_vol: Arg, days: Arg = 30.0) -> Floats:
    """Return the volatility (fraction per year) at `days` calendar days; arguments broadcast.

    `near_days` <= `days` <= `far_days`, with their at-the-money volatilities; equal days take the near one's. NaN where
    the days do not enclose the maturity or anything is not a number above zero.
    """
    d1, v1, d2, v2, d = (np.asarray(a, dtype=np.float64) for a in (near_days, near_vol, far_days, far_vol, days))
    with np.errstate(divide="ignore", invalid="ignore"):
        weight = np.where(d2 > d1, (d - d1) / (d2 - d1), 0.0)
        variance = (v1 * v1 * d1 * (1.0 - weight) + v2 * v2 * d2 * weight) / d
        good = (d1 > 0) & (d1 <= d) & (d <= d2) & (v1 > 0) & (v2 > 0)
        return np.where(good, np.sqrt(variance), np.nan)
