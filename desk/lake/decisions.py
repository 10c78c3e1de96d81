"""What strategies decided, without what they saw: the columns of `views` that say why."""

from __future__ import annotations

from datetime import UTC, datetime

import polars as pl

from desk.lake.place import Root
from desk.lake.schema import VIEWS
from desk.lake.tables import newest, newest_first, scan
from desk.market.calendar import EXCHANGE

_COLUMNS = ("timestamp", "decision", "underlying", "vix", "contracts")


def read_decisions(root: Root, strategy: str, last: int | None = None, until: datetime | None = None) -> pl.DataFrame:
    """Return the `last` decisions of a strategy up to `until` (aware, included), oldest first.

    Without `last` those of the newest exchange day that has any. The columns are `timestamp`, `decision` (JSON of the
    strategy's making), `underlying`, `vix` and `contracts`.
    """
    version = newest(root, VIEWS)
    mine = version.scan().filter(pl.col("strategy") == strategy)
    if until is not None:
        mine = mine.filter(pl.col("timestamp") <= until.astimezone(UTC))  # files are skipped by statistics in UTC
    rows = mine.select(_COLUMNS).limit(0).collect()
    for days in newest_first(version.dates(), 1):
        rows = mine.filter(pl.col("date").is_in(days)).select(_COLUMNS).sort("timestamp").collect().vstack(rows)
        if len(rows) >= (last or 1):
            break
    return rows if last is None else rows.tail(last)


def read_next(root: Root, strategy: str, after: datetime) -> pl.DataFrame:
    """Return the first decision of a strategy after `after` (aware) on that exchange day, or no row."""
    later = pl.col("timestamp") > after.astimezone(UTC)
    same_day = pl.col("date") == after.astimezone(EXCHANGE).date()
    mine = scan(root, VIEWS).filter(pl.col("strategy") == strategy, same_day, later)
    return mine.select(_COLUMNS).sort("timestamp").limit(1).collect()


def strategies_seen(root: Root) -> list[str]:
    """Return the names of the strategies that have decided anything, sorted."""
    return scan(root, VIEWS).select(pl.col("strategy").unique().sort()).collect().to_series().to_list()
