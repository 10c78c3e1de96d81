"""Trading hours as contract details state them: the sessions of a week, from the day asked on."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from functools import lru_cache

from desk.market.calendar import EXCHANGE, session

ZONE = "US/Eastern"
_DAYS = 6


@lru_cache(maxsize=64)
def liquid(day: date) -> str:
    """Return `YYYYMMDD:HHMM-YYYYMMDD:HHMM` per session and `YYYYMMDD:CLOSED` per closed day, joined by `;`."""
    return ";".join(_hours(day + timedelta(days=n)) for n in range(_DAYS))


def _hours(day: date) -> str:
    found = session(day)
    if found is None:
        return f"{day:%Y%m%d}:CLOSED"
    opens, closes = (datetime.fromtimestamp(t, EXCHANGE) for t in (found.opens, found.closes))
    return f"{opens:%Y%m%d:%H%M}-{closes:%Y%m%d:%H%M}"


def stamp(at: float, version: int) -> str:
    """Return a date and time as IB writes it: in exchange time, with its zone from version 174."""
    if version >= 174:
        return datetime.fromtimestamp(at, EXCHANGE).strftime(f"%Y%m%d %H:%M:%S {ZONE}")
    return datetime.fromtimestamp(at, EXCHANGE).strftime("%Y%m%d  %H:%M:%S")


def local(at: float) -> str:
    """Return a time in exchange time as schedules have it, without a zone."""
    return datetime.fromtimestamp(at, EXCHANGE).strftime("%Y%m%d-%H:%M:%S")
