"""Messages of historical data."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from desk.gateway.fields import Field, message

ABSENT = -1
"""IB's word for a volume, average or count that a bar does not have."""


class Row(NamedTuple):
    """One bar; `date` is its start as text, or its day."""

    date: str
    open: float
    high: float
    low: float
    close: float
    volume: float = ABSENT
    average: float = ABSENT
    trades: int = ABSENT


def bars(request_id: int, start: str, end: str, history: Sequence[Row]) -> bytes:
    """Return message 17: every bar in one message, oldest first; its own end."""
    fields: list[Field] = [17, request_id, start, end, len(history)]
    for bar in history:
        fields += bar
    return message(*fields)


def update(request_id: int, bar: Row) -> bytes:
    """Return message 90: the last bar as it is now. Its prices come in an order of their own."""
    prices = bar.open, bar.close, bar.high, bar.low
    return message(90, request_id, bar.trades, bar.date, *prices, bar.average, bar.volume)
