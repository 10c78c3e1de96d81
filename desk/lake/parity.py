"""Put-call parity over recorded chains: which calls and puts no forward of their expiry explains.

European options of one expiry satisfy C - P = D (F - K) with one forward F and one discount D. Both are fitted to the
chain itself, so neither rates nor dividends need be known: a line through the mids, first by medians (which a few
absurd quotes do not move), then by least squares, weighted with the spreads, over the strikes that it explains.
American options satisfy S - PV(dividends) - K <= C - P <= S - K D (Merton, R. C. (1973), "Theory of rational option
pricing", Bell Journal of Economics 4, 141-183). Their line is that of the strikes up to the money, where neither the
put nor (but for dividends) the call is worth exercising early; its level D F stands for S - PV(dividends).
"""

from __future__ import annotations

import polars as pl

from desk.market.contracts import EUROPEAN

_EXPIRY = ["symbol", "cycle", "trading_class", "expiry"]
_ENOUGH = 5  # pairs for a line
_CENT = 0.01


def beyond_parity(rows: pl.DataFrame) -> pl.Series:
    """Return the numbers (column `_row`) of calls and puts whose spreads together do not reach parity, by a cent."""
    pairs = _pairs(rows)
    if pairs.is_empty():
        return pairs.get_column("_row")
    european = pl.col("trading_class").is_in(list(EUROPEAN))
    at_the_money = pl.col("strike").sort_by(pl.col("y").abs()).first().over(_EXPIRY)
    told = pairs.filter(european | (pl.col("strike") <= at_the_money)).filter(pl.len().over(_EXPIRY) >= _ENOUGH)
    lines = _refined(told.join(_rough(told), on=_EXPIRY))
    off = pl.col("y") - (pl.col("level") - pl.col("discount") * pl.col("strike"))
    exercise = pl.col("strike") * (1 - pl.col("discount")).clip(0.0)
    dividends = (pl.col("spot") - pl.col("level")).clip(0.0).fill_null(0.0)
    low = pl.when(european).then(0.0).otherwise(-exercise)
    high = pl.when(european).then(0.0).otherwise(dividends)
    slack = pl.col("half") + _CENT
    beyond = pairs.join(lines, on=_EXPIRY).filter((off < low - slack) | (off > high + slack))
    return pl.concat([beyond.get_column("_row"), beyond.get_column("_row_put")])


def _pairs(rows: pl.DataFrame) -> pl.DataFrame:
    """Return calls joined with puts: `y` is C - P by mids, `half` half of both spreads together, `spot` as recorded."""
    names = [*_EXPIRY, "strike", "_row", "bid", "ask"]
    good = rows.filter(pl.col("bid") <= pl.col("ask"), pl.col("ask") > 0)
    calls = good.filter(right="C").select(*names, "underlying")
    puts = good.filter(right="P").select(names)
    both = calls.join(puts, on=[*_EXPIRY, "strike"], suffix="_put").sort(*_EXPIRY, "strike")
    bid, ask, bid_put, ask_put = (pl.col(name) for name in ("bid", "ask", "bid_put", "ask_put"))
    return both.select(
        *_EXPIRY,
        "strike",
        "_row",
        "_row_put",
        y=(bid + ask - bid_put - ask_put) / 2,
        half=(ask - bid + ask_put - bid_put) / 2,
        spot=pl.col("underlying").median().over(_EXPIRY),
    )


def _rough(pairs: pl.DataFrame) -> pl.DataFrame:
    """Return discount and level (D F) of each expiry: the median slope between strikes half a chain apart."""
    n = pl.len() // 2
    far = [pl.col(name).slice(n, n) for name in ("y", "strike")]
    near = [pl.col(name).head(n) for name in ("y", "strike")]
    slope = ((far[0] - near[0]) / (far[1] - near[1])).median()
    lines = pairs.group_by(_EXPIRY).agg(discount=(-slope).clip(0.5, 1.1), y="y", strike="strike")
    levels = lines.explode("y", "strike").group_by([*_EXPIRY, "discount"])
    return levels.agg(level=(pl.col("y") + pl.col("discount") * pl.col("strike")).median())


def _refined(pairs: pl.DataFrame) -> pl.DataFrame:
    """Return the weighted line over the pairs that the rough line explains, or the rough one where they are few."""
    y, k, w = pl.col("y"), pl.col("strike"), 1.0 / (pl.col("half") + _CENT).pow(2)
    explained = (y - pl.col("level") + pl.col("discount") * k).abs() <= pl.col("half") + _CENT
    mean_k, mean_y = (w * k).sum() / w.sum(), (w * y).sum() / w.sum()
    sums = (
        pairs.filter(explained)
        .group_by(_EXPIRY)
        .agg(
            n=pl.len(),
            mean_k=mean_k,
            mean_y=mean_y,
            slope=(w * (k - mean_k) * (y - mean_y)).sum() / (w * (k - mean_k).pow(2)).sum(),
        )
    )
    rough = pairs.select(*_EXPIRY, "discount", "level").unique(_EXPIRY)
    usable = (pl.col("n") >= _ENOUGH) & pl.col("slope").is_finite()
    return rough.join(sums, on=_EXPIRY, how="left").select(
        *_EXPIRY,
        discount=pl.when(usable).then(-pl.col("slope")).otherwise("discount"),
        level=pl.when(usable).then(pl.col("mean_y") - pl.col("slope") * pl.col("mean_k")).otherwise("level"),
    )
