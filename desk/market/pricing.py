"""European options by Black's formula on the forward, vectorised over a chain.

Black, F. (1976), "The pricing of commodity contracts", Journal of Financial Economics 3, 167-179. With the spot and its
carry put in for the forward it equals Black-Scholes-Merton; sensitivities as in Haug, E. G. (2007), "The Complete Guide
to Option Pricing Formulas", chapter 2. Every argument broadcasts; arrays of float64 come back.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr

from desk.market.implied import implied_vol

__all__ = ["Greeks", "black76", "greeks", "implied_vol"]

Floats = npt.NDArray[np.float64]
Arg = npt.ArrayLike

DAYS = 365.0


@dataclass(frozen=True, slots=True)
class Greeks:
    """Sensitivities per share to the spot: `delta`, `gamma`; `theta` per calendar day; `vega` per vol point."""

    delta: Floats
    gamma: Floats
    theta: Floats
    vega: Floats


def black76(forward: Arg, strike: Arg, years: Arg, vol: Arg, discount: Arg, call: Arg) -> Floats:
    """Return the present value of European options.

    `years` to settlement, `vol` a fraction per year, `discount` the value today of a dollar at settlement, `call` a
    bool (False is a put). Without time or volatility left it is the discounted intrinsic value.
    """
    f, k, t, v, df, sign = _arguments(forward, strike, years, vol, discount, call)
    d1, d2 = _d(f, k, v * np.sqrt(t))
    value: Floats = df * sign * (f * ndtr(sign * d1) - k * ndtr(sign * d2))
    return np.where(np.isnan(value), value, np.maximum(value, 0.0))


def greeks(forward: Arg, strike: Arg, years: Arg, vol: Arg, discount: Arg, call: Arg, spot: Arg) -> Greeks:
    """Return the sensitivities to the spot, whose carry to settlement is what `forward` / `spot` says.

    Arguments as in `black76`. Without time left delta is that of the intrinsic value and the others are 0.
    """
    f, k, t, v, df, sign = _arguments(forward, strike, years, vol, discount, call)
    s = np.asarray(spot, dtype=np.float64)
    root = np.sqrt(t)
    total = v * root
    d1, d2 = _d(f, k, total)
    density = np.exp(-0.5 * d1 * d1) / np.sqrt(2.0 * np.pi)
    carry = f / s
    alive = total > 0
    with np.errstate(divide="ignore", invalid="ignore"):
        gamma = np.where(alive, df * density * carry * carry / (f * total), 0.0)
        rate, drift = -np.log(df) / t, np.log(carry) / t
        decay = -df * f * density * v / (2.0 * root)
        theta = decay - sign * rate * k * df * ndtr(sign * d2) + sign * (rate - drift) * df * f * ndtr(sign * d1)
    return Greeks(
        delta=df * carry * sign * ndtr(sign * d1),
        gamma=gamma,
        theta=np.where(alive, theta / DAYS, 0.0),
        vega=df * f * density * root / 100.0,
    )


def _arguments(
    forward: Arg, strike: Arg, years: Arg, vol: Arg, discount: Arg, call: Arg
) -> tuple[Floats, Floats, Floats, Floats, Floats, Floats]:
    floats = [np.asarray(a, dtype=np.float64) for a in (forward, strike, years, vol, discount)]
    sign = np.where(np.asarray(call, dtype=bool), 1.0, -1.0)
    f, k, t, v, df, sign = np.broadcast_arrays(*floats, sign)
    return f, k, t, v, df, sign


def _d(forward: Floats, strike: Floats, total: Floats) -> tuple[Floats, Floats]:
    """Return d1 and d2; `total` is volatility times the root of time. Plus or minus infinity when it is 0."""
    with np.errstate(divide="ignore", invalid="ignore"):
        moneyness = np.log(forward / strike)
        d1 = np.where(moneyness == 0, 0.0, moneyness / total) + 0.5 * total
    return d1, d1 - total
