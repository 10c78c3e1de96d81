"""What spreads, open interest and volume are explained by: figures of an option that need no recording."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


def of_spread(value: Floats, intrinsic: Floats, days: Floats, am: Floats) -> Floats:
    """Return rows for the log of the half-spread, (n, 11), in points of SPX.

    `value` is the out-of-the-money option's at the strike, `intrinsic` this option's own; `days` of trading time to
    settlement; `am` is 1 for AM-settled options.
    """
    worth, time = np.log(value + 0.05), np.log(days + 0.25)
    inner = (intrinsic > 0).astype(np.float64)
    depth = np.log1p(intrinsic)
    return np.column_stack(
        [
            np.ones_like(value),
            worth,
            worth**2,
            time,
            time**2,
            worth * time,
            am,
            inner,
            inner * depth,
            inner * worth,
            inner * time,
        ]
    )


def of_activity(k: Floats, strike: Floats, total: Floats, days: Floats, am: Floats, put: Floats) -> Floats:
    """Return rows for the log of open interest or volume, (n, 10): distance, time, round strikes, class and right.

    `k` is strike / forward, `total` the option's vol * sqrt(year).
    """
    distance = np.clip((k - 1.0) / total, -6.0, 6.0)
    with np.errstate(divide="ignore"):
        time = np.log(days + 0.25)
    return np.column_stack(
        [
            np.ones_like(k),
            distance,
            distance**2,
            distance * put,
            time,
            time**2,
            (strike % 25 == 0).astype(np.float64),
            (strike % 100 == 0).astype(np.float64),
            am,
            put,
        ]
    )


def regression(rows: Floats, values: Floats) -> Floats:
    """Return least-squares coefficients, and the standard deviation of what they leave."""
    solution = np.linalg.lstsq(rows, values, rcond=None)[0]
    return np.append(solution, np.std(values - rows @ solution))
