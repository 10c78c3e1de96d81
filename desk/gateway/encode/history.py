"""Messages of historical data."""

from __future__ import annotations

from collections.abc import Sequence

from desk.gateway.fields import Field, message
from messages.contract import Bar

ABSENT = -1
"""IB's word for a volume, average or count that a bar does not have."""


def bars(request_id: int, start: str, end: str, history: Sequence[Bar]) -> bytes:
    """Return message 17: every bar in one message, oldest first; its own end."""
    fields: list[Field] = [17, request_id, start, end, len(history)]
    for bar in history:
        volume = ABSENT if bar.volume is None else bar.volume
        fields += [bar.date, bar.open, bar.high, bar.low, bar.close, volume, ABSENT, ABSENT]
    return message(*fields)
