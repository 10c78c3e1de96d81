"""Prices on the tick grid."""

from __future__ import annotations

import math

# A price that lies half-way between ticks in decimal may lie a hair below in binary.
_SLACK = 1e-9


def to_tick(price: float, tick: float) -> float:
    """Return the multiple of `tick` nearest to `price`, upwards from half-way; decimal noise is rounded off."""
    return round(math.floor(price / tick + 0.5 + _SLACK) * tick, 10)


def down_to_tick(price: float, tick: float) -> float:
    """Return the highest multiple of `tick` that is not above `price`, but for decimal noise."""
    return round(math.floor(price / tick + _SLACK) * tick, 10)


def up_to_tick(price: float, tick: float) -> float:
    """Return the lowest multiple of `tick` that is not below `price`, but for decimal noise."""
    return round(math.ceil(price / tick - _SLACK) * tick, 10)
