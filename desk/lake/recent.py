"""The newest day of option_snapshots in memory: what the desk asks its lake all day, answered without reading files."""

from __future__ import annotations

from datetime import date, datetime

import polars as pl

from desk.lake import volatility
from desk.lake.queries import Lake
from desk.lake.rows import Item, instant
from desk.lake.schema import SNAPSHOTS
from desk.market.calendar import exchange_date
from messages.contract import Contract, Quote

_CONTRACT = ["trading_class", "expiry", "strike", "right"]


class Recent:
    """Answers about the newest day from what was accepted, about earlier days from the lake behind it.

    Whoever accepts rows hands them over with `add`; from then on they are seen, committed or not. Rows that the lake
    already has are read once per symbol. One thread at a time.
    """

    def __init__(self, lake: Lake) -> None:
        """Look at how far the lake reaches. ReadError."""
        self._lake = lake
        reach = lake.get_snapshot_stats()["date_range"]
        self._day: date | None = reach[1] if reach else None
        self._cycles: dict[str, dict[datetime, pl.DataFrame]] = {}
        self._read: set[str] = set()
        self._history: dict[tuple[str, int], pl.DataFrame] = {}

    def add(self, item: Item) -> None:
        """Take in accepted rows; a cycle that was there is replaced, a new day ends the one before."""
        rows = item.get(SNAPSHOTS.name)
        if rows is None or rows.is_empty():
            return
        for chain in rows.partition_by("symbol", "cycle", "date", maintain_order=True):
            symbol, cycle, day = chain.item(0, "symbol"), chain.item(0, "cycle"), chain.item(0, "date")
            if self._day is None or day > self._day:
                self._begin(day)
            if day == self._day:
                self._of(symbol)[cycle] = chain

    def read_latest_chain(self, symbol: str) -> pl.DataFrame:
        """Return what `Lake.read_latest_chain` returns."""
        cycles = self._of(symbol)
        return cycles[max(cycles)].sort(SNAPSHOTS.sort) if cycles else self._lake.read_latest_chain(symbol)

    def read_chain_at(self, symbol: str, time: float | datetime) -> pl.DataFrame:
        """Return what `Lake.read_chain_at` returns."""
        moment = time if isinstance(time, datetime) else instant(time)
        if exchange_date(moment.timestamp()) != self._day:
            return self._lake.read_chain_at(symbol, moment)
        chains = pl.concat([SNAPSHOTS.empty(), *self._of(symbol).values()])
        known = chains.filter(pl.col("timestamp") <= moment).sort("timestamp", "cycle")
        return known.unique(subset=_CONTRACT, keep="last", maintain_order=True).sort(SNAPSHOTS.sort)

    def read_historical_iv(self, symbol: str, days: int = 60) -> pl.DataFrame:
        """Return what `Lake.read_historical_iv` returns; the days before the newest are read once."""
        if (symbol, days) not in self._history:
            past = self._lake.read_historical_iv(symbol, days + 1)
            self._history[symbol, days] = past.filter(pl.col("date") < self._day) if self._day else past
        chains = list(self._of(symbol).values())
        today = [volatility.daily(pl.concat(chains).lazy())] if chains else []
        return pl.concat([self._history[symbol, days], *today]).tail(days)

    def _of(self, symbol: str) -> dict[datetime, pl.DataFrame]:
        cycles = self._cycles.setdefault(symbol, {})
        if symbol not in self._read and self._day is not None:
            stored = self._lake.chains(symbol, self._day, self._day)
            for chain in stored.partition_by("cycle", maintain_order=True):
                cycles.setdefault(chain.item(0, "cycle"), chain)
        self._read.add(symbol)
        return cycles

    def _begin(self, day: date) -> None:
        self._day = day
        self._cycles.clear()
        self._read.clear()
        self._history.clear()


def quotes_of(rows: pl.DataFrame) -> tuple[Quote, ...]:
    """Return snapshots as quotes of SMART-routed options, in their order."""
    return tuple(_quote(row) for row in rows.iter_rows(named=True))


def _quote(row: dict[str, object]) -> Quote:
    contract = Contract(
        str(row["symbol"]),
        "OPT",
        expiry=str(row["expiry"]),
        strike=row["strike"],  # type: ignore[arg-type]  # by the table's schema, here and below
        right=str(row["right"]),
        multiplier="100",
        trading_class=str(row["trading_class"]),
    )
    same = ("bid", "ask", "last", "volume", "open_interest", "iv", "delta", "gamma", "theta", "vega", "underlying")
    figures = {name: row[name] for name in same}
    return Quote(
        contract,
        row["timestamp"].timestamp(),  # type: ignore[attr-defined]
        **figures,  # type: ignore[arg-type]
        greeks_source=str(row["greeks_source"] or ""),
        venue=str(row["venue"] or ""),
        missing=tuple(filter(None, str(row["missing"] or "").split(","))),
    )
