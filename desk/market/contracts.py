"""Contracts of stocks, indices and options: their names, when they settle, how long they have.

An option's `expiry` is IB's last trading day. Options of class SPX stop trading the session before they settle, on that
morning's opening prices (AM-settled); every other class here trades until its settlement at the close (PM-settled).
"""

from __future__ import annotations

from datetime import date
from functools import lru_cache

from desk.market import calendar
from messages.contract import Contract

AM_SETTLED = frozenset({"SPX"})
EUROPEAN = frozenset({"SPX", "SPXW", "XSP", "VIX", "VIXW", "NDX", "NDXP", "RUT", "RUTW", "DJX"})
"""Trading classes of index options; all others here are exercised at any time (American)."""
YEAR = 365 * 86_400


def stock(symbol: str) -> Contract:
    """Return a US stock or ETF, routed SMART."""
    return Contract(symbol, "STK")


def index(symbol: str, exchange: str = "CBOE") -> Contract:
    """Return an index as its exchange lists it."""
    return Contract(symbol, "IND", exchange)


def option(
    symbol: str, expiry: str, strike: float, right: str, trading_class: str, multiplier: str = "100"
) -> Contract:
    """Return an option, routed SMART; `expiry` is the last trading day as `YYYYMMDD`, `right` is `P` or `C`."""
    return Contract(
        symbol,
        "OPT",
        expiry=expiry,
        strike=strike,
        right=right,
        multiplier=multiplier,
        trading_class=trading_class,
    )


def osi(contract: Contract) -> str:
    """Return the option's 21 characters: class padded to 6, `YYMMDD`, right, strike in thousandths padded to 8.

    An AM-settled option carries the day it settles, so an SPX monthly shows its Friday.
    """
    thousandths = round(contract.strike * 1000)
    root = contract.trading_class or contract.symbol
    return f"{root:<6}{settlement_day(contract):%y%m%d}{contract.right}{thousandths:08d}"


def dte(expiry: str, t: float) -> int:
    """Return the calendar days from the exchange's date at `t` to that expiry; negative when it has passed."""
    return (day(expiry) - calendar.exchange_date(t)).days


def settlement_day(contract: Contract) -> date:
    """Return the date on which the option settles."""
    last = day(contract.expiry)
    return calendar.next_session(last).date if contract.trading_class in AM_SETTLED else last


def settlement(contract: Contract) -> float:
    """Return when the option settles (epoch seconds): at the open of an AM-settled one's morning, else at the close.

    An expiry on which the exchange is closed settles at the close before it.
    """
    last = day(contract.expiry)
    if contract.trading_class in AM_SETTLED:
        return calendar.next_session(last).opens
    return (calendar.session(last) or calendar.previous_session(last)).closes


def years(contract: Contract, t: float) -> float:
    """Return the time from `t` to settlement in years of 365 calendar days, 0 once settled."""
    return max(0.0, settlement(contract) - t) / YEAR


def last_trading_day(trading_class: str, expiration: date) -> str:
    """Return IB's expiry for the expiration date of a vendor's file.

    Vendors list AM-settled classes under the Friday they settle on, or under the Saturday after it; a weekday followed
    by a trading Friday is taken for the last trading day itself. A PM-settled expiration on a closed day (a Saturday, a
    Good Friday) moves to the session before.
    """
    session = calendar.session(expiration) or calendar.previous_session(expiration)
    if trading_class in AM_SETTLED and _settles_on(session.date):
        session = calendar.previous_session(session.date)
    return f"{session.date:%Y%m%d}"


@lru_cache(maxsize=4096)
def day(text: str) -> date:
    """Return the date of `YYYYMMDD`; ValueError when the text is no date of that form."""
    if len(text) != 8 or not text.isdecimal():
        raise ValueError(f"{text!r} is no date of the form YYYYMMDD")
    return date(int(text[:4]), int(text[4:6]), int(text[6:]))


def _settles_on(day: date) -> bool:
    """Whether an AM-settled class settles on that session: the last one of its week."""
    return calendar.next_session(day).date.isocalendar()[:2] != day.isocalendar()[:2]
