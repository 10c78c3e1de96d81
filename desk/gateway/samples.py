"""A contract's quotes at many times: what bars, histograms and past ticks are made of."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from math import isnan, nan

from desk.gateway.book import Listed
from desk.gateway.clients import Client, Context, attempt
from desk.gateway.ticks import NO_MARKET, Row, rows

_SLICE = 100
"""Quotes read in one turn of the loop, so that a long history keeps nobody else waiting."""
MOST = 10_000
"""Quotes read for one request at most."""

Sampled = list[tuple[float, Row]]


def row(context: Context, listed: Listed, at: float) -> Row:
    """Return the quote at a market time; nothing for what no source quotes."""
    if listed.origin is None:
        return NO_MARKET
    return rows(context.source.quotes([listed.origin], at))[0]


def collect(client: Client, listed: Listed, times: Sequence[float], then: Callable[[Sampled], None]) -> None:
    """Read the quotes at those times, a slice per turn of the loop, and hand them on unless the client has left."""
    found: Sampled = []
    waiting = iter(times)

    def proceed() -> None:
        if client.closed:
            return
        batch = _some(waiting)
        found.extend((at, row(client.context, listed, at)) for at in batch)
        if len(batch) < _SLICE:
            then(found)
        else:
            asyncio.get_running_loop().call_soon(lambda: attempt(proceed))

    proceed()


def _some(times: Iterator[float]) -> list[float]:
    return list(islice(times, _SLICE))


def price(one: Row, what: str) -> float:
    """Return what a kind of data says of a quote, in dollars: NaN when that is nothing."""
    if what in {"TRADES", "ADJUSTED_LAST"}:
        return one.last
    if isnan(one.bid) or isnan(one.ask):
        return nan
    return {"BID": one.bid, "ASK": one.ask}.get(what, (one.bid + one.ask) / 2)
