"""Requests that an account like this one gets a fixed answer to, or that ask for a computation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from desk.gateway.fields import Reader
from desk.gateway.requests.terms import Terms


@dataclass(frozen=True, slots=True)
class Fixed:
    """A request whose answer depends on nothing but its message id and request id (-1 where it has none)."""

    message_id: int
    request_id: int


def fixed(message_id: int, place: int | None = None) -> Callable[[Reader], Fixed]:
    """Return a reader of that message whose request id comes after `place` other fields (None: it has none)."""

    def read(reader: Reader) -> Fixed:
        if place is None:
            return Fixed(message_id, -1)
        for _ in range(place):
            reader.skip()
        return Fixed(message_id, reader.integer())

    return read


@dataclass(frozen=True, slots=True)
class OptionValue:
    """Messages 54 and 55: the volatility of a price (`price` set) or the price of a volatility, at an underlying's."""

    request_id: int
    terms: Terms
    price: float | None
    volatility: float | None
    underlying: float

    @classmethod
    def read_volatility(cls, reader: Reader) -> OptionValue:
        """Read the fields of message 54 after its id."""
        reader.skip()
        request_id, terms = reader.integer(), Terms.read(reader)
        return cls(request_id, terms, reader.number(), None, reader.number())

    @classmethod
    def read_price(cls, reader: Reader) -> OptionValue:
        """Read the fields of message 55 after its id."""
        reader.skip()
        request_id, terms = reader.integer(), Terms.read(reader)
        return cls(request_id, terms, None, reader.number(), reader.number())
