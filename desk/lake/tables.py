"""A table of the lake as a reader sees it: its newest version, or no rows while nothing has been written."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import polars as pl
from deltalake import DeltaTable

from desk.lake.place import Root, place
from desk.lake.schema import Table


def open_table(root: Root, table: Table) -> DeltaTable | None:
    """Return the newest version of a table, None while there is none."""
    return place(root).open(table.name)


def scan(root: Root, table: Table) -> pl.LazyFrame:
    """Return a table to be read lazily; other processes may write to it meanwhile.

    A table that an earlier version has written lacks the columns added since: they are null.
    """
    delta = open_table(root, table)
    return table.empty().lazy() if delta is None else table.conform_lazily(pl.scan_delta(delta))


def dates(root: Root, table: Table) -> list[date]:
    """Return the exchange dates that a table has rows of, ascending: from its log if it is partitioned by date."""
    delta = open_table(root, table)
    if delta is None:
        return []
    if delta.metadata().partition_columns == [table.date]:
        return sorted({date.fromisoformat(part[table.date]) for part in delta.partitions()})
    return pl.scan_delta(delta).select(pl.col(table.date).unique().sort()).collect().to_series().to_list()


def rows_in(root: Root, table: Table) -> int:
    """Return how many rows a table has, from its log."""
    delta = open_table(root, table)
    return 0 if delta is None else delta.count()


def newest_first(days: list[date], some: int) -> Iterator[list[date]]:
    """Yield ascending dates in groups of `some`, the newest group first."""
    for end in range(len(days), 0, -some):
        yield days[max(0, end - some) : end]
