"""From quotes over time to ticks: one whenever something has changed."""

from __future__ import annotations

from math import isnan

from desk.gateway.encode.past import Midpoint, Quoted, Traded
from desk.gateway.samples import Sampled
from desk.gateway.ticks import Row


def quoted(found: Sampled) -> list[Quoted]:
    """Return a tick for every change of bid, ask or a size of theirs; none while a side is missing."""
    made: list[Quoted] = []
    for at, one in found:
        values = one.bid, one.ask, *(1.0 if isnan(size) else size for size in (one.bid_size, one.ask_size))
        if not isnan(one.bid) and not isnan(one.ask) and (not made or made[-1][1:] != values):
            made.append(Quoted(int(at), *values))
    return made


def middles(found: Sampled) -> list[Midpoint]:
    """Return a tick for every change of the midpoint."""
    made: list[Midpoint] = []
    for at, one in found:
        middle = round((one.bid + one.ask) / 2, 4)
        if not isnan(middle) and (not made or made[-1].price != middle):
            made.append(Midpoint(int(at), middle))
    return made


def traded(found: Sampled, exchange: str) -> list[Traded]:
    """Return a tick for every change of the last price or the volume; its size is the volume since the one before."""
    made: list[Traded] = []
    before: Row | None = None
    for at, one in found:
        if isnan(one.last):
            continue
        if before is None or (one.last, _volume(one)) != (before.last, _volume(before)):
            grown = 0.0 if before is None else _volume(one) - _volume(before)
            made.append(Traded(int(at), one.last, max(1.0, grown), exchange))
        before = one
    return made


def _volume(one: Row) -> float:
    return 0.0 if isnan(one.volume) else one.volume
