"""Small random figures that need no state: a hash of who asks, when, and the seed (SplitMix64, Steele et al. 2014)."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.special import ndtri

Floats = npt.NDArray[np.float64]

_GOLDEN = 0x9E3779B97F4A7C15
_WORD = (1 << 64) - 1


def uniform(rows: npt.NDArray[np.intp], *salts: int) -> Floats:
    """Return a number in (0, 1) for each row, the same for the same row and salts."""
    start = 0
    for salt in salts:
        start = (start ^ salt) * _GOLDEN + 0x632BE59BD9B4E019 & _WORD
    z = rows.astype(np.uint64) * np.uint64(_GOLDEN) + np.uint64(start)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    z ^= z >> np.uint64(31)
    return ((z >> np.uint64(11)).astype(np.float64) + 0.5) * 2.0**-53


def normal(rows: npt.NDArray[np.intp], *salts: int) -> Floats:
    """Return a standard normal number for each row."""
    return np.asarray(ndtri(uniform(rows, *salts)), dtype=np.float64)
