"""Messages that end a list of orders or executions."""

from __future__ import annotations

from desk.gateway.fields import message


def open_order_end() -> bytes:
    """Return message 53."""
    return message(53, 1)


def completed_orders_end() -> bytes:
    """Return message 102."""
    return message(102)


def executions_end(request_id: int) -> bytes:
    """Return message 55."""
    return message(55, 1, request_id)
