"""Requests about orders."""

from __future__ import annotations

from dataclasses import dataclass

from desk.gateway.fields import Reader


@dataclass(frozen=True, slots=True)
class PlaceOrder:
    """Message 3: an order; only its id is read, because none is accepted."""

    order_id: int

    @classmethod
    def read(cls, reader: Reader) -> PlaceOrder:
        """Read the fields after the message's id."""
        return cls(reader.integer())


@dataclass(frozen=True, slots=True)
class CancelOrder:
    """Message 4: the end of an order."""

    order_id: int

    @classmethod
    def read(cls, reader: Reader) -> CancelOrder:
        """Read the fields after the message's id."""
        reader.skip()
        return cls(reader.integer())


@dataclass(frozen=True, slots=True)
class OpenOrders:
    """Messages 5 and 16: the working orders of this client, or of all."""

    @classmethod
    def read(cls, reader: Reader) -> OpenOrders:
        """Read the fields after the message's id."""
        reader.skip()
        return cls()


@dataclass(frozen=True, slots=True)
class CompletedOrders:
    """Message 99: the day's finished orders."""

    @classmethod
    def read(cls, reader: Reader) -> CompletedOrders:
        """Read the fields after the message's id."""
        reader.flag()
        return cls()


@dataclass(frozen=True, slots=True)
class Executions:
    """Message 7: the day's executions."""

    request_id: int

    @classmethod
    def read(cls, reader: Reader) -> Executions:
        """Read the fields after the message's id; the filter cannot narrow an empty book."""
        reader.skip()
        return cls(reader.integer())
