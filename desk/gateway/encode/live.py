"""Messages of what happens from now on: ticks one by one, five-second bars and the order book."""

from __future__ import annotations

from dataclasses import dataclass

from desk.gateway.fields import message

INSERT, UPDATE, DELETE = 0, 1, 2
ASK, BID = 0, 1


@dataclass(frozen=True, slots=True)
class LiveBar:
    """Five seconds: prices in dollars per share, volume in shares or contracts, -1 for what is not counted."""

    start: int
    open: float
    high: float
    low: float
    close: float
    volume: float = -1
    average: float = -1
    count: int = -1


def last(request_id: int, kind: int, at: float, price: float, size: float, exchange: str) -> bytes:
    """Return message 99 of a trade; `kind` 1 for Last, 2 for AllLast."""
    return message(99, request_id, kind, int(at), price, int(size), 0, exchange, "")


def bid_ask(request_id: int, at: float, bid: float, ask: float, bid_size: float, ask_size: float) -> bytes:
    """Return message 99 of a quote."""
    return message(99, request_id, 3, int(at), bid, ask, int(bid_size), int(ask_size), 0)


def midpoint(request_id: int, at: float, price: float) -> bytes:
    """Return message 99 of a midpoint."""
    return message(99, request_id, 4, int(at), price)


def bar(request_id: int, one: LiveBar) -> bytes:
    """Return message 50."""
    prices = one.open, one.high, one.low, one.close
    return message(50, 3, request_id, one.start, *prices, one.volume, one.average, one.count)


def depth(request_id: int, operation: int, side: int, price: float, size: float, maker: str | None) -> bytes:
    """Return message 12 for the best level of one side, message 13 with the exchange it is from for smart depth."""
    if maker is None:
        return message(12, 1, request_id, 0, operation, side, price, int(size))
    return message(13, 1, request_id, 0, maker, operation, side, price, int(size), 1)
