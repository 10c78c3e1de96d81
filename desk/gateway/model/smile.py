"""The fit of one expiry: a non-negative density on knots whose option prices lie between bid and ask.

Prices are normalised calls c(k) = E[(X - k)+] of X = settlement / forward, k = strike / forward. With point masses w_j
at knots k_j, c is convex and piecewise linear whatever the masses: no butterfly arbitrage. It dominates the expiry
before it everywhere if it does at its own knots, since that one is convex too: no calendar arbitrage.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from desk.gateway.model.knots import knots, places, stretched
from desk.gateway.model.quadratic import Program, gram, solve

Floats = npt.NDArray[np.float64]

_MID = 0.05  # pull to the mid, against 1 for a whole half-spread outside
_MARGIN = 0.02  # share of the half-spread kept from bid and ask, so that rounding does not push a price out
_OUTSIDE = 100.0  # price of a half-spread outside bid and ask
_HARD = 1e5
_ROUGH = 1.0  # smooth enough to please the eye; 0.001 fits no more quotes
_FAINT = 1e-5
_FINEST = 1e-6


@dataclass(frozen=True, slots=True)
class Targets:
    """Bounds at k, ascending, on the out-of-the-money option there (a put below 1), as fractions of the forward.

    `low` is 0 where there is no bid.
    """

    k: Floats
    low: Floats
    high: Floats


@dataclass(frozen=True, slots=True)
class Smile:
    """A fitted expiry: knots in units of 2**-LEVEL, ascending, and the probability of each; mass 1, mean 1."""

    knot: npt.NDArray[np.uint16]
    mass: Floats

    @classmethod
    def of(cls, knot: npt.NDArray[np.uint16], mass: Floats) -> Smile:
        """Return the smile of masses that may be off by rounding."""
        return cls(knot, balanced(places(knot), mass))

    def out_of_the_money(self, k: Floats) -> Floats:
        """Return the price at k of the put below 1, of the call from there, as a fraction of the forward."""
        return np.asarray(payoffs(k, places(self.knot)) @ self.mass)


def fit_smile(targets: Targets, nu: float, before: Smile | None) -> Smile:
    """Return the smoothest density near the mids; `nu` is the standard deviation of X, `before` the expiry before."""
    knot = knots(nu)
    at = places(knot)
    n = len(at)
    reference = _reference(at, nu)
    value = payoffs(targets.k, at) * reference
    half = np.maximum(0.5 * (targets.high - targets.low), _FINEST)
    low, high = targets.low + _MARGIN * half, targets.high - _MARGIN * half
    bid = targets.low > 0
    pull = np.where(bid, _MID, 0.0) / half**2
    bend = _bend(at, nu)
    floor = np.zeros(0) if before is None else before.out_of_the_money(at[1:-1])
    least = payoffs(at[1:-1], at)[: len(floor)] * reference / (floor + _FAINT * nu)[:, None]
    program = Program(
        p=gram(value, pull) + gram(bend, np.full(n - 2, _ROUGH)),
        q=-value.T @ (pull * 0.5 * (low + high)),
        g=np.vstack([-value[bid] / half[bid, None], value / half[:, None], -least, -np.eye(n)]),
        h=np.concatenate([-(low / half)[bid], high / half, -floor / (floor + _FAINT * nu), np.zeros(n)]),
        rho=np.concatenate([np.full(bid.sum() + len(half), _OUTSIDE), np.full(len(floor) + n, _HARD)]),
        a=np.vstack([reference, reference * (at - 1) / nu]),
        b=np.array([1.0, 0.0]),
    )
    mass = np.maximum(solve(program, np.ones(n)), 0.0) * reference
    return Smile.of(knot, mass)


def payoffs(k: Floats, at: Floats) -> Floats:
    """Return what the out-of-the-money option of each k pays at each knot, (len(k), len(at))."""
    away = at[None, :] - k[:, None]
    return np.maximum(np.where(k[:, None] < 1.0, -away, away), 0.0)


def balanced(at: Floats, mass: Floats) -> Floats:
    """Return the masses with sum 1 and mean 1 exactly: what is off moves between the two largest neighbours' knots."""
    mass = mass / mass.sum()
    top = int(np.argmax(mass[:-1] + mass[1:]))
    move = (1.0 - float(mass @ at)) / (at[top + 1] - at[top])
    mass[top] -= move
    mass[top + 1] += move
    return mass


def _reference(at: Floats, nu: float) -> Floats:
    """Return the masses of a peaked density with exponential tails, the left one longer: the scale of the unknowns."""
    x = (at - 1.0) / nu
    width = np.diff(at, prepend=at[0], append=at[-1])
    density = np.exp(-np.sqrt(1.0 + np.where(x < 0, x / 0.8, x / 0.5) ** 2)) + 1e-7
    mass = density * 0.5 * (width[:-1] + width[1:])
    return np.asarray(mass / mass.sum())


def _bend(at: Floats, nu: float) -> Floats:
    """Return the rows of second differences of mass over reference, in the coordinate where knots are evenly spaced."""
    xi = stretched(at - 1.0, nu)
    left, right = np.diff(xi)[:-1], np.diff(xi)[1:]
    rows = np.zeros((len(at) - 2, len(at)))
    i = np.arange(len(at) - 2)
    rows[i, i] = 2 / (left * (left + right))
    rows[i, i + 1] = -2 / (left * right)
    rows[i, i + 2] = 2 / (right * (left + right))
    return rows
