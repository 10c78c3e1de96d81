"""Times: as clients write them, and when orders and contracts end."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from functools import lru_cache
from math import inf
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from desk.gateway.exchange.model import Order
from desk.market.calendar import EXCHANGE, Session, exchange_date, next_session, previous_session, session, session_at
from desk.market.contracts import day
from messages.contract import Contract

_FORM = re.compile(r"(\d{8})(?:([ -]+)(\d{1,2}:\d{2}(?::\d{2})?)(?: +(\S+))?)?")
BAD_TIME = (
    "The date, time, or time-zone entered is invalid. The correct format is yyyymmdd hh:mm:ss xx/xxxx where yyyymmdd "
    "and xx/xxxx are optional, or yyyymmdd-hh:mm:ss for UTC."
)


class TimeError(ValueError):
    """A text is no time in any of IB's forms."""


def moment(text: str) -> float:
    """Return the epoch time of `YYYYMMDD HH:MM[:SS][ zone]` (without a zone exchange time) or `YYYYMMDD-HH:MM[:SS]`.

    The form with a dash is UTC; a date alone is its midnight in exchange time. TimeError when it is none of these.
    """
    match = _FORM.fullmatch(text.strip())
    if match is None:
        raise TimeError(text)
    date, gap, clock, zone = match.groups()
    try:
        at = datetime.fromisoformat(f"{date[:4]}-{date[4:6]}-{date[6:]} {(clock or '00:00').rjust(5, '0')}")
        known = ZoneInfo(zone) if zone else (UTC if gap == "-" else EXCHANGE)
    except (ValueError, ZoneInfoNotFoundError, OSError):
        raise TimeError(text) from None
    return at.replace(tzinfo=known).timestamp()


def good_till(text: str) -> float:
    """Return when a GTD order is over: a date alone lasts until that day's close. TimeError as `moment`."""
    at = moment(text)
    if ":" in text:
        return at
    found = session(exchange_date(at))
    return found.closes if found is not None else at


def trading(now: float) -> Session:
    """Return the session that is open, else the next one to open."""
    open_now = session_at(now)
    if open_now is not None:
        return open_now
    today = exchange_date(now)
    found = session(today)
    return found if found is not None and now < found.opens else next_session(today)


@lru_cache(maxsize=65536)
def last_trade(contract: Contract) -> float:
    """Return when the contract stops trading: an option at the close of its last trading day, anything else never."""
    if contract.sec_type != "OPT":
        return inf
    last = day(contract.expiry)
    return (session(last) or previous_session(last)).closes


def ends(order: Order) -> float:
    """Return when the order stops working by itself: its time in force, or its contract's end if that is earlier."""
    end = min(map(last_trade, order.contracts))
    if order.request.tif == "GTC":
        return end
    if order.request.tif == "GTD":
        return min(end, good_till(order.request.good_till))
    return min(end, trading(order.created).closes)
