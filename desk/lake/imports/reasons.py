"""Why a row of a vendor's file is refused: one reason a row, the first that holds."""

from __future__ import annotations

from collections.abc import Iterable

import polars as pl

from desk.lake.imports.values import text
from desk.market import calendar


def unreadable(raw: pl.DataFrame, rows: pl.DataFrame, names: Iterable[str]) -> pl.Expr:
    """Return whether one of those columns has a value in the file that could not be read."""
    lost = [text(raw.get_column(name)).is_not_null() & rows.get_column(name).is_null() for name in names]
    return pl.any_horizontal(lost)


def no_figure(*names: str) -> pl.Expr:
    """Return whether one of those columns is NaN or infinite."""
    return pl.any_horizontal(pl.col(name).is_finite().not_() for name in names)


def no_session(days: pl.Series) -> pl.Expr:
    """Return whether the exchange was closed on the date of column `date`."""
    closed = [day for day in days.unique().drop_nulls().to_list() if calendar.session(day) is None]
    return pl.col("date").is_in(closed)


def refuse(rows: pl.DataFrame, key: tuple[str, ...], **holds: pl.Expr) -> pl.DataFrame:
    """Return the rows with a column `refused`: the first name whose condition holds, null for a good row.

    Of good rows with the same key the last stays good, the others are `duplicate`.
    """
    refused = pl.coalesce(pl.when(condition).then(pl.lit(name)) for name, condition in holds.items())
    judged = rows.with_columns(refused.alias("refused"))
    again = pl.col("refused").is_null() & pl.struct(*key, "refused").is_last_distinct().not_()
    return judged.with_columns(pl.when(again).then(pl.lit("duplicate")).otherwise("refused").alias("refused"))
