"""Daily history of the fitted market: bars as they were, implied volatility from VIX."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import numpy as np
import numpy.typing as npt

from desk.gateway.model.market import Daily
from messages.contract import Bar

Floats = npt.NDArray[np.float64]

WINDOW = 60
INDEX = "SPX"
VIX = "VIX"


def tempo(daily: Mapping[str, Daily], symbol: str, day: date) -> float:
    """Return a symbol's variance over SPX's, realised in the 60 sessions before that day; 1 without enough bars."""
    if symbol == INDEX:
        return 1.0
    own, index = (_realised(daily.get(name), day) for name in (symbol, INDEX))
    return (own / index) ** 2 if own > 0 and index > 0 else 1.0


def trades(bars: Daily, before: date) -> list[Bar]:
    """Return the bars older than that day, oldest first."""
    return [_bar(bars, i) for i in range(bars.before(before))]


def implied(daily: Mapping[str, Daily], symbol: str, before: date) -> list[Bar]:
    """Return daily implied volatility: VIX / 100 for SPX, times the ratio of realised volatilities for ETFs."""
    vix = daily.get(VIX)
    if vix is None or symbol == VIX or symbol not in daily:
        return []
    known = np.isin(vix.day[: vix.before(before)], daily[symbol].day)
    return [_scaled(_bar(vix, int(i)), daily, symbol) for i in np.flatnonzero(known)]


def _scaled(bar: Bar, daily: Mapping[str, Daily], symbol: str) -> Bar:
    day = date(int(bar.date[:4]), int(bar.date[4:6]), int(bar.date[6:]))
    factor = np.sqrt(tempo(daily, symbol, day)) / 100.0
    first, high, low, last = (round(float(price * factor), 6) for price in (bar.open, bar.high, bar.low, bar.close))
    return Bar(bar.date, first, high, low, last)


def _realised(bars: Daily | None, day: date) -> float:
    """Return the root mean square of daily log returns over the window, 0 when there are too few."""
    close = bars.close[: bars.before(day)][-WINDOW - 1 :] if bars is not None else np.zeros(0)
    return float(np.sqrt(np.mean(np.diff(np.log(close)) ** 2))) if len(close) > WINDOW // 3 else 0.0


def _bar(bars: Daily, i: int) -> Bar:
    first, high, low, last = (float(column[i]) for column in (bars.open, bars.high, bars.low, bars.close))
    volume = None if np.isnan(bars.volume[i]) else int(bars.volume[i])
    return Bar(f"{date.fromordinal(int(bars.day[i])):%Y%m%d}", first, high, low, last, volume)
