"""Implied total volatility from a close guess, in a fixed number of Newton steps: quick on a few quotes or a chain.

`desk.market.pricing.implied_vol` starts from nothing and goes to the last digit; here the surface knows the answer
nearly, and quotes are rounded to ticks anyway.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr

Floats = npt.NDArray[np.float64]

_STEPS = 3
_FAINT = 1e-9  # fractions of the forward; below this a price tells nothing and the guess stands
_ROOT2PI = np.sqrt(2.0 * np.pi)


def total_vol(value: Floats, k: Floats, guess: Floats) -> Floats:
    """Return vol * sqrt(years) of the out-of-the-money option at k = strike / forward, worth `value` forwards.

    Newton on ln(value) as a function of 1/total² beyond one deviation, where that is nearly a line, and on the value
    itself nearer the money (Jaeckel 2015, as in `desk.market.implied`).
    """
    total = guess
    x = -np.log(k)
    known = value > _FAINT
    target = np.where(known, value, 1.0)
    for _ in range(_STEPS):
        d1 = x / total + 0.5 * total
        d2 = d1 - total
        sign = np.where(k < 1.0, -1.0, 1.0)
        price = np.maximum(sign * (ndtr(sign * d1) - k * ndtr(sign * d2)), 1e-300)
        slope = np.maximum(np.exp(-0.5 * d1 * d1) / _ROOT2PI, 1e-300)
        inverse = total**-2.0 - 2.0 * np.log(target / price) * price / slope / total**3
        far = np.sqrt(1.0 / np.maximum(inverse, 0.0625 * total**-2.0))
        near = total + (target - price) / slope
        total = np.clip(np.where(np.abs(x) > total, far, near), 0.25 * total, 4.0 * total)
    return np.where(known, total, guess)
