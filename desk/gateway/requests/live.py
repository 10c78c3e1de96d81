"""Requests for what happens from now on: tick by tick, five-second bars and market depth."""

from __future__ import annotations

from dataclasses import dataclass

from desk.gateway.fields import Reader
from desk.gateway.requests.terms import Terms


@dataclass(frozen=True, slots=True)
class TickByTick:
    """Message 97: every tick of a `kind` (`Last`, `AllLast`, `BidAsk`, `MidPoint`), after `number` past ones."""

    request_id: int
    terms: Terms
    kind: str
    number: int
    ignore_size: bool

    @classmethod
    def read(cls, reader: Reader) -> TickByTick:
        """Read the fields after the message's id."""
        return cls(reader.integer(), Terms.read(reader), reader.text().strip(), reader.integer(), reader.flag())


@dataclass(frozen=True, slots=True)
class CancelTickByTick:
    """Message 98: no more ticks."""

    request_id: int

    @classmethod
    def read(cls, reader: Reader) -> CancelTickByTick:
        """Read the fields after the message's id."""
        return cls(reader.integer())


@dataclass(frozen=True, slots=True)
class RealTimeBars:
    """Message 50: a bar every five seconds, whatever size was asked for; `what` as IB's whatToShow."""

    request_id: int
    terms: Terms
    what: str

    @classmethod
    def read(cls, reader: Reader) -> RealTimeBars:
        """Read the fields after the message's id."""
        reader.skip()
        request_id, terms = reader.integer(), Terms.read(reader)
        reader.integer()
        what = reader.text().strip().upper()
        reader.flag()
        reader.skip()
        return cls(request_id, terms, what)


@dataclass(frozen=True, slots=True)
class CancelRealTimeBars:
    """Message 51: no more bars."""

    request_id: int

    @classmethod
    def read(cls, reader: Reader) -> CancelRealTimeBars:
        """Read the fields after the message's id."""
        reader.skip()
        return cls(reader.integer())


@dataclass(frozen=True, slots=True)
class Depth:
    """Message 10: the order book, `rows` levels of it; `smart` over all exchanges together."""

    request_id: int
    terms: Terms
    rows: int
    smart: bool

    @classmethod
    def read(cls, reader: Reader) -> Depth:
        """Read the fields after the message's id."""
        reader.skip()
        request_id, terms = reader.integer(), Terms.read(reader)
        rows, smart = reader.integer(), reader.flag()
        reader.skip()
        return cls(request_id, terms, rows, smart)


@dataclass(frozen=True, slots=True)
class CancelDepth:
    """Message 11: no more of the order book."""

    request_id: int

    @classmethod
    def read(cls, reader: Reader) -> CancelDepth:
        """Read the fields after the message's id."""
        reader.skip()
        request_id = reader.integer()
        reader.flag()
        return cls(request_id)
