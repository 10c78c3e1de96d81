"""Twin classes: IB lists options that a corporate action left behind under a class of their own, same symbol and dates.

SPY has `2SPY`, with strikes that nobody quotes. Whoever names no trading class gets them too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from desk.market.contracts import day
from messages.contract import Contract

TWINS = {"SPY": ("2SPY", (10.01, 616.0, 10010.0))}
_FRIDAY = 4


def twins(symbol: str, chain: Sequence[Contract]) -> list[Contract]:
    """Return the twin class's options beside that chain: every twin strike, both rights, on the monthly expiries."""
    if symbol not in TWINS or not chain:
        return []
    trading_class, strikes = TWINS[symbol]
    expiries = sorted({contract.expiry for contract in chain if _monthly(contract.expiry)})
    return [
        replace(chain[0], expiry=expiry, strike=strike, right=right, trading_class=trading_class)
        for expiry in expiries
        for strike in strikes
        for right in ("C", "P")
    ]


def _monthly(expiry: str) -> bool:
    """Whether that is the third Friday of its month."""
    found = day(expiry)
    return found.weekday() == _FRIDAY and 15 <= found.day <= 21
