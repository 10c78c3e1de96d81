"""At-the-money implied volatility of recorded chains, by day.

Per cycle: of the expiries at least a week away (or of all, where none is) the one nearest to 30 calendar days, which is
the tenor of the VIX and of IB's OPTION_IMPLIED_VOLATILITY; of its strikes the one nearest to the underlying's price, or
where no price was recorded the one whose options' |delta| is nearest to a half; the mean IV of the options there.
"""

from __future__ import annotations

import polars as pl

_TENOR = 30
_NEAREST = 7

EMPTY = pl.DataFrame(schema={"date": pl.Date, "avg_iv": pl.Float64, "min_iv": pl.Float64, "max_iv": pl.Float64})


def daily(rows: pl.LazyFrame) -> pl.DataFrame:
    """Return date, avg_iv, min_iv, max_iv over a day's cycles, oldest first, of one symbol's snapshots."""
    days = (pl.col("expiry").str.to_date("%Y%m%d") - pl.col("date")).dt.total_days()
    off_tenor = (days - _TENOR).abs() + pl.when(days < _NEAREST).then(10_000).otherwise(0)
    off_money = pl.coalesce((pl.col("strike") - pl.col("underlying")).abs(), (pl.col("delta").abs() - 0.5).abs())
    usable = rows.filter(pl.col("iv") > 0, pl.col("underlying").is_not_null() | pl.col("delta").is_not_null())
    tenor = usable.with_columns(_tenor=off_tenor, _money=off_money).filter(
        pl.col("_tenor") == pl.col("_tenor").min().over("cycle")
    )
    at_the_money = tenor.filter(pl.col("_money") == pl.col("_money").min().over("cycle"))
    cycles = at_the_money.group_by("date", "cycle").agg(pl.col("iv").mean())
    iv = pl.col("iv")
    by_day = cycles.group_by("date").agg(avg_iv=iv.mean(), min_iv=iv.min(), max_iv=iv.max())
    return by_day.sort("date").collect()
