"""Levels of recorded stocks and indices at any time, and where each comes from.

In this order: after the close the daily bar's close; the newest recorded price, for as long as a recorded quote holds;
between those a path through the daily bar's open, high, low and close and through every recorded price, which is
modelled and says so; without a bar the newest recorded price of the day; before the open the close before. Nobody is
shown a bar of a day before its close: what the path makes of it is shown as it comes.

At the time of a snapshot of SPX's chain VIX is what that chain implies (`desk.market.vix`), where VIX itself was not
recorded and the result lies within its range of the day.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

import numpy as np
import polars as pl

from desk.gateway.model.kept import Kept
from desk.gateway.model.market import Daily
from desk.gateway.model.path import Paths
from desk.gateway.recording import NOTHING, Recording, Series
from desk.gateway.source import FITTED, REPLAY
from desk.market import calendar
from messages.contract import Bar

_VIX = "VIX"
_SERIES = 12
"""Symbols and days whose recorded levels are kept at hand."""
Level = tuple[float, str]
"""A price, NaN where there is none, and whether it was recorded or modelled."""


class Levels:
    """Prices of the symbols that have daily bars or were recorded; `hold` in seconds, `seed` of the paths."""

    def __init__(self, recording: Recording, daily: pl.DataFrame | None, hold: float, seed: int) -> None:
        self._recording = recording
        self._hold = hold
        self._bars: dict[str, list[Bar]] = {}
        self._daily: dict[str, Daily] = {}
        if daily is not None:
            whole = daily.drop_nulls(["open", "high", "low", "close"]).sort("symbol", "date")
            for (symbol,), part in whole.group_by("symbol"):
                self._bars[str(symbol)], self._daily[str(symbol)] = _bars(part), _arrays(part)
        self._paths = Paths(self._daily, seed, self._pins)
        self._seen: Kept[tuple[str, date], Series] = Kept(_SERIES)

    @property
    def symbols(self) -> Mapping[str, object]:
        """The symbols with daily bars."""
        return self._bars

    def at(self, symbol: str, t: float) -> Level:
        """Return the level at a time."""
        today = calendar.exchange_date(t)
        session = calendar.session(today)
        path = self._paths.path(symbol, today)
        if path is not None and t >= path.session.closes:
            return path.at(t), REPLAY
        times, prices = self._recorded(symbol, t)
        if len(times) and (path is None or t < times[-1] + self._hold):
            return float(prices[-1]), FITTED if self._implied(symbol, today) else REPLAY
        if session is None or path is None or t < session.opens:
            return self.close_before(symbol, today), REPLAY
        return round(path.at(t), 2), FITTED

    def bar(self, symbol: str, t: float) -> Bar | None:
        """Return the session so far: as the path has it or, without a bar, the range of recorded prices."""
        session = calendar.session(calendar.exchange_date(t))
        if session is None or t < session.opens:
            return None
        path = self._paths.path(symbol, session.date)
        _, seen = self._recorded(symbol, t)
        if path is not None:
            seen = np.concatenate([[path.price[0], *path.so_far(t)], seen, [self.at(symbol, t)[0]]])
        if not len(seen):
            return None
        first, high, low, last = (float(x) for x in (seen[0], seen.max(), seen.min(), seen[-1]))
        return Bar(f"{session.date:%Y%m%d}", first, high, low, last)

    def daily(self, symbol: str, t: float) -> Sequence[Bar]:
        """Return the bars of sessions that had closed."""
        today = calendar.exchange_date(t)
        session = calendar.session(today)
        closed = session is not None and t >= session.closes
        bars = self._daily.get(symbol)
        return [] if bars is None else self._bars[symbol][: bars.before(today + timedelta(1) if closed else today)]

    def close_before(self, symbol: str, day: date) -> float:
        """Return the newest close before that day, NaN without one."""
        bars = self._daily.get(symbol)
        known = bars.before(day) if bars is not None else 0
        return float(bars.close[known - 1]) if bars is not None and known else float("nan")

    def _recorded(self, symbol: str, t: float) -> Series:
        """Return what was recorded of a level that day up to `t`, oldest first."""
        times, prices = self._series(symbol, calendar.exchange_date(t))
        known = int(np.searchsorted(times, t, side="right"))
        return times[:known], prices[:known]

    def _series(self, symbol: str, day: date) -> Series:
        return self._seen.get((symbol, day), lambda: self._read(symbol, day))

    def _read(self, symbol: str, day: date) -> Series:
        recorded = self._recording.day(day)
        if recorded is None:
            return NOTHING
        if not self._implied(symbol, day):
            return recorded.levels.get(symbol, NOTHING)
        bars = self._daily.get(symbol)
        if bars is None or (row := bars.row(day)) is None:
            return NOTHING
        times, levels = recorded.vix
        inside = (levels >= bars.low[row]) & (levels <= bars.high[row])
        return times[inside], np.round(levels[inside], 2)

    def _implied(self, symbol: str, day: date) -> bool:
        """Whether that day's levels come from SPX's chain."""
        recorded = self._recording.day(day)
        return symbol == _VIX and recorded is not None and _VIX not in recorded.levels

    def _pins(self, symbol: str, day: date) -> dict[float, float]:
        times, prices = self._series(symbol, day)
        return dict(zip(times.tolist(), prices.tolist(), strict=True))


def _bars(rows: pl.DataFrame) -> list[Bar]:
    columns = rows.select("date", "open", "high", "low", "close", "volume")
    return [Bar(f"{day:%Y%m%d}", *figures) for day, *figures in columns.rows()]


def _arrays(rows: pl.DataFrame) -> Daily:
    figures = (
        rows[name].cast(pl.Float64).fill_null(float("nan")).to_numpy()
        for name in ("open", "high", "low", "close", "volume")
    )
    return Daily(np.array([day.toordinal() for day in rows["date"]], dtype=np.int64), *figures)
