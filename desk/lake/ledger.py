"""The slot ledger summed up: how much of what was due has been recorded."""

from __future__ import annotations

import polars as pl

from desk.market.slots import COMPLETE, MISSED, PARTIAL, longest_gap


def summary(slots: pl.DataFrame) -> pl.DataFrame:
    """Return a row per symbol of the ledger's rows.

    Columns: symbol; expected, complete, partial, missed (slots); share (of the contracts asked, those that answered;
    null when none were asked); longest_gap (seconds without data between two slots of a day beyond the usual spacing);
    reasons (text, such as `2103 x3, deadline x1`).
    """
    by_symbol = slots.group_by("symbol").agg(
        expected=pl.len().cast(pl.Int64),
        complete=(pl.col("status") == COMPLETE).sum().cast(pl.Int64),
        partial=(pl.col("status") == PARTIAL).sum().cast(pl.Int64),
        missed=(pl.col("status") == MISSED).sum().cast(pl.Int64),
        share=pl.when(pl.col("asked").sum() > 0).then(1 - pl.col("failed").sum() / pl.col("asked").sum()),
    )
    return (
        by_symbol.join(_gaps(slots), on="symbol")
        .join(_reasons(slots), on="symbol", how="left")
        .with_columns(pl.col("reasons").fill_null(""))
        .sort("symbol")
    )


def _gaps(slots: pl.DataFrame) -> pl.DataFrame:
    longest: dict[str, float] = {}
    for (symbol, _), day in slots.sort("cycle").group_by("symbol", "date", maintain_order=True):
        due = day.get_column("cycle").dt.epoch("us") / 1e6
        spacing = min(due.diff().drop_nulls().to_list(), default=0.0)
        answered = due.filter(day.get_column("status") != MISSED).to_list()
        bounds = [due[0] - spacing, *answered, due[-1] + spacing]
        longest[str(symbol)] = max(longest.get(str(symbol), 0.0), longest_gap(bounds, spacing))
    return pl.DataFrame(
        {"symbol": list(longest), "longest_gap": list(longest.values())},
        schema={"symbol": pl.String, "longest_gap": pl.Float64},
    )


def _reasons(slots: pl.DataFrame) -> pl.DataFrame:
    """Sum up reasons by name: a slot's may be several, each with its own count (`354 x2, deadline x5`)."""
    each = slots.select("symbol", pl.col("reason").str.split(", ")).explode("reason").filter(pl.col("reason") != "")
    named = each.select(
        "symbol",
        name=pl.col("reason").str.replace(r" x\d+$", ""),
        count=pl.col("reason").str.extract(r" x(\d+)$").cast(pl.Int64).fill_null(1),
    )
    counted = named.group_by("symbol", "name").agg(pl.col("count").sum())
    ordered = counted.sort(["symbol", "count", "name"], descending=[False, True, False])
    told = pl.format("{} x{}", "name", "count")
    return ordered.group_by("symbol", maintain_order=True).agg(reasons=told.str.join(", "))
