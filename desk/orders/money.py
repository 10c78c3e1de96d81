"""Money of three kinds that cannot be mixed: per share, per contract, and of a whole position (F19).

Quotes, credits and debits are per share; a contract is `multiplier` shares; a position is a number of contracts (of
condors: spreads). The two conversions here are the only places where a multiplier or a quantity is applied.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from desk.orders.encoding import multiplier
from messages.orders import Condor


@dataclass(frozen=True, slots=True, order=True)
class _Money:
    """Dollars of one kind; only the same kind can be added, subtracted and compared (TypeError)."""

    amount: float

    def __add__(self, other: Self) -> Self:
        return type(self)(self.amount + other.amount) if type(other) is type(self) else NotImplemented

    def __sub__(self, other: Self) -> Self:
        return type(self)(self.amount - other.amount) if type(other) is type(self) else NotImplemented

    def __neg__(self) -> Self:
        return type(self)(-self.amount)


@dataclass(frozen=True, slots=True, order=True)
class PerShare(_Money):
    """Dollars per share of the underlying: a quote, a credit, a width in points."""

    def per_contract(self, shares: int) -> PerContract:
        """Return what that is for a contract of so many shares."""
        return PerContract(self.amount * shares)


@dataclass(frozen=True, slots=True, order=True)
class PerContract(_Money):
    """Dollars per contract, or per spread of one contract a leg."""

    def of(self, quantity: int) -> Dollars:
        """Return what that is for so many contracts."""
        return Dollars(self.amount * quantity)


@dataclass(frozen=True, slots=True, order=True)
class Dollars(_Money):
    """Dollars of a whole position, a fill or an account."""


def worth(condor: Condor, price: PerShare, quantity: int) -> Dollars:
    """Return what so many condors at that price come to. ValueError when the legs name no multiplier."""
    return price.per_contract(multiplier(condor)).of(quantity)


def max_loss(condor: Condor, credit: PerShare, quantity: int) -> Dollars:
    """Return the most that condors sold for that credit can lose at expiry: the wider wing less the credit."""
    return worth(condor, PerShare(condor.width) - credit, quantity)
