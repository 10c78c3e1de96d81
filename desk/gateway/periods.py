"""IB's words for spans of history: bar sizes, durations and ends."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from desk.market.calendar import EXCHANGE, Session, exchange_date, previous_session, session
from messages.contract import Bar

BAR_SECONDS = {
    **{f"{n} secs": n for n in (1, 5, 10, 15, 30)},
    "1 min": 60,
    **{f"{n} mins": n * 60 for n in (2, 3, 5, 10, 15, 20, 30)},
    "1 hour": 3600,
    **{f"{n} hours": n * 3600 for n in (2, 3, 4, 8)},
    "1 day": 86_400,
    "1 week": 604_800,
    "1 month": 2_592_000,
}
"""Length of each legal bar size."""

DAY = "1 day"
_DURATION = re.compile(r"([0-9]{1,9}) ([SDWMY])")
_END = re.compile(r"(\d{8})(?:(-| +)(\d{2}:\d{2}:\d{2})(?: +(\S+))?)?")
_DAYS = {"W": 7, "M": 31, "Y": 366}


class PeriodError(ValueError):
    """A span that IB does not understand."""


def end_of(text: str, now: float) -> float:
    """Return the end of a request in epoch seconds: now when empty, the end of a date without a time.

    A dash before the time means UTC, a blank exchange time or the zone that follows. PeriodError on anything else.
    """
    if not text:
        return now
    match = _END.fullmatch(text)
    if match is None:
        raise PeriodError(text)
    try:
        day, dash, clock, zone = match.groups()
        where = UTC if dash == "-" else ZoneInfo(zone) if zone else EXCHANGE
        return datetime.strptime(f"{day} {clock or '23:59:59'}", "%Y%m%d %H:%M:%S").replace(tzinfo=where).timestamp()
    except (ValueError, KeyError, OSError):
        raise PeriodError(text) from None


def within(history: Sequence[Bar], duration: str, end: date) -> Sequence[Bar]:
    """Return the daily bars that a duration back from the end date covers: `D` counts trading days, the rest calendar.

    PeriodError when the duration is none, or more than 365 `D` (IB wants years then).
    """
    number, unit = _parts(duration)
    past = [bar for bar in history if bar.date <= f"{end:%Y%m%d}"]
    if unit == "D" and number > 365:
        raise PeriodError("Historical data requests for durations longer than 365 days must be made in years.")
    if unit in {"D", "S"}:
        return past[-(number if unit == "D" else -(-number // 86_400)) :]
    try:
        start = end - timedelta(days=number * _DAYS[unit])
    except OverflowError:
        return past
    return [bar for bar in past if bar.date > f"{start:%Y%m%d}"]


def reach(duration: str, end: float, most: int) -> tuple[float, list[Session]]:
    """Return where bars shorter than a day begin that go back a duration from `end`, and the sessions they are in.

    `D` counts sessions, `S` seconds of the clock, the rest calendar days. PeriodError when it is no duration, or when
    more than `most` sessions are in it.
    """
    number, unit = _parts(duration)
    if unit == "S" and number <= 86_400:
        start = end - number
        found = [one for one in _sessions_back(end, 2) if one.closes > start]
        return start, found
    days = number * _DAYS[unit] if unit in _DAYS else 0
    count = days or (number if unit == "D" else -(-number // 86_400))
    if count > most * (2 if days else 1):
        raise PeriodError("Historical Market Data Service error message:Time length exceed max.")
    found = _sessions_back(end, count)
    if days:
        first = exchange_date(end) - timedelta(days=days)
        found = [one for one in found if one.date > first]
    return found[0].opens, found


def _sessions_back(end: float, count: int) -> list[Session]:
    """Return that many sessions, oldest first, the last one begun before `end`."""
    today = session(exchange_date(end))
    last = today if today is not None and today.opens < end else previous_session(exchange_date(end))
    found = [last]
    while len(found) < count:
        found.append(previous_session(found[-1].date))
    return found[::-1]


def _parts(duration: str) -> tuple[int, str]:
    match = _DURATION.fullmatch(duration)
    if match is None or not int(match[1]):
        raise PeriodError(f"Invalid duration '{duration}'")
    return int(match[1]), match[2]
