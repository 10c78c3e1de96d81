"""Trading days as the clock of variance: what a night and a session weigh.

Straddles of SPX and SPXW monthlies of one day differ by the variance of that session, since one settles at its open and
the other at its close. In the chains from 2019-04-25 to 2019-06-13 that is 0.53 of the trading days around it in the
median of 196 pairs, and 0.59 where those are two days only, the pairs that measure it best (33). A trading day after a
weekend has 1.1 times the variance of another (median), so closed days weigh nothing of their own here.
"""

from __future__ import annotations

from datetime import date, timedelta
from functools import cache, lru_cache

import numpy as np

from desk.market import calendar

SESSION = 0.6  # share of a trading day's variance between its open and its close
YEAR = 252.0  # trading days

_ORIGIN = date(2018, 1, 1)


def trading_days(t: float) -> float:
    """Return the trading days of variance up to epoch time `t`, from a fixed origin; only differences have a meaning.

    The night before a session is worth 1 - SESSION, spread evenly from the close before; the session SESSION.
    """
    day = calendar.exchange_date(t)
    now = calendar.session(day)
    if now is None or t > now.closes:
        now = calendar.next_session(day)
    end = float(ordinal(now.date))
    if t >= now.opens:
        return end - SESSION * (now.closes - t) / (now.closes - now.opens)
    before = calendar.previous_session(now.date).closes
    return end - 1.0 + (1.0 - SESSION) * (t - before) / (now.opens - before)


@lru_cache(maxsize=8192)
def ordinal(day: date) -> int:
    """Return the number of sessions from the origin up to and including that date; negative before the origin."""
    first, last = sorted((_ORIGIN.year, day.year))
    closed = [day for year in range(first, last + 1) for day in _closed(year)]
    after = day + timedelta(1)
    count = int(np.busday_count(min(_ORIGIN, after), max(_ORIGIN, after), holidays=closed))
    return count if after >= _ORIGIN else -count


@cache
def _closed(year: int) -> tuple[date, ...]:
    days = (date(year, 1, 1) + timedelta(n) for n in range(366))
    return tuple(day for day in days if day.year == year and day.weekday() < 5 and calendar.session(day) is None)
