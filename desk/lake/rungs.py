"""Every rung of every ladder with its legs' quotes of that moment: the material for a model of fills.

Stored as a row per rung and leg, so that a leg is found by its contract as in every other table; `per_rung` makes the
one row per rung that a model learns from. What became of a rung is in the trade log, under the same order_id.
"""

from __future__ import annotations

from datetime import datetime

import polars as pl

from desk.lake.errors import ReadError, edge
from desk.lake.place import Root
from desk.lake.rows import Item, exchange_day, instant
from desk.lake.schema import RUNGS
from desk.lake.tables import scan
from messages.data import Rung, Rungs

_LEGS = (("short_put", "SELL"), ("long_put", "BUY"), ("short_call", "SELL"), ("long_call", "BUY"))
_REVERSED = {"SELL": "BUY", "BUY": "SELL"}
_RUNG = ("order_id", "rung", "timestamp", "strategy", "position", "action", "reason", "quantity", "limit")


def of_rungs(rungs: Rungs) -> Item:
    """Return the rows of some rungs, one per leg."""
    rows = [row for rung in rungs.rungs for row in _rows(rung)]
    known = [name for name in RUNGS.schema if name != "date"]
    raw = pl.DataFrame(rows, schema={name: RUNGS.schema[name] for name in known}, orient="row")
    return {RUNGS.name: raw.with_columns(exchange_day("timestamp").alias("date")).select(RUNGS.schema.names())}


def read_rungs(
    root: Root, strategy: str | None = None, start: datetime | None = None, end: datetime | None = None
) -> pl.DataFrame:
    """Return the rungs of a strategy (or of all) from `start` to `end` (aware, both included), a row per leg.

    In the columns of table `rungs`, oldest first; short put, long put, short call, long call. ReadError.
    """
    with edge(ReadError, "cannot read the rungs"):
        rows = scan(root, RUNGS)
        if strategy is not None:
            rows = rows.filter(strategy=strategy)
        if start is not None:
            rows = rows.filter(pl.col("timestamp") >= start)
        if end is not None:
            rows = rows.filter(pl.col("timestamp") <= end)
        return rows.collect().sort("timestamp", "order_id", "rung", "leg")


def per_rung(rows: pl.DataFrame) -> pl.DataFrame:
    """Return a row per rung of what `read_rungs` returns, with the combination's own market.

    `natural` is what the order trades at against the legs' quotes, `best` what it would at their other sides, and `mid`
    between the two: dollars per share, positive as `limit` is, null unless all legs have both sides. `yielded` is how
    far the limit has come from mid (0) to natural (1). `least_size` is the fewest contracts shown on the sides that are
    traded against; `oldest` the age in seconds of the oldest quote.
    """
    sign = pl.when(pl.col("side") == "SELL").then(1.0).otherwise(-1.0)
    hit, other = (
        pl.when(pl.col("side") == "SELL").then(pl.col(first)).otherwise(pl.col(second))
        for first, second in (("bid", "ask"), ("ask", "bid"))
    )
    shown = pl.when(pl.col("side") == "SELL").then(pl.col("bid_size")).otherwise(pl.col("ask_size"))
    received = (pl.col("timestamp") - pl.col("received")).dt.total_microseconds() / 1e6
    quoted = (pl.len() == len(_LEGS)) & pl.all_horizontal("bid", "ask").is_not_null().all()
    direction = pl.when(pl.col("action").first() == "open").then(1.0).otherwise(-1.0)
    sums = rows.group_by(_RUNG, maintain_order=True).agg(
        natural=pl.when(quoted).then((sign * hit).sum() * direction),
        best=pl.when(quoted).then((sign * other).sum() * direction),
        least_size=shown.min(),
        oldest=received.max(),
        underlying=pl.col("underlying").drop_nulls().first(),
    )
    mids = sums.with_columns(mid=(pl.col("natural") + pl.col("best")) / 2)
    return mids.with_columns(yielded=(pl.col("limit") - pl.col("mid")) / (pl.col("natural") - pl.col("mid")))


def _rows(rung: Rung) -> list[tuple[object, ...]]:
    shared = (
        instant(rung.at),
        rung.order_id,
        rung.rung,
        rung.strategy,
        rung.position,
        rung.action,
        rung.reason,
        rung.quantity,
        rung.limit,
    )
    rows: list[tuple[object, ...]] = []
    for number, (quote, (_, side)) in enumerate(zip(rung.legs, _LEGS, strict=True)):
        of = quote.contract
        rows.append(
            (
                *shared,
                number,
                side if rung.action == "open" else _REVERSED[side],
                of.con_id,
                of.symbol,
                of.trading_class or of.symbol,
                of.expiry,
                of.strike,
                of.right,
                instant(quote.received) if quote.received else None,
                quote.bid,
                quote.ask,
                quote.bid_size,
                quote.ask_size,
                quote.iv,
                quote.delta,
                quote.gamma,
                quote.theta,
                quote.vega,
                quote.underlying,
            )
        )
    return rows
