"""Messages about the past other than bars."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from desk.gateway.fields import Field, message


class Midpoint(NamedTuple):
    """A midpoint at an epoch second."""

    at: int
    price: float


class Quoted(NamedTuple):
    """A quote at an epoch second."""

    at: int
    bid: float
    ask: float
    bid_size: float
    ask_size: float


class Traded(NamedTuple):
    """A trade at an epoch second."""

    at: int
    price: float
    size: float
    exchange: str


Ticks = Sequence[Midpoint] | Sequence[Quoted] | Sequence[Traded]


def midpoints(request_id: int, ticks: Sequence[Midpoint]) -> bytes:
    """Return message 96: every midpoint, and that these are all."""
    return message(96, request_id, len(ticks), *_rows((t.at, 0, t.price, 0) for t in ticks), 1)


def quotes(request_id: int, ticks: Sequence[Quoted]) -> bytes:
    """Return message 97: every quote, and that these are all."""
    rows = _rows((t.at, 0, t.bid, t.ask, int(t.bid_size), int(t.ask_size)) for t in ticks)
    return message(97, request_id, len(ticks), *rows, 1)


def trades(request_id: int, ticks: Sequence[Traded]) -> bytes:
    """Return message 98: every trade, and that these are all."""
    return message(
        98, request_id, len(ticks), *_rows((t.at, 0, t.price, int(t.size), t.exchange, "") for t in ticks), 1
    )


def head(request_id: int, at: str) -> bytes:
    """Return message 88: the time of the first data."""
    return message(88, request_id, at)


def histogram(request_id: int, counts: Sequence[tuple[float, int]]) -> bytes:
    """Return message 89: prices and how often each was seen."""
    return message(89, request_id, len(counts), *_rows(counts))


def schedule(request_id: int, zone: str, sessions: Sequence[tuple[str, str, str]]) -> bytes:
    """Return message 106: of each session start, end (`YYYYMMDD-HH:MM:SS` in the zone) and date."""
    return message(106, request_id, sessions[0][0], sessions[-1][1], zone, len(sessions), *_rows(sessions))


def _rows(rows: Iterable[tuple[Field, ...]]) -> list[Field]:
    return [field for row in rows for field in row]
