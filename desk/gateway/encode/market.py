"""Messages of a market-data subscription."""

from __future__ import annotations

from dataclasses import dataclass

from desk.gateway.fields import message


@dataclass(frozen=True, slots=True)
class Computation:
    """What message 21 says of an option: volatility a fraction per year, prices in dollars, vega per vol point.

    The defaults are IB's words for "not computed".
    """

    iv: float = -1
    delta: float = -2
    price: float = -1
    dividends: float = -1
    gamma: float = -2
    vega: float = -2
    theta: float = -2
    underlying: float = -1


NOT_COMPUTED = Computation()


def request_parameters(request_id: int, min_tick: float, exchange: str, permissions: int) -> bytes:
    """Return message 81: smallest tick, the code of the exchange map, snapshot permissions."""
    return message(81, request_id, min_tick, exchange, permissions)


def data_type(request_id: int, kind: int) -> bytes:
    """Return message 58: 1 live, 2 frozen."""
    return message(58, 1, request_id, kind)


def price(request_id: int, tick: int, value: float, size: float) -> bytes:
    """Return message 1: a price and its size, -1 and 0 when there is none. The attribute says the quote can execute."""
    return message(1, 6, request_id, tick, value, int(size), 1 if size else 0)


def size(request_id: int, tick: int, value: float) -> bytes:
    """Return message 2: a size, volume or open interest, whole (the oldest clients read no fractions)."""
    return message(2, 6, request_id, tick, int(value))


def generic(request_id: int, tick: int, value: float) -> bytes:
    """Return message 45."""
    return message(45, 6, request_id, tick, repr(float(value)))


def text(request_id: int, tick: int, value: str) -> bytes:
    """Return message 46."""
    return message(46, 6, request_id, tick, value)


def computation(request_id: int, tick: int, value: Computation) -> bytes:
    """Return message 21: return-based Greeks."""
    return message(
        21,
        request_id,
        tick,
        0,
        value.iv,
        value.delta,
        value.price,
        value.dividends,
        value.gamma,
        value.vega,
        value.theta,
        value.underlying,
    )


def snapshot_end(request_id: int) -> bytes:
    """Return message 57."""
    return message(57, 1, request_id)
