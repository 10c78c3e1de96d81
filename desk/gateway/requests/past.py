"""Requests about the past other than bars: ticks, the first time there is data of, and prices by frequency."""

from __future__ import annotations

from dataclasses import dataclass

from desk.gateway.fields import Reader
from desk.gateway.requests.terms import Terms


@dataclass(frozen=True, slots=True)
class HistoricalTicks:
    """Message 96: up to `number` ticks after `start` or before `end`, one of which is empty."""

    request_id: int
    terms: Terms
    start: str
    end: str
    number: int
    what: str

    @classmethod
    def read(cls, reader: Reader) -> HistoricalTicks:
        """Read the fields after the message's id."""
        request_id, terms = reader.integer(), Terms.read(reader)
        reader.flag()
        start, end, number = reader.text().strip(), reader.text().strip(), reader.integer()
        what = reader.text().strip().upper()
        reader.flag()
        reader.flag()
        reader.skip()
        return cls(request_id, terms, start, end, number, what)


@dataclass(frozen=True, slots=True)
class HeadTimestamp:
    """Message 87: since when there is data; `date_format` 1 for text in UTC, 2 for epoch seconds."""

    request_id: int
    terms: Terms
    what: str
    date_format: int

    @classmethod
    def read(cls, reader: Reader) -> HeadTimestamp:
        """Read the fields after the message's id."""
        request_id, terms = reader.integer(), Terms.read(reader)
        reader.flag()
        reader.flag()
        return cls(request_id, terms, reader.text().strip().upper(), reader.integer())


@dataclass(frozen=True, slots=True)
class Histogram:
    """Message 88: how often each price was traded over a period such as `3 days`."""

    request_id: int
    terms: Terms
    period: str

    @classmethod
    def read(cls, reader: Reader) -> Histogram:
        """Read the fields after the message's id."""
        request_id, terms = reader.integer(), Terms.read(reader)
        reader.flag()
        reader.flag()
        return cls(request_id, terms, reader.text().strip().lower())
