"""One position of a strategy: the order that opened it, those that close it, what settled, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass, field

from desk.orders.lines import SettledLine
from desk.orders.money import Dollars, PerShare, worth
from desk.orders.tracked import Tracked
from messages.orders import Condor, Holding


@dataclass(frozen=True, slots=True)
class Gain:
    """What closing some spreads earned: before commissions, and their share of commissions of both sides."""

    at: float
    quantity: int
    gross: Dollars
    commission: Dollars

    @property
    def net(self) -> Dollars:
        """What is left of it, commissions deducted."""
        return self.gross - self.commission


@dataclass(slots=True)
class Position:
    """The orders and settlements of one position. `opening` is None where the log lacks the order that opened it."""

    name: str
    opening: Tracked | None = None
    closings: list[Tracked] = field(default_factory=list)
    settled: list[SettledLine] = field(default_factory=list)

    @property
    def opened(self) -> int:
        """Spreads opened so far."""
        return self.opening.filled if self.opening else 0

    @property
    def closed(self) -> int:
        """Spreads closed or settled so far."""
        return sum(order.filled for order in self.closings) + sum(line.quantity for line in self.settled)

    @property
    def quantity(self) -> int:
        """Spreads left. Negative when more was closed than was ever opened: a fault to be reported."""
        return self.opened - self.closed

    @property
    def condor(self) -> Condor | None:
        """Its legs, as the opening order or else a closing one has them."""
        orders = self._orders
        return orders[0].order.condor if orders else None

    @property
    def over(self) -> bool:
        """Whether it was open and is now closed for good: nothing left, nothing working."""
        return self.opened > 0 and self.quantity == 0 and all(order.end for order in self._orders)

    @property
    def holding(self) -> Holding | None:
        """The position as its strategy sees it; None when nothing is open."""
        if self.opening is None or self.quantity <= 0 or (credit := self.opening.average) is None:
            return None
        opened = min(row.at for row in self.opening.bag)
        return Holding(self.name, self.opening.order.condor, self.quantity, credit, opened)

    @property
    def gains(self) -> list[Gain]:
        """What each closing fill and settlement earned, in time; none while the opening's price is not known."""
        if self.opening is None or (credit := self.opening.average) is None:
            return []
        condor, opened = self.opening.order.condor, self.opened
        paid = self.opening.commission.amount / opened

        def gain(at: float, quantity: int, price: float, commission: Dollars) -> Gain:
            gross = worth(condor, PerShare(credit) - PerShare(price), quantity)
            return Gain(at, quantity, gross, commission + Dollars(paid * quantity))

        gains = [
            gain(row.at, row.quantity, order.price(row), order.charged(row.fill))
            for order in self.closings
            for row in order.bag
        ]
        gains += [gain(line.at, line.quantity, line.price, Dollars(line.commission)) for line in self.settled]
        return sorted(gains, key=lambda each: each.at)

    @property
    def troubles(self) -> list[str]:
        """What cannot be right about it, in sentences.

        More filled than asked, closed than opened (F8), or told of as executed; two orders closing it at once (F7).
        """
        found = [
            f"order {each.order.order_id} filled {each.filled} of {each.order.quantity}"
            for each in self._orders
            if each.filled > each.order.quantity
        ]
        found += [
            f"order {each.order.order_id} ended with {each.owed} filled that no execution tells of"
            for each in self._orders
            if each.owed
        ]
        closing = [order.order.order_id for order in self.closings if order.end is None]
        if len(closing) > 1:
            found.append(f"position {self.name}: orders {', '.join(closing)} close it at once")
        if self.quantity < 0:
            found.append(f"position {self.name}: {self.closed} closed of {self.opened} opened")
        return found

    @property
    def _orders(self) -> list[Tracked]:
        return ([self.opening] if self.opening else []) + self.closings
