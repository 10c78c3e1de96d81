"""At-the-money implied volatility of recorded chains, by day.

Per cycle and expiry: of the strikes the one nearest to the underlying's price, or where no price was recorded the one
whose options' |delta| is nearest to a half; the mean IV of the options there.

* `avg_iv`, `min_iv`, `max_iv` over a day's cycles: of the expiries at least a week away (or of all, where none is) the
  one nearest to 30 calendar days, which is the tenor of the VIX and of IB's OPTION_IMPLIED_VOLATILITY.
* `iv30`, the mean over the cycles: interpolated in variance (`desk.market.variance`) between the nearest expiries at
  least a week away on either side of 30 days; `method` is then `interpolated`. Cycles that do not enclose 30 days have
  the nearest expiry's, and the day is `nearest` if no cycle does enclose them.
"""

from __future__ import annotations

import polars as pl

from desk.market.variance import at_maturity

TENOR = 30
_NEAREST = 7
_CYCLE = ["date", "cycle"]

EMPTY = pl.DataFrame(schema={"date": pl.Date, "avg_iv": pl.Float64, "min_iv": pl.Float64, "max_iv": pl.Float64})


def daily(rows: pl.LazyFrame) -> pl.DataFrame:
    """Return date, avg_iv, min_iv, max_iv over a day's cycles, oldest first, of one symbol's snapshots."""
    return _by_day(nearest(expiries_of(rows))).select(EMPTY.columns).sort("date").collect()


def rollup(rows: pl.LazyFrame) -> pl.DataFrame:
    """Return what `daily` returns, with iv30, method, and what stands behind a day: cycles, expiries, contracts.

    `contracts` are the volatilities at the money that were read, `expiries` the most that one cycle took.
    """
    expiries = expiries_of(rows).collect().lazy()
    days = _by_day(nearest(expiries)).collect()
    return days.join(_thirty_by_day(expiries), on="date", how="left").sort("date")


def expiries_of(rows: pl.LazyFrame) -> pl.LazyFrame:
    """Return date, cycle, days, iv and contracts of each expiry of each cycle."""
    days = (pl.col("expiry").str.to_date("%Y%m%d") - pl.col("date")).dt.total_days()
    off_money = pl.coalesce((pl.col("strike") - pl.col("underlying")).abs(), (pl.col("delta").abs() - 0.5).abs())
    usable = rows.filter(pl.col("iv") > 0, pl.col("underlying").is_not_null() | pl.col("delta").is_not_null())
    measured = usable.select(*_CYCLE, "expiry", "iv", days=days, _money=off_money)
    at_the_money = measured.filter(pl.col("_money") == pl.col("_money").min().over(*_CYCLE, "expiry"))
    return at_the_money.group_by(*_CYCLE, "days").agg(pl.col("iv").mean(), contracts=pl.len().cast(pl.Int64))


def nearest(expiries: pl.LazyFrame) -> pl.LazyFrame:
    """Return the one expiry of each cycle that is nearest to the tenor; of two as near the mean counts."""
    off_tenor = (pl.col("days") - TENOR).abs() + pl.when(pl.col("days") < _NEAREST).then(10_000).otherwise(0)
    nearest = expiries.with_columns(_tenor=off_tenor).filter(pl.col("_tenor") == pl.col("_tenor").min().over(_CYCLE))
    weighted = (pl.col("iv") * pl.col("contracts")).sum() / pl.col("contracts").sum()
    return nearest.group_by(_CYCLE).agg(iv=weighted)


def _by_day(cycles: pl.LazyFrame) -> pl.LazyFrame:
    iv = pl.col("iv")
    return cycles.group_by("date").agg(
        avg_iv=iv.mean(), min_iv=iv.min(), max_iv=iv.max(), cycles=pl.len().cast(pl.Int64)
    )


def at_thirty_days(expiries: pl.LazyFrame) -> pl.DataFrame:
    """Return iv30 of each cycle, whether its expiries `enclosed` 30 days, and the expiries and contracts it took."""
    usable = expiries.filter(pl.col("days") >= _NEAREST).sort("days")
    near, far = pl.col("days") <= TENOR, pl.col("days") >= TENOR
    sides = {
        f"{name}_{side}": getattr(pl.col(name).filter(of), end)()
        for name in ("days", "iv", "contracts")
        for side, of, end in (("near", near, "last"), ("far", far, "first"))
    }
    cycles = usable.group_by(_CYCLE, maintain_order=True).agg(**sides).collect()
    days_near, iv_near, days_far, iv_far = (
        cycles[name].to_numpy() for name in ("days_near", "iv_near", "days_far", "iv_far")
    )
    between = at_maturity(days_near, iv_near, days_far, iv_far, TENOR)
    same = (pl.col("days_near") == pl.col("days_far")).fill_null(value=False)
    one_expiry = same | pl.col("days_near").is_null() | pl.col("days_far").is_null()
    both_sides = pl.sum_horizontal("contracts_near", "contracts_far")
    return cycles.with_columns(pl.Series("_between", between).fill_nan(None)).select(
        *_CYCLE,
        iv30=pl.coalesce("_between", "iv_near", "iv_far"),
        enclosed=pl.col("_between").is_not_null(),
        expiries=pl.when(one_expiry).then(1).otherwise(2).cast(pl.Int64),
        contracts=pl.when(same).then("contracts_near").otherwise(both_sides),
    )


def _thirty_by_day(expiries: pl.LazyFrame) -> pl.DataFrame:
    figures = at_thirty_days(expiries)
    chosen = figures.filter(pl.col("enclosed") == pl.col("enclosed").max().over("date"))
    return chosen.group_by("date").agg(
        pl.col("iv30").mean(),
        method=pl.when(pl.col("enclosed").any()).then(pl.lit("interpolated")).otherwise(pl.lit("nearest")),
        expiries=pl.col("expiries").max(),
        contracts=pl.col("contracts").sum(),
    )
