"""The legs of a combination as requests for data name them."""

from __future__ import annotations

from desk.gateway.exchange.model import Leg
from desk.gateway.fields import Reader
from desk.gateway.requests.terms import Terms


def read_legs(reader: Reader, terms: Terms) -> tuple[Leg, ...]:
    """Read a count and of each leg contract id, ratio, action and exchange; nothing unless the terms are a BAG."""
    if terms.sec_type != "BAG":
        return ()
    return tuple(
        Leg(reader.integer(), reader.integer(), reader.text().strip().upper(), reader.text().strip().upper())
        for _ in range(reader.count())
    )
