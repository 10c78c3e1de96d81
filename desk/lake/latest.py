"""The newest cycle of a symbol, read from as few files as the log's statistics allow."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import polars as pl

from desk.lake.tables import Version, newest_first

# The log has times to the millisecond, cut off.
_CUT = timedelta(milliseconds=1)
_EARLIEST, _LATEST = datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 1, 1, tzinfo=UTC)


def latest(table: Version, symbol: str) -> pl.DataFrame | None:
    """Return the rows of a symbol's newest cycle, None when there is none."""
    for (day,) in newest_first(table.dates(), 1):
        files = table.files(day)
        rows = _scanned(table, day, symbol) if files is None else _picked(table, day, files, symbol)
        if len(rows):
            return rows
    return None


def _scanned(table: Version, day: date, symbol: str) -> pl.DataFrame:
    rows = table.scan().filter(date=day, symbol=symbol)
    return rows.filter(pl.col("cycle") == pl.col("cycle").max()).collect()


def _picked(table: Version, day: date, files: pl.DataFrame, symbol: str) -> pl.DataFrame:
    """Return the rows from the files that may have them, the newest files first: the others are not opened."""
    bounds = _bounds(files).filter(pl.col("first") <= symbol, pl.col("last") >= symbol)
    newest: datetime | None = None
    for (upto,), some in bounds.sort("upto", descending=True).group_by("upto", maintain_order=True):
        if newest is not None and upto < newest:
            break
        cycles = table.read(some, day).filter(symbol=symbol).select(pl.col("cycle").max())
        found: datetime | None = cycles.collect().item()
        newest = found if newest is None or (found is not None and found > newest) else newest
    if newest is None:
        return table.table.empty()
    chosen = bounds.filter(pl.col("since") <= newest, pl.col("upto") >= newest)
    return table.read(chosen, day).filter(symbol=symbol, cycle=newest).collect()


def _bounds(files: pl.DataFrame) -> pl.DataFrame:
    """Return of each file between which symbols and cycles its rows are; every one of them where the log is silent."""
    silent = {
        "min.symbol": pl.lit(""),
        "max.symbol": pl.lit("\U0010ffff"),
        "min.cycle": pl.lit(_EARLIEST),
        "max.cycle": pl.lit(_LATEST),
    }
    first, last, since, upto = (
        pl.col(name).fill_null(most) if name in files.columns else most for name, most in silent.items()
    )
    return files.select("path", first=first, last=last, since=since, upto=upto + _CUT)
