"""What an open condor is worth by its legs' quotes."""

from __future__ import annotations

from collections.abc import Mapping

from messages.contract import Quote
from messages.orders import Condor

FRESH = 60.0
"""Market seconds that a quote counts; time on older ones proves nothing (F23)."""


def debit(condor: Condor, quotes: Mapping[int, Quote], now: float) -> float | None:
    """Return what closing costs per share at the legs' mids, None when that is not known from fresh quotes.

    A wing without a price counts as worth nothing, a short leg without one makes the whole unknown.
    """
    total = 0.0
    for leg, sign in zip(condor.legs, (1.0, -1.0, 1.0, -1.0), strict=True):
        mid = _mid(quotes.get(leg.con_id), now)
        if mid is None and sign > 0:
            return None
        total += sign * (mid or 0.0)
    return total


def _mid(quote: Quote | None, now: float) -> float | None:
    """The mid of a fresh quote; one that lacks a bid is bid for at nothing."""
    if quote is None or now - quote.received > FRESH or quote.ask is None or quote.ask <= 0:
        return None
    bid = quote.bid if quote.bid is not None and quote.bid > 0 else 0.0
    return (bid + quote.ask) / 2 if bid <= quote.ask else None
