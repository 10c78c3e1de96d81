"""A table of the lake as a reader sees it: its newest version, or no rows while nothing has been written."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from urllib.parse import unquote

import polars as pl
from deltalake import DeltaTable

from desk.lake.place import Root, place
from desk.lake.schema import Table


@dataclass(frozen=True, slots=True)
class Version:
    """A table at one version: its log is read once, and what is asked of it agrees."""

    table: Table
    delta: DeltaTable | None
    folder: Path | None = None

    def scan(self) -> pl.LazyFrame:
        """Return the rows, to be read lazily; columns that an earlier desk did not write are null."""
        return self.table.empty().lazy() if self.delta is None else self.table.conform_lazily(pl.scan_delta(self.delta))

    def dates(self) -> list[date]:
        """Return the exchange dates that it has rows of, ascending: from the log if it is partitioned by date."""
        if self.delta is None:
            return []
        day = self.table.date
        if self.delta.metadata().partition_columns == [day]:
            return sorted({date.fromisoformat(part[day]) for part in self.delta.partitions()})
        return pl.scan_delta(self.delta).select(pl.col(day).unique().sort()).collect().to_series().to_list()

    def files(self, day: date) -> pl.DataFrame | None:
        """Return the Parquet files that have a date's rows: path, and `min.` and `max.` of columns as the log has them.

        None when files cannot be read without the log: in object storage, in tables partitioned otherwise, and in those
        that another engine has given features which change what a file's rows mean.
        """
        if self.delta is None or self.folder is None or self.delta.protocol().min_reader_version > 1:
            return None
        if self.delta.metadata().partition_columns != [self.table.date]:
            return None
        added = pl.DataFrame(self.delta.get_add_actions(flatten=True))
        of_day = added.filter(pl.col(f"partition.{self.table.date}") == day)
        names = [f"{self.folder}/{unquote(path)}" for path in of_day.get_column("path")]
        return of_day.with_columns(pl.Series("path", names, dtype=pl.String))

    def read(self, files: pl.DataFrame, day: date) -> pl.LazyFrame:
        """Return the rows of some files of a date, to be read lazily: faster than `scan`, which asks the log first."""
        stored = pl.Schema({name: kind for name, kind in self.table.schema.items() if name != self.table.date})
        rows = pl.scan_parquet(
            files.get_column("path").to_list(),
            schema=stored,
            hive_partitioning=False,
            missing_columns="insert",
            extra_columns="ignore",
        )
        return rows.with_columns(pl.lit(day).alias(self.table.date)).select(self.table.schema.names())

    def count(self) -> int:
        """Return how many rows it has, from the log."""
        return 0 if self.delta is None else self.delta.count()


def newest(root: Root, table: Table) -> Version:
    """Return a table as it is now; other processes may write to it meanwhile."""
    at = place(root)
    return Version(table, at.open(table.name), at.folder / table.name if at.folder else None)


def scan(root: Root, table: Table) -> pl.LazyFrame:
    """Return a table's rows as they are now, to be read lazily."""
    return newest(root, table).scan()


def newest_first(days: list[date], some: int) -> Iterator[list[date]]:
    """Yield ascending dates in groups of `some`, the newest group first."""
    for end in range(len(days), 0, -some):
        yield days[max(0, end - some) : end]
