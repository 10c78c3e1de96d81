"""What a quote says: its mid, its price, and what is wrong with it."""

from __future__ import annotations

import math

from messages.contract import Quote

_MOST = 1e6
"""Dollars per share that nothing which is traded reaches."""


def fault(quote: Quote) -> str:
    """Return what makes the bid and ask unusable, empty when nothing does. A bid of zero is usable, an ask is not."""
    if not _number(quote.bid):
        return "no bid"
    if not _number(quote.ask):
        return "no ask"
    assert quote.bid is not None
    assert quote.ask is not None
    if quote.bid < 0:
        return "negative bid"
    if quote.ask <= 0:
        return "no ask above zero"
    if quote.ask > _MOST:
        return "an ask that no option has"
    return "crossed" if quote.bid > quote.ask else ""


def mid(quote: Quote) -> float | None:
    """Return the middle of bid and ask in dollars per share, None when they are unusable."""
    if fault(quote):
        return None
    assert quote.bid is not None
    assert quote.ask is not None
    return 0.5 * (quote.bid + quote.ask)


def price(quote: Quote) -> float | None:
    """Return what a stock or index stands at: its last trade or value, else its mid; None when there is neither.

    Last comes first because an index has no bid and ask of its own.
    """
    if _number(quote.last) and quote.last is not None and quote.last > 0:
        return quote.last
    return mid(quote)


def _number(value: float | None) -> bool:
    return value is not None and math.isfinite(value)
