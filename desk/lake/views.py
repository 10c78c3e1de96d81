"""What a strategy saw, as one compressed value per decision, and back again.

A view is JSON of arrays in the order of the messages' fields, compressed with zlib: a chain of a hundred quotes takes a
few kilobytes.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable
from dataclasses import astuple
from datetime import UTC, datetime
from typing import Any

import polars as pl

from desk.lake.place import Root
from desk.lake.rows import Item, exchange_day, instant
from desk.lake.schema import VIEWS
from desk.lake.tables import scan
from messages.contract import Contract, Quote
from messages.data import Seen
from messages.market import ChainQuotes, Selection

_INDICES = {"VIX"}


def of_seen(seen: Seen) -> Item:
    """Return the row of a decision with what was seen; its underlying is the first stock or index but the VIX."""
    spots = {quote.contract.symbol: quote.last for quote in seen.quotes if quote.contract.sec_type != "OPT"}
    underlying = next((last for symbol, last in spots.items() if symbol not in _INDICES), None)
    contracts = len(seen.quotes) + sum(len(chain.quotes) for chain in seen.chains)
    packed = _pack(seen.quotes, seen.chains)
    row = (instant(seen.at), None, seen.strategy, seen.decision, underlying, spots.get("VIX"), contracts, packed)
    raw = pl.DataFrame([row], schema=VIEWS.schema, orient="row")
    return {VIEWS.name: raw.with_columns(exchange_day("timestamp").alias("date"))}


def read_views(root: Root, strategy: str, start: datetime, end: datetime) -> Iterable[Seen]:
    """Yield what a strategy saw at each decision from `start` to `end` (aware, both included), oldest first."""
    within = pl.col("timestamp").is_between(start.astimezone(UTC), end.astimezone(UTC))
    rows = scan(root, VIEWS).filter(pl.col("strategy") == strategy, within).sort("timestamp").collect()
    for row in rows.iter_rows(named=True):
        quotes, chains = _unpack(row["view"])
        yield Seen("", "", strategy, row["timestamp"].timestamp(), row["decision"], quotes, chains)


def _pack(quotes: tuple[Quote, ...], chains: tuple[ChainQuotes, ...]) -> bytes:
    values = [[astuple(quote) for quote in quotes], [astuple(chain) for chain in chains]]
    return zlib.compress(json.dumps(values, separators=(",", ":")).encode())


def _unpack(packed: bytes) -> tuple[tuple[Quote, ...], tuple[ChainQuotes, ...]]:
    quotes, chains = json.loads(zlib.decompress(packed))
    return tuple(map(_quote, quotes)), tuple(map(_chain, chains))


def _quote(values: list[Any]) -> Quote:
    fields = [Contract(*values[0]), *values[1:-1], tuple(values[-1])]
    return Quote(*fields)


def _chain(values: list[Any]) -> ChainQuotes:
    correlation, selection, asked, quotes, failed, underlying, vix, error = values
    return ChainQuotes(
        correlation,
        Selection(*selection),
        asked,
        tuple(map(_quote, quotes)),
        tuple((reason, count) for reason, count in failed),
        _quote(underlying) if underlying else None,
        _quote(vix) if vix else None,
        error,
    )
