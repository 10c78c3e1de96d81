"""What is listed on a day: as recorded on a snapshot's own day, by the exchange's habits on others and for ETFs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import numpy.typing as npt

from desk.gateway.model.market import Snapshot
from desk.market import calendar, contracts

Floats = npt.NDArray[np.float64]

_FRIDAY = 4
_RECENT = timedelta(days=4)  # a listing serves the sessions that follow it for as long
_WEEKLIES = 40  # calendar days in which Mondays, Wednesdays and Fridays expire
_FRIDAYS = 75
_MONTHS = 12


@dataclass(frozen=True, slots=True)
class Listed:
    """One expiry of a class with its strikes, ascending; `settles` in epoch seconds."""

    trading_class: str
    expiry: str
    settles: float
    strikes: Floats


def index_options(snapshot: Snapshot, day: date, spot: float) -> list[Listed]:
    """Return SPX's expiries on that day that had not settled before it, by settlement."""
    if timedelta(0) <= day - snapshot.day <= _RECENT:
        found = [_listed("SPX", s.trading_class, s.expiry, s.strikes) for s in snapshot.slices]
    else:
        found = [_listed("SPX", cls, expiry, _index_strikes(spot, expiry, day)) for cls, expiry in _habit(day)]
    midnight = calendar.at(day, "00:00")
    alive = [one for one in found if one.settles > midnight and one.expiry >= f"{day:%Y%m%d}"]
    return sorted(alive, key=lambda one: (one.settles, one.trading_class))


def stock_options(symbol: str, index: Sequence[Listed], spot: float) -> list[Listed]:
    """Return an ETF's expiries, SPXW's: strikes a dollar apart within 12 % of the spot, 5 dollars to 35 %."""
    near = np.arange(np.ceil(spot * 0.88), spot * 1.12)
    far = np.arange(np.ceil(spot * 0.65 / 5) * 5, spot * 1.35, 5.0)
    strikes = np.union1d(near, far)
    return [
        _listed(symbol, symbol, one.expiry, strikes) for one in index if one.trading_class not in contracts.AM_SETTLED
    ]


def third_friday(first: date) -> date:
    """Return the third Friday of the month that begins on that day."""
    return first + timedelta((_FRIDAY - first.weekday()) % 7 + 14)


def _listed(symbol: str, trading_class: str, expiry: str, strikes: Floats) -> Listed:
    option = contracts.option(symbol, expiry, 0.0, "C", trading_class)
    return Listed(trading_class, expiry, contracts.settlement(option), strikes)


def _index_strikes(spot: float, expiry: str, day: date) -> Floats:
    """Return strikes as Cboe spaced them in 2019: 5 points near the money to 100 days, 25 beyond and in the wings."""
    wide = np.arange(np.ceil(spot * 0.5 / 25) * 25, spot * 1.3, 25.0)
    if (contracts.day(expiry) - day).days > 100:
        return wide
    return np.union1d(wide, np.arange(np.ceil(spot * 0.8 / 5) * 5, spot * 1.1, 5.0))


def _habit(day: date) -> list[tuple[str, str]]:
    """Return class and expiry by the exchange's rules of 2019."""
    weekly = [day + timedelta(n) for n in range(_FRIDAYS + 1)]
    dates = [d for n, d in enumerate(weekly) if d.weekday() == _FRIDAY or (n <= _WEEKLIES and d.weekday() in {0, 2})]
    found = {("SPXW", contracts.last_trading_day("SPXW", d)) for d in dates}
    for n in range(_MONTHS + 1):
        first = date(day.year + (day.month + n - 1) // 12, (day.month + n - 1) % 12 + 1, 1)
        month_end = date(first.year + first.month // 12, first.month % 12 + 1, 1)
        found.add(("SPX", contracts.last_trading_day("SPX", third_friday(first))))
        found.add(("SPXW", f"{calendar.previous_session(month_end).date:%Y%m%d}"))
    return sorted(pair for pair in found if pair[1] >= f"{day:%Y%m%d}")
