"""The volatility that a European option's price implies, vectorised over a chain.

The price is moved to the out-of-the-money side by put-call parity and made dimensionless, as in Jaeckel, P. (2015),
"Let's be rational", Wilmott 75, 40-53: with x = -|ln(F/K)| and s = vol * sqrt(years),

    b(x, s) = exp(x/2) N(x/s + s/2) - exp(-x/2) N(x/s - s/2),    0 < b < exp(x/2),

convex in s up to sqrt(2|x|) and concave beyond. On the convex side ln b is nearly a line in 1/s², on the concave side
ln(exp(x/2) - b) nearly one in s²: Newton's method converges in a few steps there, and a bracket keeps it safe.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
from scipy.special import erfcx, ndtr

Floats = npt.NDArray[np.float64]
Arg = npt.ArrayLike

_ROOT2 = math.sqrt(2.0)
_ROOT2PI = math.sqrt(2.0 * math.pi)
_STEPS = 60
_CLOSE = 1e-11  # relative; Newton squares the error, so a step this small leaves less than rounding does
_FAR = 10.0  # standard deviations: N(-10) is below what a double adds to 1


def implied_vol(price: Arg, forward: Arg, strike: Arg, years: Arg, discount: Arg, call: Arg) -> Floats:
    """Return the volatility (fraction per year) at which `pricing.black76` gives `price`.

    NaN where none exists: a price at or below intrinsic value, at or above the most an option can be worth, no time
    left, or anything that is not a number.
    """
    floats = [np.asarray(a, dtype=np.float64) for a in (price, forward, strike, years, discount)]
    p, f, k, t, df, sign = np.broadcast_arrays(*floats, np.where(np.asarray(call, dtype=bool), 1.0, -1.0))
    with np.errstate(all="ignore"):
        x = -np.abs(np.log(f / k))
        beta = (p / df - np.maximum(sign * (f - k), 0.0)) / np.sqrt(f * k)
        good = (beta > 0) & (beta < np.exp(x / 2)) & (t > 0) & np.isfinite(x)
        vol = np.full(p.shape, np.nan)
        vol[good] = _total(x[good], beta[good]) / np.sqrt(t[good])
    return vol


def _total(x: Floats, beta: Floats) -> Floats:
    """Return s with b(x, s) = beta, for 0 < beta < exp(x/2) and x <= 0."""
    turn = np.sqrt(-2.0 * x)
    low_side = beta < _b(x, turn)
    # exp(-x²/2s²)/2 bounds b from above on the convex side, so this start is below the root there.
    start = -x / np.sqrt(-2.0 * np.log(2.0 * np.minimum(beta, 0.5)))
    lo = np.where(low_side, np.minimum(start, turn), turn)
    hi = np.where(low_side, turn, _FAR + np.sqrt(_FAR * _FAR - 2.0 * x))
    s = np.where(low_side, lo, np.maximum(turn, beta * _ROOT2PI))
    for _ in range(_STEPS):
        below = np.where(low_side, _b(x, s) < beta, _rest(x, s) > np.exp(x / 2) - beta)
        lo, hi = np.where(below, s, lo), np.where(below, hi, s)
        step = np.where(low_side, _step_low(x, s, beta), _step_high(x, s, beta))
        step = np.where((step >= lo) & (step <= hi), step, 0.5 * (lo + hi))
        done = np.abs(step - s) <= _CLOSE * s
        s = step
        if done.all():
            break
    return s


def _b(x: Floats, s: Floats) -> Floats:
    """Return the normalised price; through erfcx in the tail, where the difference of two N would lose digits."""
    d1, d2 = x / s + s / 2, x / s - s / 2
    tail = 0.5 * np.exp(-0.5 * (x * x / (s * s) + s * s / 4)) * (erfcx(-d1 / _ROOT2) - erfcx(-d2 / _ROOT2))
    plain = np.exp(x / 2) * ndtr(d1) - np.exp(-x / 2) * ndtr(d2)
    return np.where(s > 0, np.where(d1 <= 0, tail, plain), 0.0)


def _rest(x: Floats, s: Floats) -> Floats:
    """Return exp(x/2) - b(x, s) without cancellation."""
    return np.exp(x / 2) * ndtr(-x / s - s / 2) + np.exp(-x / 2) * ndtr(x / s - s / 2)


def _slope(x: Floats, s: Floats) -> Floats:
    """Return db/ds."""
    return np.exp(-0.5 * (x * x / (s * s) + s * s / 4)) / _ROOT2PI


def _step_low(x: Floats, s: Floats, beta: Floats) -> Floats:
    """Newton on ln b as a function of 1/s²."""
    b = _b(x, s)
    inverse_square: Floats = s**-2 + 2.0 * (np.log(b / beta) * b / _slope(x, s)) / s**3
    return 1.0 / np.sqrt(inverse_square)


def _step_high(x: Floats, s: Floats, beta: Floats) -> Floats:
    """Newton on ln(exp(x/2) - b) as a function of s²."""
    rest = _rest(x, s)
    square: Floats = s * s + 2.0 * s * np.log(rest / (np.exp(x / 2) - beta)) * rest / _slope(x, s)
    return np.sqrt(square)
