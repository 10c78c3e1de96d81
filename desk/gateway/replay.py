"""A recorded market as the paper gateway's source: what was recorded, exactly, for as long as it holds.

A recorded quote holds from its own time until the next recording of that contract, or `hold` seconds, within its day.
After that the contract is still listed and has no quote. What the recording lacks stays missing, but for Greeks that
it has in part (`desk.gateway.recording`).
A day without a recording is a day without quotes. Levels of stocks and indices: see `desk.gateway.levels`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from desk.gateway.levels import Levels
from desk.gateway.recording import Read, Recording
from desk.gateway.source import REPLAY, Quotes
from desk.market import calendar, contracts
from messages.contract import Bar, Contract

Floats = npt.NDArray[np.float64]

INDICES = frozenset({"SPX", "VIX", "XSP", "NDX", "RUT"})
_FIELDS = tuple(name for name in Quotes.__slots__ if name != "kind")
_CENT = 0.01


class ReplaySource:
    """A `Source` on rows of `option_snapshots` and, for indices and previous closes, of `daily_bars`.

    `read` gives a day's rows, `hold` is in seconds of market time, `seed` that of the paths between recorded levels.
    """

    def __init__(self, read: Read, daily: pl.DataFrame | None, hold: float = 300.0, seed: int = 1) -> None:
        self._recording = Recording(read)
        self._levels = Levels(self._recording, daily, hold, seed)
        self._hold = hold

    def underlyings(self, at: float) -> Sequence[Contract]:
        """Return the symbols that have options listed on that day, and those that have a price at that time."""
        listed = self._recording.symbols(calendar.exchange_date(at))
        priced = {symbol for symbol in self._levels.symbols if np.isfinite(self._levels.at(symbol, at)[0])}
        return [_underlying(symbol) for symbol in sorted(listed | priced)]

    def listed(self, symbol: str, at: float) -> Sequence[Contract]:
        """Return the options listed on that day that have not settled: see `Recording.listed`."""
        return self._recording.listed(symbol, at)

    def futures(self, at: float) -> Sequence[Contract]:  # noqa: ARG002 - see `Source`
        """Return nothing: of futures no recording is replayed."""
        return ()

    def quotes(self, contracts: Sequence[Contract], at: float) -> Quotes:
        """Return what holds at that time, to the last digit; NaN where nothing was recorded or it holds no more.

        A stock's bid and ask are a cent either side of its level.
        """
        columns = {name: np.full(len(contracts), np.nan) for name in _FIELDS}
        kinds = [REPLAY] * len(contracts)
        day = self._recording.day(calendar.exchange_date(at))
        places, rows = [], []
        for n, contract in enumerate(contracts):
            if contract.sec_type != "OPT":
                kinds[n] = self._underlying(columns, n, contract, at)
            elif day is not None and (row := day.row(contract, at, self._hold)) is not None:
                places.append(n)
                rows.append(row)
        if day is not None:
            columns["age"][places] = at - day.at[rows]
            for name, values in day.columns.items():
                columns[name][places] = values[rows]
        fields: dict[str, Any] = columns | {"kind": tuple(kinds)}
        return Quotes(**fields)

    def day(self, contract: Contract, at: float) -> Bar | None:
        """Return the session so far of a stock or index."""
        return self._levels.bar(contract.symbol, at)

    def daily(self, contract: Contract, what: str, at: float) -> Sequence[Bar]:
        """Return the bars of sessions that had closed; only `TRADES` are recorded."""
        return [] if contract.sec_type == "OPT" or what != "TRADES" else self._levels.daily(contract.symbol, at)

    def _underlying(self, columns: dict[str, Floats], n: int, contract: Contract, at: float) -> str:
        """Fill in a level; returns its kind."""
        price, kind = self._levels.at(contract.symbol, at)
        columns["last"][n] = columns["underlying"][n] = price
        columns["close"][n] = self._levels.close_before(contract.symbol, calendar.exchange_date(at))
        if contract.sec_type == "STK":
            columns["bid"][n], columns["ask"][n] = round(price - _CENT, 4), round(price + _CENT, 4)
        return kind


def _underlying(symbol: str) -> Contract:
    return contracts.index(symbol) if symbol in INDICES else contracts.stock(symbol)
