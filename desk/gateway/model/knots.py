"""Where the density of an expiry may have mass: dyadic grids of k = strike / forward, nested in each other.

Spacing follows the standard deviation `nu` of the expiry near the money and grows with the distance in the wings, where
the density decays slowly against it; faster far out, where options are worth less than a tick. All grids are subsets of
the multiples of 2**-LEVEL in [0, TOP].
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

TOP = 2.0
LEVEL = 12
UNIT = 2.0**-LEVEL

_PER_DEVIATION = 9.0
_PER_DISTANCE = 12.0
_FAR = 6.0  # deviations from which the distance between knots grows with the square


def spacing(x: float, nu: float) -> float:
    """Return the wanted distance between knots at x = k - 1."""
    wing = abs(x) / _PER_DISTANCE
    return max(nu / _PER_DEVIATION, wing, wing * abs(x) / (_FAR * nu), UNIT)


def knots(nu: float) -> npt.NDArray[np.uint16]:
    """Return the grid for a standard deviation `nu`, ascending, in units of 2**-LEVEL: [0, TOP] halved as needed."""
    edges, todo = [0], [(0, int(TOP / UNIT))]
    while todo:
        low, high = todo.pop()
        middle = (low + high) // 2
        nearest = 0.0 if low < 1 / UNIT < high else min(abs(low * UNIT - 1), abs(high * UNIT - 1))
        if high - low > 1 and (high - low) * UNIT > spacing(nearest, nu):
            todo += [(middle, high), (low, middle)]
        else:
            edges.append(high)
    return np.array(sorted(edges), dtype=np.uint16)


def places(knot: npt.NDArray[np.uint16]) -> Floats:
    """Return the knots as k."""
    return knot.astype(np.float64) * UNIT


def stretched(x: Floats, nu: float) -> Floats:
    """Return the coordinate in which `spacing` is 1: the integral of 1 / spacing from the money."""
    turn, far = nu * _PER_DISTANCE / _PER_DEVIATION, nu * _FAR
    size = np.abs(x)
    inner = np.minimum(size, turn) * _PER_DEVIATION / nu
    wing = _PER_DISTANCE * np.log(np.clip(size, turn, far) / turn)
    outer = _PER_DISTANCE * (1.0 - far / np.maximum(size, far))
    return np.asarray(np.sign(x) * (inner + wing + outer))
