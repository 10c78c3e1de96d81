"""What options that settle together can pay at their expiry."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf

import numpy as np

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
    strikes = np.array([contract.strike for contract, _ in holdings])
    quantities = np.array([quantity for _, quantity in holdings])
    signs = np.array([1.0 if contract.right == "C" else -1.0 for contract, _ in holdings])
    corners = np.append(strikes, 0.0)
    values = np.maximum(0.0, signs * (corners[:, None] - strikes)) @ quantities
    rising = float(quantities[signs > 0].sum())
    return (-inf if rising < 0 else float(values.min())), (inf if rising > 0 else float(values.max()))
