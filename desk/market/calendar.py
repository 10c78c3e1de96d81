"""NYSE sessions: which days trade, from when to when, in exchange time and as epoch seconds.

Holidays, days of mourning and early closes (13:00 ET) come from the `holidays` library. Cboe's index options keep the
same sessions; their quarter of an hour after the close is not counted.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cache, lru_cache
from zoneinfo import ZoneInfo

import holidays

EXCHANGE = ZoneInfo("America/New_York")

_OPEN = time(9, 30)
_CLOSE = time(16, 0)
_EARLY_CLOSE = time(13, 0)
_SATURDAY = 5


@dataclass(frozen=True, slots=True)
class Session:
    """One trading day: `opens` and `closes` in epoch seconds; `early` when it closes at 13:00 ET."""

    date: date
    opens: float
    closes: float
    early: bool


@lru_cache(maxsize=4096)
def session(day: date) -> Session | None:
    """Return the session of that exchange date, None when the exchange is closed."""
    if day.weekday() >= _SATURDAY or day in _closed(day.year):
        return None
    early = day in _half(day.year)
    return Session(day, _epoch(day, _OPEN), _epoch(day, _EARLY_CLOSE if early else _CLOSE), early)


def next_session(day: date) -> Session:
    """Return the first session strictly after that date."""
    return _seek(day, timedelta(days=1))


def previous_session(day: date) -> Session:
    """Return the last session strictly before that date."""
    return _seek(day, timedelta(days=-1))


def session_at(t: float) -> Session | None:
    """Return the session that is open at epoch time `t` (the close itself is out), or None."""
    found = session(exchange_date(t))
    return found if found is not None and found.opens <= t < found.closes else None


def opens_next(t: float) -> float:
    """Return when the exchange is open next (epoch seconds): `t` itself in a session, else the next one's open."""
    if session_at(t) is not None:
        return t
    today = session(day := exchange_date(t))
    return today.opens if today is not None and t < today.opens else next_session(day).opens


def exchange_date(t: float) -> date:
    """Return the exchange's date at epoch time `t`."""
    return datetime.fromtimestamp(t, EXCHANGE).date()


def at(day: date, clock: str) -> float:
    """Return the epoch time of `HH:MM` exchange time on that date; ValueError when `clock` is no time of day."""
    return _epoch(day, time.fromisoformat(clock))


def _epoch(day: date, clock: time) -> float:
    return datetime.combine(day, clock, EXCHANGE).timestamp()


def _seek(day: date, step: timedelta) -> Session:
    found = None
    while found is None:
        day += step
        found = session(day)
    return found


@cache
def _closed(year: int) -> frozenset[date]:
    return frozenset(holidays.financial_holidays("NYSE", years=year))


@cache
def _half(year: int) -> frozenset[date]:
    return frozenset(holidays.financial_holidays("NYSE", years=year, categories=("half_day",)))
