"""When an execution happened: IB writes it in three ways."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from desk.market.calendar import EXCHANGE

_FORM = re.compile(r"(\d{8})(-|\s+)(\d\d:\d\d:\d\d)(?:\s+(\S+))?")


def epoch(text: str) -> float:
    """Return the time in epoch seconds of `20231116-16:47:50` (UTC), `20231115 09:20:44 GB-Eire` or without a zone.

    Without one it is taken for exchange time. ValueError when it is none of these. ib_async reads the first form as
    local time of the machine, so it is read here.
    """
    found = _FORM.fullmatch(text.strip())
    if found is None:
        raise ValueError(f"{text!r} is no time of an execution")
    day, gap, clock, name = found.groups()
    try:
        zone = ZoneInfo(name) if name else UTC if gap == "-" else EXCHANGE
    except (ZoneInfoNotFoundError, OSError):
        raise ValueError(f"{text!r} is in an unknown time zone") from None
    return datetime.strptime(f"{day} {clock}", "%Y%m%d %H:%M:%S").replace(tzinfo=zone).timestamp()
