"""Paths of underlyings through a session: the day's open, high, low and close are met, a seed decides the rest.

A random walk is pinned at its open, at the time of its high and of its low, at recorded prices where there are some,
and at its close; between pins it is a Brownian bridge, folded back into the day's range. SPX's walk is common to all;
the others' mix it with their own, VIX with the opposite sign, so VIX's high falls near SPX's low.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from zlib import crc32

import numpy as np
import numpy.typing as npt

from desk.gateway.model.kept import Kept
from desk.gateway.model.market import Daily
from desk.market import calendar
from desk.market.calendar import Session
from messages.contract import Bar

Floats = npt.NDArray[np.float64]

Recorded = Callable[[str, date], Mapping[float, float]]
"""Prices of a symbol that were recorded on a day, by time; its path passes through them."""

MINUTE = 60.0
_PATHS = 12
"""Paths kept: of five symbols today's, and a day's that history is asked of."""
CORRELATION = {"SPX": 1.0, "VIX": -0.85, "SPY": 0.99, "QQQ": 0.93, "IWM": 0.88}
_RANGE = 1.67  # expected range of a Brownian motion over its deviation, Parkinson (1980)


@dataclass(frozen=True, slots=True)
class Path:
    """One session's prices at every minute from the open to the close, and the highest and lowest so far at each."""

    session: Session
    price: Floats
    high: Floats
    low: Floats

    def at(self, t: float) -> float:
        """Return the price at `t`, held at its ends outside the session."""
        return float(np.interp(self._place(t), np.arange(len(self.price)), self.price))

    def so_far(self, t: float) -> tuple[float, float]:
        """Return the highest and lowest price up to `t`."""
        now, i = self.at(t), int(self._place(t))
        return max(now, float(self.high[i])), min(now, float(self.low[i]))

    def _place(self, t: float) -> float:
        return min(max((t - self.session.opens) / MINUTE, 0.0), len(self.price) - 1.0)


class Paths:
    """Prices of every symbol that has daily bars, at any time: the path in a session, the last close outside it."""

    def __init__(self, daily: Mapping[str, Daily], seed: int, recorded: Recorded = lambda _symbol, _day: {}) -> None:
        self._daily = daily
        self._seed = seed
        self._recorded = recorded
        self._paths: Kept[tuple[str, date], Path | None] = Kept(_PATHS)

    def price(self, symbol: str, t: float) -> float:
        """Return the price at `t`; NaN in and after a session without a bar."""
        day = calendar.exchange_date(t)
        session, path = calendar.session(day), self.path(symbol, day)
        if session is None or t < session.opens:
            return self.close_before(symbol, day)
        return path.at(t) if path is not None else float("nan")

    def close_before(self, symbol: str, day: date) -> float:
        """Return the close of the session before that day, NaN when there is no bar of it."""
        bars = self._daily.get(symbol)
        i = bars.row(calendar.previous_session(day).date) if bars is not None else None
        return float(bars.close[i]) if bars is not None and i is not None else float("nan")

    def bar(self, symbol: str, t: float) -> Bar | None:
        """Return the session so far, None before its open or without a bar."""
        day = calendar.exchange_date(t)
        path, bars = self.path(symbol, day), self._daily.get(symbol)
        if path is None or bars is None or t < path.session.opens:
            return None
        volume = float(bars.volume[bars.before(day)])
        high, low = path.so_far(t)
        traded = None if np.isnan(volume) else int(volume * elapsed(path.session, t))
        return Bar(f"{day:%Y%m%d}", float(path.price[0]), high, low, path.at(t), traded)

    def path(self, symbol: str, day: date) -> Path | None:
        """Return that day's path, None when the day is no session or has no bar."""
        return self._paths.get((symbol, day), lambda: self._draw(symbol, day))

    def _draw(self, symbol: str, day: date) -> Path | None:
        session, bars = calendar.session(day), self._daily.get(symbol)
        i = bars.row(day) if bars is not None else None
        if session is None or bars is None or i is None:
            return None
        ends = tuple(float(column[i]) for column in (bars.open, bars.high, bars.low, bars.close))
        steps = round((session.closes - session.opens) / MINUTE)
        common = np.random.default_rng([self._seed, day.toordinal()]).standard_normal(steps)
        own = np.random.default_rng([self._seed, day.toordinal(), crc32(symbol.encode())]).standard_normal(steps)
        rho = CORRELATION.get(symbol, 0.0)
        known = self._recorded(symbol, day)
        pins = {round((t - session.opens) / MINUTE): price for t, price in known.items()}
        price = drawn(rho * common + np.sqrt(1.0 - rho * rho) * own, ends, pins)
        return Path(session, price, np.maximum.accumulate(price), np.minimum.accumulate(price))


def elapsed(session: Session, t: float) -> float:
    """Return the share of the session that has passed."""
    return min(max((t - session.opens) / (session.closes - session.opens), 0.0), 1.0)


def drawn(noise: Floats, ends: tuple[float, ...], pins: Mapping[int, float]) -> Floats:
    """Return len(noise) + 1 prices with that open, high, low and close that pass through `pins` (index to price).

    `noise` are standard normal; a pin outside the session or the day's range is left out.
    """
    first, high, low, last = ends
    steps = len(noise)
    fixed = {n: price for n, price in pins.items() if 0 < n < steps and low <= price <= high}
    fixed |= {0: first, steps: last}
    scale = (high - low) / (_RANGE * np.sqrt(steps))
    walk = np.concatenate([[0.0], np.cumsum(noise)]) * scale
    through = _bridged(walk, fixed)
    for price, place in ((high, int(np.argmax(through))), (low, int(np.argmin(through)))):
        if price not in fixed.values():
            fixed[_free(place, fixed, steps)] = price
    return _folded(_bridged(walk, fixed), low, high, fixed)


def _bridged(walk: Floats, fixed: Mapping[int, float]) -> Floats:
    """Return the walk moved, linearly between pins, so that it passes through each."""
    order = sorted(fixed)
    off = np.array([fixed[n] for n in order]) - walk[order]
    return np.asarray(walk + np.interp(np.arange(len(walk)), order, off), dtype=np.float64)


def _free(place: int, fixed: Mapping[int, float], steps: int) -> int:
    """Return the index nearest to `place` inside the session that has no pin yet."""
    return min((n for n in range(1, steps) if n not in fixed), key=lambda n: abs(n - place))


def _folded(path: Floats, low: float, high: float, fixed: Mapping[int, float]) -> Floats:
    """Return the path reflected at `low` and `high` until it is within, its pins to the last digit."""
    size = high - low
    inside = low + size - np.abs(np.mod(path - low, 2.0 * size) - size) if size > 0 else np.full_like(path, low)
    for n, price in fixed.items():
        inside[n] = price
    return np.clip(inside, low, high)
