"""A table of the lake as a reader sees it: its newest version, or no rows while nothing has been written."""

from __future__ import annotations

from pathlib import Path

import polars as pl
from deltalake import DeltaTable

from desk.lake.schema import Table


def open_table(root: Path, table: Table) -> DeltaTable | None:
    """Return the newest version of a table, None while there is none."""
    path = root / table.name
    return DeltaTable(path) if DeltaTable.is_deltatable(str(path)) else None


def scan(root: Path, table: Table) -> pl.LazyFrame:
    """Return a table to be read lazily; other processes may write to it meanwhile."""
    delta = open_table(root, table)
    return table.empty().lazy() if delta is None else pl.scan_delta(delta)
