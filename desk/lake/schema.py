"""The lake's tables: their columns, what makes a row unique, and what is replaced together."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

_INSTANT, _DAY = pl.Datetime("us", "UTC"), pl.Date()
_TEXT, _FLOAT, _COUNT, _SMALL, _BYTES = pl.String(), pl.Float64(), pl.Int64(), pl.Int32(), pl.Binary()


@dataclass(frozen=True, slots=True)
class Table:
    """A table of the lake.

    `key` makes a row unique. `unit` names the two columns (a name, a time) whose rows are replaced together when they
    are written again, or is None for a table that is only appended to. `date` is the column that bounds a search for a
    unit. `narrow` columns are stored to 18 significant bits. `sort` is the order of rows within a file.
    `weak` rows never replace a unit that is there already.
    """

    name: str
    schema: pl.Schema
    key: tuple[str, ...]
    sort: tuple[str, ...]
    unit: tuple[str, str] | None
    date: str = "date"
    narrow: tuple[str, ...] = ()
    weak: tuple[str, str] | None = None

    def empty(self) -> pl.DataFrame:
        """Return the table's columns without rows."""
        return self.schema.to_frame()

    def conform(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Return rows written before the table got its newest columns with these as nulls, columns in their order."""
        return self.conform_lazily(rows.lazy()).collect()

    def conform_lazily(self, rows: pl.LazyFrame) -> pl.LazyFrame:
        """Return what `conform` returns, for rows that are still to be read."""
        there = rows.collect_schema().names()
        new = [pl.lit(None, dtype=kind).alias(name) for name, kind in self.schema.items() if name not in there]
        return rows.with_columns(new).select(self.schema.names())


SNAPSHOTS = Table(
    name="option_snapshots",
    schema=pl.Schema(
        {
            "timestamp": _INSTANT,
            "symbol": _TEXT,
            "strike": _FLOAT,
            "expiry": _TEXT,
            "right": _TEXT,
            "bid": _FLOAT,
            "ask": _FLOAT,
            "last": _FLOAT,
            "volume": _COUNT,
            "open_interest": _COUNT,
            "iv": _FLOAT,
            "delta": _FLOAT,
            "gamma": _FLOAT,
            "theta": _FLOAT,
            "vega": _FLOAT,
            "date": _DAY,
            "yearmonth": _SMALL,
            "strike_partition": _SMALL,
            "cycle": _INSTANT,
            "trading_class": _TEXT,
            "underlying": _FLOAT,
            "greeks_source": _TEXT,
            "venue": _TEXT,
            "missing": _TEXT,
            "quality": _SMALL,
            "mid": _FLOAT,
        }
    ),
    key=("symbol", "cycle", "trading_class", "expiry", "strike", "right"),
    sort=("symbol", "expiry", "right", "strike", "timestamp", "trading_class"),
    unit=("symbol", "cycle"),
    narrow=("iv", "delta", "gamma", "theta", "vega"),
)

SLOTS = Table(
    name="slots",
    schema=pl.Schema(
        {
            "symbol": _TEXT,
            "cycle": _INSTANT,
            "date": _DAY,
            "status": _TEXT,
            "reason": _TEXT,
            "asked": _COUNT,
            "written": _COUNT,
            "partial": _COUNT,
            "failed": _COUNT,
            "seconds": _FLOAT,
            "underlying": _FLOAT,
            "vix": _FLOAT,
            "trend": _TEXT,
            "iv_rank": _FLOAT,
            "iv_rank_sufficient": pl.Boolean(),
        }
    ),
    key=("symbol", "cycle"),
    sort=("symbol", "cycle"),
    unit=("symbol", "cycle"),
    weak=("status", "MISSED"),
)

DAILY_BARS = Table(
    name="daily_bars",
    schema=pl.Schema(
        {
            "symbol": _TEXT,
            "date": _DAY,
            "open": _FLOAT,
            "high": _FLOAT,
            "low": _FLOAT,
            "close": _FLOAT,
            "volume": _COUNT,
        }
    ),
    key=("symbol", "date"),
    sort=("symbol", "date"),
    unit=("symbol", "date"),
)

SCHEDULER_CONFIG = Table(
    name="scheduler_config",
    schema=pl.Schema(
        {
            "timestamp": _INSTANT,
            "task": _TEXT,
            "interval": _FLOAT,
            "market_phase": _TEXT,
            "priority": _COUNT,
            "timeout": _FLOAT,
        }
    ),
    key=("timestamp", "task"),
    sort=("timestamp", "task"),
    unit=None,
)

DAILY_IV = Table(
    name="daily_iv",
    schema=pl.Schema(
        {
            "series": _TEXT,
            "symbol": _TEXT,
            "source": _TEXT,
            "date": _DAY,
            "avg_iv": _FLOAT,
            "min_iv": _FLOAT,
            "max_iv": _FLOAT,
            "iv30": _FLOAT,
            "method": _TEXT,
            "cycles": _COUNT,
            "expiries": _COUNT,
            "contracts": _COUNT,
        }
    ),
    key=("series", "date"),
    sort=("symbol", "source", "date"),
    unit=("series", "date"),
)

FUTURES = Table(
    name="futures_snapshots",
    schema=pl.Schema(
        {
            "timestamp": _INSTANT,
            "symbol": _TEXT,
            "expiry": _TEXT,
            "place": _COUNT,
            "bid": _FLOAT,
            "ask": _FLOAT,
            "last": _FLOAT,
            "volume": _COUNT,
            "open_interest": _COUNT,
            "date": _DAY,
            "cycle": _INSTANT,
            "contango": _FLOAT,
            "contango_annual": _FLOAT,
            "venue": _TEXT,
            "missing": _TEXT,
        }
    ),
    key=("symbol", "cycle", "expiry"),
    sort=("symbol", "cycle", "expiry"),
    unit=("symbol", "cycle"),
)

POSITIONS = Table(
    name="position_updates",
    schema=pl.Schema(
        {
            "timestamp": _INSTANT,
            "date": _DAY,
            "strategy": _TEXT,
            "position": _TEXT,
            "event": _TEXT,
            "symbol": _TEXT,
            "trading_class": _TEXT,
            "expiry": _TEXT,
            "strike": _FLOAT,
            "right": _TEXT,
            "quantity": _FLOAT,
            "price": _FLOAT,
            "bid": _FLOAT,
            "ask": _FLOAT,
            "mark": _FLOAT,
            "iv": _FLOAT,
            "delta": _FLOAT,
            "gamma": _FLOAT,
            "theta": _FLOAT,
            "vega": _FLOAT,
            "underlying": _FLOAT,
        }
    ),
    key=("timestamp", "strategy", "position", "event", "symbol", "trading_class", "expiry", "strike", "right"),
    sort=("timestamp", "strategy", "position", "expiry", "right", "strike"),
    unit=None,
)

RUNGS = Table(
    name="rungs",
    schema=pl.Schema(
        {
            "timestamp": _INSTANT,
            "order_id": _TEXT,
            "rung": _COUNT,
            "strategy": _TEXT,
            "position": _TEXT,
            "action": _TEXT,
            "reason": _TEXT,
            "quantity": _COUNT,
            "limit": _FLOAT,
            "leg": _COUNT,
            "side": _TEXT,
            "con_id": _COUNT,
            "symbol": _TEXT,
            "trading_class": _TEXT,
            "expiry": _TEXT,
            "strike": _FLOAT,
            "right": _TEXT,
            "received": _INSTANT,
            "bid": _FLOAT,
            "ask": _FLOAT,
            "bid_size": _FLOAT,
            "ask_size": _FLOAT,
            "iv": _FLOAT,
            "delta": _FLOAT,
            "gamma": _FLOAT,
            "theta": _FLOAT,
            "vega": _FLOAT,
            "underlying": _FLOAT,
            "date": _DAY,
        }
    ),
    key=("order_id", "timestamp", "rung", "leg"),
    sort=("timestamp", "order_id", "rung", "leg"),
    unit=("order_id", "timestamp"),
)

VIEWS = Table(
    name="views",
    schema=pl.Schema(
        {
            "timestamp": _INSTANT,
            "date": _DAY,
            "strategy": _TEXT,
            "decision": _TEXT,
            "underlying": _FLOAT,
            "vix": _FLOAT,
            "contracts": _COUNT,
            "view": _BYTES,
        }
    ),
    key=("strategy", "timestamp"),
    sort=("strategy", "timestamp"),
    unit=("strategy", "timestamp"),
)

# Rows are committed before the ledger that speaks of them.
TABLES: dict[str, Table] = {
    table.name: table
    for table in (SNAPSHOTS, FUTURES, SLOTS, DAILY_BARS, DAILY_IV, POSITIONS, RUNGS, VIEWS, SCHEDULER_CONFIG)
}
