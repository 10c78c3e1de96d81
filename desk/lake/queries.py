"""What can be asked of a lake, as Polars frames; while other processes write to it, too."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TypedDict

import polars as pl

from desk.lake import ledger, volatility
from desk.lake.daily_iv import CHAIN, IB
from desk.lake.errors import ReadError, edge
from desk.lake.latest import latest
from desk.lake.place import Root, place
from desk.lake.rows import instant
from desk.lake.schema import DAILY_BARS, DAILY_IV, SCHEDULER_CONFIG, SLOTS, SNAPSHOTS
from desk.lake.tables import Version, newest, newest_first, scan
from desk.market.calendar import exchange_date


class SnapshotStats(TypedDict):
    """What option_snapshots holds; `date_range` (first and last exchange date) and `latest_timestamp` None if empty."""

    total_rows: int
    symbols: list[str]
    date_range: tuple[date, date] | None
    latest_timestamp: datetime | None


class CollectionStats(TypedDict):
    """Whether somebody collects, what (symbols of the schedule in force), every how many seconds, and what is there."""

    running: bool
    symbols: list[str]
    collection_interval: float | None
    table_stats: SnapshotStats


class Lake:
    """A lake to read from. A table nobody has written to yet has no rows. Every method may raise ReadError."""

    def __init__(self, root: Root) -> None:
        self.root = place(root)

    def read_latest_chain(self, symbol: str) -> pl.DataFrame:
        """Return the rows of a symbol's newest cycle, in the columns of option_snapshots."""
        with edge(ReadError, f"cannot read the chain of {symbol}"):
            rows = latest(newest(self.root, SNAPSHOTS), symbol)
        return SNAPSHOTS.empty() if rows is None else _ordered(rows)

    def read_chain_at(self, symbol: str, time: float | datetime) -> pl.DataFrame:
        """Return what was known of a chain at a time (epoch seconds or an aware datetime): each contract's newest row.

        Of that exchange date, received at or before `time`: never a later quote, and no earlier day's.
        """
        moment = time.astimezone(UTC) if isinstance(time, datetime) else instant(time)
        with edge(ReadError, f"cannot read the chain of {symbol}"):
            known = _on(newest(self.root, SNAPSHOTS), [exchange_date(moment.timestamp())]).filter(
                pl.col("symbol") == symbol, pl.col("timestamp") <= moment
            )
            rows = known.sort("timestamp", "cycle").collect()
        contract = ["trading_class", "expiry", "strike", "right"]
        return _ordered(rows.unique(subset=contract, keep="last", maintain_order=True))

    def read_historical_iv(self, symbol: str, days: int = 60, source: str | None = None) -> pl.DataFrame:
        """Return a symbol's at-the-money IV on its last `days` known dates: date, avg_iv, min_iv, max_iv.

        Oldest first, fractions per year. A date's figures are those of its recorded chains (rolled up in `daily_iv`, or
        read from the rows where they are not yet; how says `desk.lake.volatility`), else IB's. `source` (`chain` or
        `ib`) takes one of them alone.
        """
        with edge(ReadError, f"cannot read the IV of {symbol}"):
            rolled = self.daily_iv(symbol).drop_nulls("avg_iv")
            own, brokers = (rolled.filter(source=name).select(volatility.EMPTY.columns) for name in (CHAIN, IB))
            if source != IB:
                own = self._with_recent(own, symbol, days)
        chosen = {CHAIN: own, IB: brokers}
        figures = pl.concat([chosen[source]] if source else chosen.values())
        return figures.unique("date", keep="first", maintain_order=True).sort("date").tail(days)

    def daily_iv(self, symbol: str) -> pl.DataFrame:
        """Return a symbol's rows of daily_iv, by source, oldest first, with how much stands behind each figure."""
        with edge(ReadError, "cannot read daily_iv"):
            return scan(self.root, DAILY_IV).filter(symbol=symbol).sort("source", "date").collect()

    def get_snapshot_stats(self) -> SnapshotStats:
        """Return the size of option_snapshots, its symbols, and how far it reaches."""
        with edge(ReadError, "cannot read option_snapshots"):
            table = newest(self.root, SNAPSHOTS)
            days = table.dates()
            if not days:
                return SnapshotStats(total_rows=0, symbols=[], date_range=None, latest_timestamp=None)
            symbols = table.scan().select(pl.col("symbol").unique().sort()).collect()
            return SnapshotStats(
                total_rows=table.count(),
                symbols=symbols.to_series().to_list(),
                date_range=(days[0], days[-1]),
                latest_timestamp=_on(table, days[-1:]).select(pl.col("timestamp").max()).collect().item(),
            )

    def get_collection_stats(self, *, running: bool) -> CollectionStats:
        """Return the schedule in force and the table's size; a lake cannot tell whether a desk is `running`."""
        with edge(ReadError, "cannot read scheduler_config"):
            schedule = scan(self.root, SCHEDULER_CONFIG).collect()
        tasks = schedule.filter(pl.col("timestamp") == pl.col("timestamp").max()).sort("task")
        return CollectionStats(
            running=running,
            symbols=tasks.get_column("task").str.split(" ").list.last().to_list(),
            collection_interval=tasks.item(0, "interval") if len(tasks) else None,
            table_stats=self.get_snapshot_stats(),
        )

    def rows_by_symbol(self, day: date, expiry: str | None = None) -> pl.DataFrame:
        """Return how many rows each symbol has on a date (of one expiry `YYYYMMDD`): symbol, rows."""
        with edge(ReadError, "cannot read option_snapshots"):
            rows = _on(newest(self.root, SNAPSHOTS), [day])
            chosen = rows if expiry is None else rows.filter(expiry=expiry)
            return chosen.group_by("symbol").agg(rows=pl.len().cast(pl.Int64)).sort("symbol").collect()

    def slots_summary(self, day: date | None = None) -> pl.DataFrame:
        """Return what became of the slots of a date, or of all: a row per symbol (`desk.lake.ledger`)."""
        with edge(ReadError, "cannot read slots"):
            slots = scan(self.root, SLOTS)
            return ledger.summary((slots if day is None else slots.filter(date=day)).collect())

    def cycles(self, symbol: str, since: float) -> list[float]:
        """Return the slots of a symbol in the ledger from `since` on (epoch seconds), ascending."""
        with edge(ReadError, "cannot read the slot ledger"):
            slots = scan(self.root, SLOTS).filter(pl.col("symbol") == symbol, pl.col("cycle") >= instant(since))
            cycles = slots.select((pl.col("cycle").dt.epoch("us") / 1e6).sort()).collect()
        return cycles.to_series().to_list()

    def chains(self, symbol: str | None = None, start: date | None = None, end: date | None = None) -> pl.DataFrame:
        """Return the rows of option_snapshots of a symbol (or all) from `start` to `end`, both included, by time."""
        with edge(ReadError, "cannot read option_snapshots"):
            rows = scan(self.root, SNAPSHOTS)
            for bound in _within(start, end):
                rows = rows.filter(bound)
            chosen = rows if symbol is None else rows.filter(symbol=symbol)
            return chosen.select(SNAPSHOTS.schema.names()).sort("cycle", *SNAPSHOTS.sort).collect()

    def recorded_days(self, start: date | None = None, end: date | None = None) -> list[date]:
        """Return the exchange dates that option_snapshots has rows of, from `start` to `end` (both included)."""
        with edge(ReadError, "cannot read option_snapshots"):
            days = newest(self.root, SNAPSHOTS).dates()
        return [day for day in days if (start is None or day >= start) and (end is None or day <= end)]

    def daily_bars(self, symbols: tuple[str, ...] | None = None) -> pl.DataFrame:
        """Return the daily bars of some symbols (or all), oldest first within a symbol."""
        with edge(ReadError, "cannot read daily_bars"):
            bars = scan(self.root, DAILY_BARS)
            chosen = bars if symbols is None else bars.filter(pl.col("symbol").is_in(symbols))
            return chosen.sort("symbol", "date").collect()

    def _with_recent(self, rolled: pl.DataFrame, symbol: str, days: int) -> pl.DataFrame:
        """Add the IV of recorded dates that are not rolled up, as far as the last `days` dates need them."""
        there = set(rolled.get_column("date"))
        table = newest(self.root, SNAPSHOTS)
        for some in newest_first([day for day in table.dates() if day not in there], days):
            if len(rolled.filter(pl.col("date") > some[-1])) >= days:
                break
            rolled = pl.concat([rolled, volatility.daily(_on(table, some).filter(symbol=symbol))])
        return rolled


def _on(table: Version, days: list[date]) -> pl.LazyFrame:
    chosen = pl.col("date").is_between(min(days), max(days)) & pl.col("date").is_in(days)
    return table.scan().filter(chosen)


def _within(start: date | None, end: date | None) -> list[pl.Expr]:
    lower = [] if start is None else [pl.col("date") >= start]
    return lower if end is None else [*lower, pl.col("date") <= end]


def _ordered(chain: pl.DataFrame) -> pl.DataFrame:
    return chain.sort(SNAPSHOTS.sort)
