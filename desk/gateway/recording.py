"""What was recorded, day by day: options with their quotes, and the levels of their underlyings beside them.

IB sends Greeks whole or not at all. Where volatility and delta were recorded and gamma, theta or vega were not, those
are Black's at the recorded volatility and level; without the rest a recorded delta could not be shown.
"""

from __future__ import annotations

from collections import OrderedDict, defaultdict
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import polars as pl

from desk.market import calendar, contracts, pricing, vix
from messages.contract import Contract

Floats = npt.NDArray[np.float64]
Read = Callable[[date], pl.DataFrame]
"""Reads the rows of `option_snapshots` of an exchange date; none is an answer."""

COPIED = ("ask", "bid", "delta", "gamma", "iv", "last", "open_interest", "theta", "underlying", "vega", "volume")
_NAMES = ["symbol", "trading_class", "expiry", "strike", "right"]
_CHAIN = 1000
"""Options quoted at one instant that make it a snapshot of SPX's chain."""
_KEPT, _WEEK = 3, 7
"""Days kept unpacked, and days for which a listing serves where nothing was recorded."""
_Key = tuple[str, str, str, float, str]
Series = tuple[Floats, Floats]
"""Times (epoch seconds, ascending) and prices."""
NOTHING: Series = np.zeros(0), np.zeros(0)


class Day:
    """One day's recordings, by contract and then time."""

    def __init__(self, rows: pl.DataFrame) -> None:
        rows = rows.with_columns(pl.col("trading_class").fill_null(pl.col("symbol"))).sort([*_NAMES, "timestamp"])
        self.at = _seconds(rows)
        self.columns = {name: rows[name].cast(pl.Float64).fill_null(float("nan")).to_numpy() for name in COPIED}
        bounds = rows.select(*_NAMES, first=pl.int_range(pl.len())).group_by(_NAMES, maintain_order=True).first()
        ends = pairwise([*bounds["first"].to_list(), len(rows)])
        self._bounds: dict[_Key, tuple[int, int]] = dict(zip(bounds.select(_NAMES).rows(), ends, strict=True))
        listed: defaultdict[str, list[tuple[float, Contract]]] = defaultdict(list)
        settles: list[float] = []
        for (symbol, trading_class, expiry, strike, right), (first, end) in self._bounds.items():
            option = contracts.option(symbol, expiry, strike, right, trading_class)
            listed[symbol].append((contracts.settlement(option), option))
            settles += [contracts.settlement(option)] * (end - first)
        self.listed = dict(listed)
        self._complete(rows, np.array(settles))
        self.levels: dict[str, Series] = {str(symbol): _levels(part) for (symbol,), part in rows.group_by("symbol")}
        self.vix = _vix(rows.filter(symbol="SPX"))

    def _complete(self, rows: pl.DataFrame, settles: Floats) -> None:
        """Fill in the Greeks that were not recorded beside a volatility and a delta."""
        c = self.columns
        years = np.maximum(settles - self.at, 0.0) / contracts.YEAR
        call, level = (rows["right"] == "C").to_numpy(), c["underlying"]
        made = pricing.greeks(level, rows["strike"].to_numpy(), years, c["iv"], 1.0, call, level)
        for name in ("gamma", "theta", "vega"):
            lacking = np.isnan(c[name]) & ~np.isnan(c["delta"])
            c[name] = np.where(lacking, getattr(made, name), c[name])

    def row(self, contract: Contract, at: float, hold: float) -> int | None:
        """Return the row that holds at that time, None when none does."""
        key = contract.symbol, contract.trading_class, contract.expiry, contract.strike, contract.right
        first, end = self._bounds.get(key, (0, 0))
        row = first + int(np.searchsorted(self.at[first:end], at, side="right")) - 1
        return row if row >= first and at < self.at[row] + hold else None


class Recording:
    """The recorded days, each read when it is first asked for; the last few are kept."""

    def __init__(self, read: Read) -> None:
        self._read = read
        self._days: OrderedDict[date, Day | None] = OrderedDict()

    def day(self, day: date) -> Day | None:
        """Return what was recorded on that date, None when nothing was or the exchange is closed."""
        if calendar.session(day) is None:
            return None
        if day not in self._days:
            rows = self._read(day)
            self._days[day] = None if rows.is_empty() else Day(rows)
            if len(self._days) > _KEPT:
                self._days.popitem(last=False)
        return self._days[day]

    def symbols(self, day: date) -> set[str]:
        """Return the symbols with options listed on that date."""
        newest = self._newest(day)
        return set(newest.listed) if newest is not None else set()

    def listed(self, symbol: str, at: float) -> Sequence[Contract]:
        """Return the options recorded at any time of that day that have not settled.

        Where a day was not recorded, contracts stay listed: those of the newest day within a week before it.
        """
        newest = self._newest(calendar.exchange_date(at))
        listed = newest.listed.get(symbol, []) if newest is not None else []
        return [option for settles, option in listed if settles > at]

    def _newest(self, day: date) -> Day | None:
        days = (self.day(day - timedelta(n)) for n in range(_WEEK + 1))
        return next((one for one in days if one is not None), None)


def by_day(rows: pl.DataFrame) -> Read:
    """Return a reader of rows that are in memory already."""
    on = pl.col("timestamp").dt.convert_time_zone(str(calendar.EXCHANGE)).dt.date()
    parts = {day: part for (day,), part in rows.group_by(on)}
    return lambda day: parts.get(day, rows.clear())


def _seconds(rows: pl.DataFrame) -> Floats:
    return rows["timestamp"].dt.epoch("us").to_numpy() / 1e6


def _levels(rows: pl.DataFrame) -> Series:
    """Return times and prices of the underlying, one a time."""
    known = rows.drop_nulls("underlying").unique("timestamp", keep="first").sort("timestamp")
    return _seconds(known), known["underlying"].to_numpy()


def _vix(rows: pl.DataFrame) -> Series:
    """Return VIX as the snapshots of SPX's chain imply it; quotes that came one by one are no snapshot."""
    whole = rows.filter(pl.len().over("timestamp") >= _CHAIN).partition_by("timestamp", maintain_order=False)
    found = sorted((float(_seconds(part)[0]), vix.implied(_expiries(part))) for part in whole)
    known = [(at, level) for at, level in found if np.isfinite(level)]
    return (np.array([at for at, _ in known]), np.array([level for _, level in known])) if known else NOTHING


def _expiries(rows: pl.DataFrame) -> list[vix.Expiry]:
    """Return the expiries of one snapshot that settle on a Friday (the day before where that is closed)."""
    found = []
    at = float(_seconds(rows)[0])
    for (trading_class, expiry), part in rows.group_by("trading_class", "expiry"):
        option = contracts.option("SPX", str(expiry), 0.0, "C", str(trading_class))
        if not _ends_week(contracts.settlement_day(option)):
            continue
        sides = [part.filter(right=right).select("strike", "bid", "ask") for right in "CP"]
        both = sides[0].join(sides[1], on="strike", suffix="_put").drop_nulls().sort("strike")
        figures = (both[name].to_numpy() for name in ("strike", "bid", "ask", "bid_put", "ask_put"))
        found.append(vix.Expiry(contracts.settlement(option) - at, *figures))
    return found


def _ends_week(day: date) -> bool:
    """Whether that is the last session of its week, on which weeklies and monthlies settle."""
    return calendar.next_session(day).date.isocalendar()[:2] != day.isocalendar()[:2]
