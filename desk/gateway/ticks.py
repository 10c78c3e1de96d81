"""From a quote to IB's ticks: what a subscription shows, tick by tick."""

from __future__ import annotations

from collections.abc import Iterator
from math import isnan, nan
from typing import NamedTuple

from desk.gateway.encode import market as encode
from desk.gateway.source import Quotes
from messages.contract import Bar

BID, ASK, LAST, HIGH, LOW, VOLUME, CLOSE, OPEN = 1, 2, 4, 6, 7, 8, 9, 14
CALL_INTEREST, PUT_INTEREST, VENUE, LAST_TIME, HALTED, CONTRACTS_OPEN = 27, 28, 32, 45, 49, 86
BID_GREEKS, ASK_GREEKS, MODEL_GREEKS = 10, 11, 13
OPEN_INTEREST = 101
"""The generic tick that asks for open interest."""
FUTURES_INTEREST = 588
"""The same for futures."""

_SIZE_OF = {BID: 0, ASK: 3}
_UNSIZED = 1.0
"""Size of a price that was recorded without one: IB sends none without a size, and its clients drop those of size 0."""


class Row(NamedTuple):
    """One contract's quote; the fields of `Quotes`, NaN where nothing is there."""

    bid: float
    ask: float
    bid_size: float
    ask_size: float
    last: float
    close: float
    volume: float
    open_interest: float
    iv: float
    delta: float
    gamma: float
    theta: float
    vega: float
    underlying: float
    kind: str


NO_MARKET = Row(nan, nan, nan, nan, nan, nan, nan, nan, nan, nan, nan, nan, nan, nan, "")
"""The quote of what nobody quotes."""


def rows(quotes: Quotes) -> list[Row]:
    """Return the quotes one by one."""
    columns = [getattr(quotes, name).tolist() for name in Row._fields[:-1]]
    return list(map(Row._make, zip(*columns, quotes.kind, strict=True)))


class Price(NamedTuple):
    """A price with its size."""

    tick: int
    value: float
    size: float

    def message(self, number: int, shown: object) -> bytes:
        """Return its message; only the size when the price was shown before."""
        if isinstance(shown, Price) and shown.value == self.value and self.tick in _SIZE_OF:
            return encode.size(number, _SIZE_OF[self.tick], self.size)
        return encode.price(number, self.tick, self.value, self.size)


class Size(NamedTuple):
    """A volume or open interest."""

    tick: int
    value: float

    def message(self, number: int, _shown: object) -> bytes:
        """Return its message."""
        return encode.size(number, self.tick, self.value)


class Generic(NamedTuple):
    """A number of its own kind."""

    tick: int
    value: float

    def message(self, number: int, _shown: object) -> bytes:
        """Return its message."""
        return encode.generic(number, self.tick, self.value)


class Text(NamedTuple):
    """A text."""

    tick: int
    value: str

    def message(self, number: int, _shown: object) -> bytes:
        """Return its message."""
        return encode.text(number, self.tick, self.value)


class Greeks(NamedTuple):
    """An option computation."""

    tick: int
    value: encode.Computation

    def message(self, number: int, _shown: object) -> bytes:
        """Return its message."""
        return encode.computation(number, self.tick, self.value)


Tick = Price | Size | Generic | Text | Greeks


def quote(row: Row, *, sided: bool) -> Iterator[Tick]:
    """Give the ticks of a quote in IB's order; an index is not `sided`: it has no bid, ask or volume."""
    if row.kind:
        yield Text(VENUE, row.kind)
    if sided:
        yield _side(BID, row.bid, row.bid_size)
        yield _side(ASK, row.ask, row.ask_size)
    if not isnan(row.last):
        yield Price(LAST, row.last, 0)
    if sided and not isnan(row.volume):
        yield Size(VOLUME, row.volume)
    if not isnan(row.close):
        yield Price(CLOSE, row.close, 0)
    if sided:
        yield Generic(HALTED, 0)


def session(bar: Bar) -> Iterator[Tick]:
    """Give the ticks of the session so far."""
    yield Price(HIGH, bar.high, 0)
    yield Price(LOW, bar.low, 0)
    yield Price(OPEN, bar.open, 0)


def interest(row: Row, right: str) -> Iterator[Tick]:
    """Give an option's open interest: IB sends both, the other right's as 0."""
    if not isnan(row.open_interest):
        yield Size(CALL_INTEREST, row.open_interest if right == "C" else 0)
        yield Size(PUT_INTEREST, row.open_interest if right == "P" else 0)


def futures_interest(row: Row) -> Iterator[Tick]:
    """Give a future's open interest."""
    if not isnan(row.open_interest):
        yield Size(CONTRACTS_OPEN, row.open_interest)


def greeks(row: Row) -> Iterator[Tick]:
    """Give the model's computation, at mid, and those at bid and ask."""
    if isnan(row.iv):
        yield Greeks(MODEL_GREEKS, encode.NOT_COMPUTED)
        return
    mid = (row.bid + row.ask) / 2
    yield Greeks(MODEL_GREEKS, _computation(row, row.iv, mid))
    for tick, price in ((BID_GREEKS, row.bid), (ASK_GREEKS, row.ask)):
        yield Greeks(tick, _at(row, price, mid))


def _side(tick: int, price: float, size: float) -> Price:
    if isnan(price):
        return Price(tick, -1, 0)
    return Price(tick, price, _UNSIZED if isnan(size) else size)


def _at(row: Row, price: float, mid: float) -> encode.Computation:
    """Return the computation at one side: the volatility is off the model's by the price's distance over vega."""
    iv = row.iv + (price - mid) / (row.vega * 100) if row.vega else nan
    if isnan(iv) or iv <= 0:
        return encode.NOT_COMPUTED
    return _computation(row, iv, price)


def _computation(row: Row, iv: float, price: float) -> encode.Computation:
    none = encode.NOT_COMPUTED
    return encode.Computation(
        iv=iv,
        delta=_or(row.delta, none.delta),
        price=_or(price, none.price),
        dividends=0,
        gamma=_or(row.gamma, none.gamma),
        vega=_or(row.vega, none.vega),
        theta=_or(row.theta, none.theta),
        underlying=_or(row.underlying, none.underlying),
    )


def _or(value: float, absent: float) -> float:
    return absent if isnan(value) else value
