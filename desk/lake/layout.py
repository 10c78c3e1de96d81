"""How rows become a table's rows: columns checked, one row per key, precision and order of the files."""

from __future__ import annotations

import polars as pl
from deltalake import ColumnProperties, WriterProperties

from desk.lake.errors import LayoutError
from desk.lake.schema import Table

# Significant bits of narrow columns: a relative error of 2e-6 at most, far less than what a cent of the price changes.
_BITS = 18

LAYOUTS = (("date",), ("strike_partition", "symbol"), ("symbol", "yearmonth"))


def checked(table: Table, rows: pl.DataFrame) -> pl.DataFrame:
    """Return the rows. LayoutError when a column is missing, unknown or of another type."""
    if rows.schema != table.schema:
        raise LayoutError(f"rows for {table.name} have the columns {rows.schema}, not {table.schema}")
    return rows


def normal(table: Table, rows: pl.DataFrame) -> pl.DataFrame:
    """Return the rows with the values that are stored: NaN is null, narrow columns are rounded."""
    floats = {name: pl.col(name).fill_nan(None) for name, kind in table.schema.items() if kind == pl.Float64}
    return rows.with_columns(_rounded(each) if name in table.narrow else each for name, each in floats.items())


def merged(table: Table, frames: list[pl.DataFrame]) -> pl.DataFrame:
    """Return items' rows, oldest first, as one frame in which the last item that wrote a unit has all its rows.

    As they are stored (`normal`), sorted; of an item's rows with one key the last stays. Weak rows count as a unit's
    only where no item has others.
    """
    rows = table.conform(frames[0]) if len(frames) == 1 and table.weak is None else _newest(table, frames)
    rows = rows.unique(subset=list(table.key), keep="last", maintain_order=True)
    return normal(table, rows).sort(table.sort)


def _newest(table: Table, frames: list[pl.DataFrame]) -> pl.DataFrame:
    """Return of each unit the rows of the last item that has it, of a table without units all of them."""
    item = pl.col("_item")
    rows = pl.concat([table.conform(frame).with_columns(pl.lit(n).alias("_item")) for n, frame in enumerate(frames)])
    if table.unit is not None:
        rank = item if table.weak is None else pl.when(is_weak(table)).then(-1).otherwise(item)
        ranked = rows.with_columns(rank.alias("_rank"))
        rows = ranked.filter(pl.col("_rank") == pl.col("_rank").max().over(table.unit))
    return rows.select(table.schema.names())


def is_weak(table: Table) -> pl.Expr:
    """Return the condition under which a row gives way to what its unit already has."""
    if table.weak is None:
        return pl.lit(value=False)
    column, value = table.weak
    return pl.col(column) == value


def configuration(table: Table, partition_by: tuple[str, ...]) -> dict[str, str]:
    """Return how a new table is set up: its log has the bounds of the columns that rows are looked for by."""
    bounded = [name for name in dict.fromkeys((*table.key, *table.sort)) if name not in partition_by]
    return {"delta.logRetentionDuration": "interval 1 days", "delta.dataSkippingStatsColumns": ",".join(bounded)}


def properties(table: Table, *, passing: bool = False) -> WriterProperties:
    """Return how the table's files are written: narrow columns and times of arrival by bytes, zstd 3.

    Of a `passing` file, one of many that the night's rewrite makes into one, what counts is how soon it is there.
    """
    split = ColumnProperties(dictionary_enabled=False, encoding="BYTE_STREAM_SPLIT")
    columns = dict.fromkeys((*table.narrow, *({"timestamp"} & set(table.schema))), split) or None
    if passing:
        plain = ColumnProperties(dictionary_enabled=False)
        return WriterProperties(compression="LZ4_RAW", default_column_properties=plain, column_properties=columns)
    return WriterProperties(compression="ZSTD", compression_level=3, column_properties=columns)


def _rounded(column: pl.Expr) -> pl.Expr:
    """Round to `_BITS` significant bits: Veltkamp's splitting (Dekker 1971, Numerische Mathematik 18, 224-242)."""
    shifted = column * (2.0 ** (53 - _BITS) + 1.0)
    return shifted - (shifted - column)
