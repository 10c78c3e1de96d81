"""What each recorded chain says by itself: a row per cycle of one symbol and day, from that cycle's rows alone."""

from __future__ import annotations

import polars as pl

from desk.lake import volatility
from desk.lake.quality import Quality, without

_CYCLE = ["date", "cycle"]
_DOUBTFUL = Quality.CROSSED | Quality.STALE | Quality.PARITY | Quality.CONVEXITY
_WING = 0.25
_NEAREST = 7

COLUMNS = {
    "timestamp": "when the chain's last quote was received: nothing here was known earlier",
    "underlying": "price of the underlying, the median of the quotes' own",
    "contracts": "contracts in the chain",
    "two_sided": "share of them with a bid and an ask above zero",
    "doubtful": "share of them that are crossed, stale, or beyond parity or convexity; these are left out below",
    "spread": "median of ask less bid, as a share of the mid",
    "atm_iv": "volatility at the money of the expiry nearest 30 days",
    "iv30": "volatility at the money at 30 days, interpolated in variance where expiries enclose them",
    "iv_near": "volatility at the money of the nearest expiry at least a week away",
    "iv_far": "volatility at the money of the furthest expiry",
    "term_slope": "iv_far less iv_near, per 30 days between them",
    "skew": "volatility of the 25-delta put less the call's, expiry nearest 30 days",
    "curvature": "mean volatility of the 25-delta put and call less that at the money",
    "atm_gamma": "mean gamma of the contracts at the money, expiry nearest 30 days",
    "atm_theta": "mean theta of these, per day",
    "atm_vega": "mean vega of these, per vol point",
    "put_call_volume": "volume of puts over that of calls",
    "put_call_open_interest": "open interest of puts over that of calls",
}


def of_chains(rows: pl.DataFrame) -> pl.DataFrame:
    """Return symbol, date, cycle and `COLUMNS` of one symbol's snapshots."""
    good = rows.filter(without(_DOUBTFUL))
    expiries = volatility.expiries_of(good.lazy()).collect()
    thirty = volatility.at_thirty_days(expiries.lazy()).select(*_CYCLE, "iv30")
    nearest = volatility.nearest(expiries.lazy()).collect().rename({"iv": "atm_iv"})
    parts = [thirty, nearest, _terms(expiries), _wings(good)]
    found = _whole(rows)
    for part in parts:
        found = found.join(part, on=_CYCLE, how="left")
    curvature = (pl.col("_put") + pl.col("_call")) / 2 - pl.col("atm_iv")
    skewed = found.with_columns(skew=pl.col("_put") - pl.col("_call"), curvature=curvature)
    return skewed.select("symbol", *_CYCLE, *COLUMNS).sort("cycle")


def _whole(rows: pl.DataFrame) -> pl.DataFrame:
    put, call = pl.col("right") == "P", pl.col("right") == "C"
    quoted = (pl.col("bid") > 0) & (pl.col("ask") > 0)
    spread = 2 * (pl.col("ask") - pl.col("bid")) / (pl.col("ask") + pl.col("bid"))

    def ratio(name: str) -> pl.Expr:
        calls = pl.col(name).filter(call).sum()
        return pl.when(calls > 0).then(pl.col(name).filter(put).sum() / calls)

    return rows.group_by("symbol", *_CYCLE).agg(
        timestamp=pl.col("timestamp").max(),
        underlying=pl.col("underlying").median(),
        contracts=pl.len().cast(pl.Int64),
        two_sided=quoted.fill_null(value=False).mean(),
        doubtful=1 - without(_DOUBTFUL).mean(),
        spread=spread.filter(quoted).median(),
        put_call_volume=ratio("volume"),
        put_call_open_interest=ratio("open_interest"),
    )


def _terms(expiries: pl.DataFrame) -> pl.DataFrame:
    ordered = expiries.filter(pl.col("days") >= _NEAREST).sort("days")
    ends = ordered.group_by(_CYCLE).agg(
        iv_near=pl.col("iv").first(), iv_far=pl.col("iv").last(), _days=pl.col("days").last() - pl.col("days").first()
    )
    slope = pl.when(pl.col("_days") > 0).then((pl.col("iv_far") - pl.col("iv_near")) / pl.col("_days") * 30)
    return ends.with_columns(term_slope=slope).drop("_days")


def _wings(rows: pl.DataFrame) -> pl.DataFrame:
    """Return 25-delta volatilities and the Greeks at the money of the expiry nearest 30 days of each cycle."""
    days = (pl.col("expiry").str.to_date("%Y%m%d") - pl.col("date")).dt.total_days()
    off = (days - volatility.TENOR).abs() + pl.when(days < _NEAREST).then(10_000).otherwise(0)
    usable = rows.filter(pl.col("iv") > 0, pl.col("delta").is_not_null()).with_columns(
        _off=off, _delta=pl.col("delta").abs(), _money=(pl.col("delta").abs() - 0.5).abs()
    )
    chosen = usable.filter(pl.col("_off") == pl.col("_off").min().over(_CYCLE)).sort("_delta")
    near = pl.col("_money") <= pl.col("_money").min() + 0.05
    return chosen.group_by(_CYCLE, maintain_order=True).agg(
        _put=_at_delta("P"),
        _call=_at_delta("C"),
        **{f"atm_{name}": pl.col(name).filter(near).mean() for name in ("gamma", "theta", "vega")},
    )


def _at_delta(right: str) -> pl.Expr:
    """Linear in |delta| between the contracts on either side of the wing; null where one side is missing."""
    d, iv, side = pl.col("_delta"), pl.col("iv"), pl.col("right") == right
    below, above = side & (d <= _WING), side & (d >= _WING)
    d1, d2 = d.filter(below).last(), d.filter(above).first()
    v1, v2 = iv.filter(below).last(), iv.filter(above).first()
    return pl.when(d2 > d1).then(v1 + (v2 - v1) * (_WING - d1) / (d2 - d1)).otherwise(v1 + 0 * v2)
