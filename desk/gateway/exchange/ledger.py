"""Cash and positions, and the profit that closing them made."""

from __future__ import annotations

from dataclasses import dataclass

from messages.contract import Contract


@dataclass(slots=True)
class Holding:
    """What is held of one contract: signed quantity, cost per contract with multiplier and fees, profit closed."""

    contract: Contract
    quantity: float = 0.0
    avg_cost: float = 0.0
    realized: float = 0.0


class Ledger:
    """An account in dollars. At every moment cash and the holdings' value add up to what it began with, plus profit."""

    def __init__(self, cash: float) -> None:
        self.start = cash
        self.cash = cash
        self._holdings: dict[int, Holding] = {}

    def held(self) -> list[Holding]:
        """Return every holding that is not flat, in the order in which they were first traded."""
        return [holding for holding in self._holdings.values() if holding.quantity]

    def known(self) -> list[Holding]:
        """Return every holding there has been, flat ones too."""
        return list(self._holdings.values())

    def quantity(self, contract: Contract) -> float:
        """Return how many of a contract are held, negative when short."""
        holding = self._holdings.get(contract.con_id)
        return holding.quantity if holding is not None else 0.0

    def profit(self, contract: Contract, signed: float, price: float, cost: float) -> float | None:
        """Return the profit that a trade would close, net of its part of the cost; None when it closes nothing."""
        holding = self._holdings.get(contract.con_id)
        if holding is None or holding.quantity * signed >= 0:
            return None
        closing = min(abs(signed), abs(holding.quantity))
        gain = closing * (price * _multiplier(contract) - holding.avg_cost)
        return (gain if holding.quantity > 0 else -gain) - cost * closing / abs(signed)

    def trade(self, contract: Contract, signed: float, price: float, cost: float) -> None:
        """Take a trade in: `signed` contracts (negative sold) at a price per share, which cost that much."""
        holding = self._holdings.setdefault(contract.con_id, Holding(contract))
        value = price * _multiplier(contract)
        self.cash -= signed * value + cost
        closed = self.profit(contract, signed, price, cost)
        before, after = holding.quantity, holding.quantity + signed
        if closed is None:
            holding.avg_cost = (before * holding.avg_cost + signed * value + cost) / after
        else:
            holding.realized += closed
            if before * after < 0:
                holding.avg_cost = value + cost / signed
            elif after == 0:
                holding.avg_cost = 0.0
        holding.quantity = after

    def settle(self, contract: Contract, price: float) -> None:
        """Close what is held of a contract at a price per share, free of cost."""
        quantity = self.quantity(contract)
        if quantity:
            self.trade(contract, -quantity, price, 0.0)


def _multiplier(contract: Contract) -> float:
    return float(contract.multiplier or 1)
