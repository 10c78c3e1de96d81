"""Requests about orders; the order itself is `exchange.model.OrderRequest`, read by `placing`."""

from __future__ import annotations

from dataclasses import dataclass

from desk.gateway.exchange.model import ExecutionFilter
from desk.gateway.fields import Reader

_MANUAL_TIME = 169
"""The version from which a cancel may say when it was given by hand."""


@dataclass(frozen=True, slots=True)
class CancelOrder:
    """Message 4: the end of an order."""

    order_id: int

    @classmethod
    def read(cls, reader: Reader) -> CancelOrder:
        """Read the fields after the message's id."""
        reader.skip()
        order_id = reader.integer()
        if reader.version >= _MANUAL_TIME:
            reader.skip()
        return cls(order_id)


@dataclass(frozen=True, slots=True)
class GlobalCancel:
    """Message 58: the end of every order of the account, whoever sent it."""

    @classmethod
    def read(cls, reader: Reader) -> GlobalCancel:
        """Read the fields after the message's id."""
        reader.skip()
        return cls()


@dataclass(frozen=True, slots=True)
class OpenOrders:
    """Message 5: this client's working orders."""

    @classmethod
    def read(cls, reader: Reader) -> OpenOrders:
        """Read the fields after the message's id."""
        reader.skip()
        return cls()


@dataclass(frozen=True, slots=True)
class AllOpenOrders:
    """Message 16: every client's working orders."""

    @classmethod
    def read(cls, reader: Reader) -> AllOpenOrders:
        """Read the fields after the message's id."""
        reader.skip()
        return cls()


@dataclass(frozen=True, slots=True)
class AutoOpenOrders:
    """Message 15: whether orders made by hand become client 0's."""

    bind: bool

    @classmethod
    def read(cls, reader: Reader) -> AutoOpenOrders:
        """Read the fields after the message's id."""
        reader.skip()
        return cls(reader.flag())


@dataclass(frozen=True, slots=True)
class CompletedOrders:
    """Message 99: the day's finished orders; `api_only` leaves out those made by hand."""

    api_only: bool

    @classmethod
    def read(cls, reader: Reader) -> CompletedOrders:
        """Read the fields after the message's id."""
        return cls(reader.flag())


@dataclass(frozen=True, slots=True)
class Executions:
    """Message 7: the day's executions that pass a filter."""

    request_id: int
    wanted: ExecutionFilter

    @classmethod
    def read(cls, reader: Reader) -> Executions:
        """Read the fields after the message's id."""
        reader.skip()
        request_id, client_id = reader.integer(), reader.integer()
        account, time = reader.text().strip(), reader.text().strip()
        words = [reader.text().strip().upper() for _ in range(4)]
        return cls(request_id, ExecutionFilter(client_id, account, time, *words))
