"""A table of the lake as a reader sees it: its newest version, or no rows while nothing has been written."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import polars as pl
from deltalake import DeltaTable

from desk.lake.place import Root, place
from desk.lake.schema import Table


@dataclass(frozen=True, slots=True)
class Version:
    """A table at one version: its log is read once, and what is asked of it agrees."""

    table: Table
    delta: DeltaTable | None

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

    def count(self) -> int:
        """Return how many rows it has, from the log."""
        return 0 if self.delta is None else self.delta.count()


def newest(root: Root, table: Table) -> Version:
    """Return a table as it is now; other processes may write to it meanwhile."""
    return Version(table, place(root).open(table.name))


def scan(root: Root, table: Table) -> pl.LazyFrame:
    """Return a table's rows as they are now, to be read lazily."""
    return newest(root, table).scan()


def newest_first(days: list[date], some: int) -> Iterator[list[date]]:
    """Yield ascending dates in groups of `some`, the newest group first."""
    for end in range(len(days), 0, -some):
        yield days[max(0, end - some) : end]
