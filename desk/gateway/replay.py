"""A recorded market as the paper gateway's source: what was recorded, exactly, for as long as it holds.

A recorded quote holds from its own time until the next recording of that contract, or `hold` seconds. After that the
contract is still listed and has no quote. Nothing is filled in: what the recording lacks stays missing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from desk.gateway.source import REPLAY, Quotes
from desk.market import calendar, contracts
from messages.contract import Bar, Contract

Floats = npt.NDArray[np.float64]

INDICES = frozenset({"SPX", "VIX", "XSP", "NDX", "RUT"})
_COPIED = {"bid", "ask", "last", "volume", "open_interest", "iv", "delta", "gamma", "theta", "vega", "underlying"}
_FIELDS = tuple(name for name in Quotes.__slots__ if name != "kind")
_CENT = 0.01
_Key = tuple[str, str, str, float, str]


class _Day:
    """One day's recordings, by contract and then time; `first` and `last` bound a contract's rows."""

    def __init__(self, rows: pl.DataFrame) -> None:
        keys = ["symbol", "trading_class", "expiry", "strike", "right"]
        rows = rows.sort([*keys, "timestamp"])
        self.at = rows["timestamp"].dt.epoch("us").to_numpy() / 1e6
        self.columns = {
            name: rows[name].cast(pl.Float64).fill_null(float("nan")).to_numpy() for name in sorted(_COPIED)
        }
        bounds = rows.select(*keys, first=pl.int_range(pl.len())).group_by(keys, maintain_order=True).first()
        starts = bounds["first"].to_numpy()
        ends = np.append(starts[1:], len(rows))
        named = bounds.select(keys).rows()
        self.bounds: dict[_Key, tuple[int, int]] = dict(
            zip(named, zip(starts.tolist(), ends.tolist(), strict=True), strict=True)
        )
        listed: defaultdict[str, list[tuple[float, Contract]]] = defaultdict(list)
        for symbol, trading_class, expiry, strike, right in named:
            option = contracts.option(symbol, expiry, strike, right, trading_class)
            listed[symbol].append((contracts.settlement(option), option))
        self.listed = dict(listed)
        self.spots = {str(symbol): _spots(part) for (symbol,), part in rows.group_by("symbol")}

    def row(self, contract: Contract, at: float, hold: float) -> int | None:
        """Return the row that holds at that time, None when none does."""
        key = contract.symbol, contract.trading_class, contract.expiry, contract.strike, contract.right
        first, end = self.bounds.get(key, (0, 0))
        row = first + int(np.searchsorted(self.at[first:end], at, side="right")) - 1
        return row if row >= first and at < self.at[row] + hold else None


class ReplaySource:
    """A `Source` on rows of `option_snapshots` and, for indices and previous closes, of `daily_bars`.

    `hold` in seconds of market time.
    """

    def __init__(self, rows: pl.DataFrame, daily: pl.DataFrame | None, hold: float = 300.0) -> None:
        zone = str(calendar.EXCHANGE)
        dated = rows.with_columns(
            pl.col("timestamp").dt.convert_time_zone(zone).dt.date().alias("on"),
            pl.col("trading_class").fill_null(pl.col("symbol")),
        )
        self._parts = {day: part for (day,), part in dated.group_by("on")}
        self._hold = hold
        self._days: dict[date, _Day] = {}
        self._bars: dict[str, list[tuple[date, Bar]]] = {}
        if daily is not None:
            whole = daily.drop_nulls(["open", "high", "low", "close"]).sort("symbol", "date")
            self._bars = {str(symbol): _bars(part) for (symbol,), part in whole.group_by("symbol")}

    def underlyings(self, at: float) -> Sequence[Contract]:
        """Return the symbols recorded on that day, and those that have a price at that time."""
        day = self._day(calendar.exchange_date(at))
        known = set(self._bars) if day is None else set(self._bars) | set(day.listed)
        return [
            _underlying(symbol)
            for symbol in sorted(known)
            if (day is not None and symbol in day.listed) or np.isfinite(self._price(symbol, at))
        ]

    def listed(self, symbol: str, at: float) -> Sequence[Contract]:
        """Return the options recorded at any time of that day that have not settled."""
        day = self._day(calendar.exchange_date(at))
        return [option for settles, option in day.listed.get(symbol, []) if settles > at] if day is not None else []

    def futures(self, at: float) -> Sequence[Contract]:  # noqa: ARG002 - see `Source`
        """Return nothing: of futures no recording is replayed."""
        return ()

    def quotes(self, contracts: Sequence[Contract], at: float) -> Quotes:
        """Return what holds at that time, to the last digit; NaN where nothing was recorded or it holds no more.

        An underlying's last price is the newest recorded beside its options. Without one, it is its daily bar's open in
        the session and its close after it. A stock's bid and ask are a cent either side.
        """
        columns = {name: np.full(len(contracts), np.nan) for name in _FIELDS}
        day = self._day(calendar.exchange_date(at))
        places, rows = [], []
        for n, contract in enumerate(contracts):
            if contract.sec_type != "OPT":
                self._underlying(columns, n, contract, at)
            elif day is not None and (row := day.row(contract, at, self._hold)) is not None:
                places.append(n)
                rows.append(row)
        if day is not None:
            columns["age"][places] = at - day.at[rows]
            for name, values in day.columns.items():
                columns[name][places] = values[rows]
        fields: dict[str, Any] = columns | {"kind": (REPLAY,) * len(contracts)}
        return Quotes(**fields)

    def day(self, contract: Contract, at: float) -> Bar | None:
        """Return the session so far: the range of recorded prices, or the opening price where there are only bars."""
        session = calendar.session(calendar.exchange_date(at))
        if session is None or at < session.opens:
            return None
        prices = self._recorded(contract.symbol, at)
        if not len(prices):
            price = self._price(contract.symbol, at)
            prices = np.array([price]) if np.isfinite(price) else prices
        if not len(prices):
            return None
        first, high, low, last = (float(x) for x in (prices[0], prices.max(), prices.min(), prices[-1]))
        return Bar(f"{session.date:%Y%m%d}", first, high, low, last)

    def daily(self, contract: Contract, what: str, at: float) -> Sequence[Bar]:
        """Return the bars of sessions that had closed; only `TRADES` are recorded."""
        if contract.sec_type == "OPT" or what != "TRADES":
            return []
        today = calendar.exchange_date(at)
        session = calendar.session(today)
        closed = session is not None and at >= session.closes
        return [bar for day, bar in self._bars.get(contract.symbol, []) if day < today or (closed and day == today)]

    def _underlying(self, columns: dict[str, Floats], n: int, contract: Contract, at: float) -> None:
        price = self._price(contract.symbol, at)
        columns["last"][n] = columns["underlying"][n] = price
        columns["close"][n] = self._close_before(contract.symbol, calendar.exchange_date(at))
        if contract.sec_type == "STK":
            columns["bid"][n], columns["ask"][n] = round(price - _CENT, 4), round(price + _CENT, 4)

    def _price(self, symbol: str, at: float) -> float:
        recorded = self._recorded(symbol, at)
        if len(recorded):
            return float(recorded[-1])
        today = calendar.exchange_date(at)
        session = calendar.session(today)
        bar = next((bar for day, bar in reversed(self._bars.get(symbol, [])) if day == today), None)
        if session is None or bar is None or at < session.opens:
            return self._close_before(symbol, today)
        return bar.open if at < session.closes else bar.close

    def _recorded(self, symbol: str, at: float) -> Floats:
        """Return the underlying's prices recorded that day up to `at`, oldest first."""
        day = self._day(calendar.exchange_date(at))
        if day is None or symbol not in day.spots:
            return np.zeros(0)
        times, prices = day.spots[symbol]
        return prices[: int(np.searchsorted(times, at, side="right"))]

    def _close_before(self, symbol: str, day: date) -> float:
        return next((bar.close for on, bar in reversed(self._bars.get(symbol, [])) if on < day), float("nan"))

    def _day(self, day: date) -> _Day | None:
        if day not in self._days and day in self._parts:
            self._days[day] = _Day(self._parts.pop(day))
        return self._days.get(day)


def _underlying(symbol: str) -> Contract:
    return contracts.index(symbol) if symbol in INDICES else contracts.stock(symbol)


def _spots(rows: pl.DataFrame) -> tuple[Floats, Floats]:
    """Return times and prices of the underlying, one a time, ascending."""
    known = rows.drop_nulls("underlying").unique("timestamp", keep="first").sort("timestamp")
    return known["timestamp"].dt.epoch("us").to_numpy() / 1e6, known["underlying"].to_numpy()


def _bars(rows: pl.DataFrame) -> list[tuple[date, Bar]]:
    return [
        (day, Bar(f"{day:%Y%m%d}", first, high, low, last, volume))
        for day, first, high, low, last, volume in rows.select("date", "open", "high", "low", "close", "volume").rows()
    ]
