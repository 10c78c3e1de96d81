"""What is doubtful about a recorded quote, as bits of one integer; pure functions over whole frames of snapshots.

| bit | name | the row |
| --- | --- | --- |
| 1 | crossed | has a bid above its ask |
| 2 | zero_bid | has a bid of zero: nobody buys |
| 4 | wide | has a spread above 0.10 and above a quarter of its mid |
| 8 | stale | came before its cycle began, more than 300 s after, or outside 09:30-16:15 ET (13:15 on half days) |
| 16 | parity | is one of a call and a put that no forward of their expiry explains within both spreads |
| 32 | convexity | has a bid above what its neighbours' asks make the butterfly around it cost |

0 is a row with nothing to say against; null is one that was written before rows were judged. Rows are kept whatever
their bits are: what to leave out is the reader's choice (`without`).
"""

from __future__ import annotations

from enum import IntFlag

import polars as pl

from desk.lake.parity import beyond_parity
from desk.market import calendar
from desk.market.calendar import EXCHANGE


class Quality(IntFlag):
    """The bits of column `quality`."""

    CROSSED = 1
    ZERO_BID = 2
    WIDE = 4
    STALE = 8
    PARITY = 16
    CONVEXITY = 32


WIDE_SPREAD = 0.10
WIDE_SHARE = 0.25
LATEST = 300  # seconds into its cycle
_AFTER_CLOSE = 15 * 60
_CENT = 0.01
_EXPIRY = ("symbol", "cycle", "trading_class", "expiry")


def judged(rows: pl.DataFrame) -> pl.DataFrame:
    """Return the snapshots in their order with column `quality` set; needs the other columns of option_snapshots."""
    if rows.is_empty():
        return rows.with_columns(pl.lit(None, dtype=pl.Int32).alias("quality"))
    numbered = rows.with_row_index("_row").with_columns(pl.col("bid", "ask").fill_nan(None))
    doubts = {
        Quality.CROSSED: pl.col("bid") > pl.col("ask"),
        Quality.ZERO_BID: pl.col("bid") == 0,
        Quality.WIDE: _is_wide(),
        Quality.STALE: _is_stale(rows),
        Quality.PARITY: pl.col("_row").is_in(beyond_parity(numbered).implode()),
        Quality.CONVEXITY: pl.col("_row").is_in(_beyond_convexity(numbered).implode()),
    }
    bits = [pl.when(doubt).then(int(bit)).otherwise(0) for bit, doubt in doubts.items()]
    return rows.with_columns(numbered.select(pl.sum_horizontal(bits).cast(pl.Int32).alias("quality")).to_series())


def has(flags: Quality) -> pl.Expr:
    """Return the condition that a row has any of these bits; null for a row that was never judged."""
    return (pl.col("quality") & int(flags)) != 0


def without(flags: Quality) -> pl.Expr:
    """Return the condition that a row has none of these bits; a row that was never judged has none."""
    return has(flags).fill_null(value=False).not_()


def counts(rows: pl.DataFrame) -> dict[str, int]:
    """Return how many rows have each bit, by its name in lower case."""
    found = rows.select(has(flag).sum().alias(str(flag.name).lower()) for flag in Quality)
    return {name: int(value or 0) for name, value in found.row(0, named=True).items()}


def _is_wide() -> pl.Expr:
    spread, mid = pl.col("ask") - pl.col("bid"), (pl.col("ask") + pl.col("bid")) / 2
    return (spread > WIDE_SPREAD + 1e-9) & (spread > WIDE_SHARE * mid)


def _is_stale(rows: pl.DataFrame) -> pl.Expr:
    """Whether the time of a row is outside its cycle, or the exchange was closed."""
    day = pl.col("timestamp").dt.convert_time_zone(EXCHANGE.key).dt.date()
    days = rows.select(day.alias("day")).get_column("day").unique().drop_nulls().to_list()
    sessions = [found for each in days if (found := calendar.session(each))]
    opens = {each.date: each.opens for each in sessions}
    closes = {each.date: each.closes + _AFTER_CLOSE for each in sessions}
    t = pl.col("timestamp").dt.epoch("us") / 1e6
    closed = (
        (t < day.replace_strict(opens, default=None, return_dtype=pl.Float64))
        | (t > day.replace_strict(closes, default=None, return_dtype=pl.Float64))
    ).fill_null(value=True)
    late = (pl.col("timestamp") - pl.col("cycle")).dt.total_microseconds()
    return closed | (late < 0) | (late > LATEST * 1_000_000)


def _beyond_convexity(rows: pl.DataFrame) -> pl.Series:
    """Return the numbers of the rows whose bid exceeds the asks of the strikes on either side, by more than a cent."""
    strike, ask, over = pl.col("strike"), pl.col("ask"), [*_EXPIRY, "right"]
    quoted = rows.lazy().filter(pl.col("bid") <= ask, ask > 0).sort(*over, "strike")
    below, above = strike.shift(1).over(over), strike.shift(-1).over(over)
    weight = (above - strike) / (above - below)
    wings = weight * ask.shift(1).over(over) + (1 - weight) * ask.shift(-1).over(over)
    return quoted.filter(pl.col("bid") > wings + _CENT).select("_row").collect().to_series()
