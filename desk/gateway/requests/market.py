"""Requests for quotes and history."""

from __future__ import annotations

from dataclasses import dataclass

from desk.gateway.exchange.model import Leg
from desk.gateway.fields import Reader
from desk.gateway.requests.legs import read_legs
from desk.gateway.requests.terms import Terms


@dataclass(frozen=True, slots=True)
class MarketData:
    """Message 1: quotes of a contract, as a stream or once (`snapshot`)."""

    request_id: int
    terms: Terms
    legs: tuple[Leg, ...]
    generic_ticks: str
    snapshot: bool

    @classmethod
    def read(cls, reader: Reader) -> MarketData:
        """Read the fields after the message's id; a regulatory snapshot is a snapshot here."""
        reader.skip()
        request_id, terms = reader.integer(), Terms.read(reader)
        legs = read_legs(reader, terms)
        if reader.flag():
            for _ in range(3):
                reader.skip()
        generic_ticks, snapshot, regulatory = reader.text(), reader.flag(), reader.flag()
        reader.skip()
        return cls(request_id, terms, legs, generic_ticks, snapshot or regulatory)


@dataclass(frozen=True, slots=True)
class CancelMarketData:
    """Message 2: end a stream of quotes."""

    request_id: int

    @classmethod
    def read(cls, reader: Reader) -> CancelMarketData:
        """Read the fields after the message's id."""
        reader.skip()
        return cls(reader.integer())


@dataclass(frozen=True, slots=True)
class MarketDataType:
    """Message 59: 1 live, 2 frozen, 3 delayed, 4 delayed frozen."""

    kind: int

    @classmethod
    def read(cls, reader: Reader) -> MarketDataType:
        """Read the fields after the message's id."""
        reader.skip()
        return cls(reader.integer())


@dataclass(frozen=True, slots=True)
class HistoricalData:
    """Message 20: bars of a contract."""

    request_id: int
    terms: Terms
    end: str
    bar_size: str
    duration: str
    what: str
    date_format: int
    keep_up_to_date: bool

    @classmethod
    def read(cls, reader: Reader) -> HistoricalData:
        """Read the fields after the message's id."""
        request_id, terms = reader.integer(), Terms.read(reader)
        reader.flag()
        end, bar_size, duration = reader.text().strip(), reader.text().strip(), reader.text().strip()
        reader.flag()
        what, date_format = reader.text().strip().upper(), reader.integer()
        read_legs(reader, terms)
        keep = reader.flag()
        reader.skip()
        return cls(request_id, terms, end, bar_size, duration, what, date_format, keep)


@dataclass(frozen=True, slots=True)
class CancelHistoricalData:
    """Message 25: forget a request for bars."""

    request_id: int

    @classmethod
    def read(cls, reader: Reader) -> CancelHistoricalData:
        """Read the fields after the message's id."""
        reader.skip()
        return cls(reader.integer())
