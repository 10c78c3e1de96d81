"""What options that settle together can pay at their expiry."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf

from messages.contract import Contract

Holding = tuple[Contract, float]
"""An option and how many of it, negative when short."""


def intrinsic(contract: Contract, spot: float) -> float:
    """Return what the option pays per share at that price of its underlying."""
    return max(0.0, spot - contract.strike if contract.right == "C" else contract.strike - spot)


def extremes(holdings: Sequence[Holding]) -> tuple[float, float]:
    """Return the smallest and the greatest payoff per share over all prices of the underlying from 0 on.

    The payoff is a broken line: its extremes lie at 0, at a strike, or, where calls are left over, beyond every bound.
    """
    corners = [0.0, *(contract.strike for contract, _ in holdings)]
    values = [sum(quantity * intrinsic(contract, spot) for contract, quantity in holdings) for spot in corners]
    rising = sum(quantity for contract, quantity in holdings if contract.right == "C")
    return (-inf if rising < 0 else min(values)), (inf if rising > 0 else max(values))
