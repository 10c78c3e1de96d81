"""IB's words for spans of history: bar sizes, durations and ends."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from desk.market.calendar import EXCHANGE
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
_DURATION = re.compile(r"(\d+) ([SDWMY])")
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
    match = _DURATION.fullmatch(duration)
    if match is None or not int(match[1]):
        raise PeriodError(f"Invalid duration '{duration}'")
    number, unit = int(match[1]), match[2]
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
