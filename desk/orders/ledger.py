"""What one strategy owns, folded from the lines of its logs and from nothing else (F5, F13, F26).

The same lines always give the same ledger. Holdings come from executions of orders that the log has; an execution that
no order explains is kept aside and owned by nobody. IB's positions are compared with the sum of all ledgers' `legs`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from math import fsum
from typing import Self

from desk.market.calendar import exchange_date
from desk.orders.encoding import combo
from desk.orders.lines import (
    CommissionLine,
    EndLine,
    ExecLine,
    FillLine,
    Line,
    OrderLine,
    RiskLine,
    SettledLine,
)
from desk.orders.money import Dollars
from desk.orders.position import Position
from desk.orders.tracked import Tracked
from messages.contract import Contract
from messages.orders import Action, Book, Condor, Holding, Order, Veto


@dataclass(frozen=True, slots=True)
class LegHeld:
    """A contract and how many of it are owned; negative when short."""

    contract: Contract
    quantity: int


class Ledger:
    """One strategy's orders and positions. `version` counts the lines taken; `orders` and `positions` are by id."""

    def __init__(self, strategy: str) -> None:
        self.strategy = strategy
        self.version = 0
        self.orders: dict[str, Tracked] = {}
        self.positions: dict[str, Position] = {}
        self.unexplained: list[Line] = []
        self._working: dict[str, Tracked] = {}
        self._open: dict[str, Position] = {}
        self._unpaired: dict[tuple[str, str], None] = {}
        self._breaches: set[tuple[str, str]] = set()
        self._touched: set[str] = set()
        self._held: dict[str, Holding] = {}
        self._entered: dict[str, float] = {}
        self._troubled: dict[str, tuple[str, ...]] = {}
        self._earned: dict[date, dict[str, Dollars]] = {}

    @classmethod
    def of(cls, strategy: str, lines: Iterable[Line]) -> Self:
        """Return the ledger of a strategy's lines."""
        ledger = cls(strategy)
        ledger.apply(*lines)
        return ledger

    def apply(self, *lines: Line) -> None:
        """Take lines that are on disk. A line about an order or a position that is not there goes to `unexplained`."""
        for line in lines:
            self.version += 1
            self._apply(line)

    @property
    def working(self) -> tuple[Tracked, ...]:
        """Orders that have not ended, oldest first."""
        return tuple(self._working.values())

    @property
    def holdings(self) -> tuple[Holding, ...]:
        """Open positions, oldest first."""
        self._refresh()
        return tuple(sorted(self._held.values(), key=lambda each: (each.opened, each.position)))

    @property
    def entries(self) -> tuple[float, ...]:
        """Times of the orders to open, sent or not, but for those that were cancelled with nothing filled.

        A limit that nobody took was no entry; an order that IB refused, or never had, counts: it is not tried again.
        """
        self._refresh()
        return tuple(sorted(self._entered.values()))

    @property
    def breaches(self) -> frozenset[tuple[str, str]]:
        """Pairs of open position and red line that is crossed."""
        return frozenset(pair for pair in self._breaches if pair[0] in self._open)

    @property
    def unpaired(self) -> tuple[tuple[Tracked, str], ...]:
        """Fills, by order and name, that have executions and no FILL line which agrees with them, oldest first."""
        return tuple((self.orders[order_id], fill) for order_id, fill in self._unpaired)

    @property
    def troubles(self) -> tuple[str, ...]:
        """What cannot be right: see `Position.troubles`, and lines that nothing explains."""
        self._refresh()
        found = [text for name in self.positions for text in self._troubled.get(name, ())] if self._troubled else []
        found += [f"nothing in the log of {self.strategy} explains {line}" for line in self.unexplained]
        return tuple(found)

    def legs(self) -> dict[int, LegHeld]:
        """Return what is owned by conId, signed; what nets to nothing is left out."""
        held: dict[int, LegHeld] = {}
        for position in self._open.values():
            if (condor := position.condor) is not None:
                _add(held, condor, position.quantity)
        return {con_id: leg for con_id, leg in held.items() if leg.quantity}

    def realised(self, day: date) -> Dollars:
        """Return what spreads closed on that exchange day earned, with their commissions of both sides deducted."""
        self._refresh()
        return Dollars(fsum(each.amount for each in self._earned.get(day, {}).values()))

    def book(self, day: date, *, ready: bool, trouble: str = "", refused: tuple[Veto, ...] = ()) -> Book:
        """Return the book on that exchange day, with every order at the state and the limit that the log has."""
        return Book(
            strategy=self.strategy,
            version=self.version,
            ready=ready,
            trouble=trouble,
            holdings=self.holdings,
            working=tuple(order.working for order in self.working),
            entries=self.entries,
            breaches=self.breaches,
            realised=self.realised(day).amount,
            refused=refused,
        )

    def _apply(self, line: Line) -> None:
        match line:
            case OrderLine(order):
                self._order(order, line)
            case SettledLine(name):
                self._settle(self.positions.get(name), line)
            case RiskLine(breach):
                pair = breach.position, breach.line
                (self._breaches.add if breach.active else self._breaches.discard)(pair)
            case ExecLine(_, row):
                self._told(self.orders.get(row.order_id), line)
            case _:
                self._told(self.orders.get(line.order_id), line)

    def _order(self, order: Order, line: OrderLine) -> None:
        position = self.positions.setdefault(order.position, Position(order.position))
        if order.order_id in self.orders or (order.action is Action.OPEN and position.opening is not None):
            self.unexplained.append(line)
            return
        tracked = self.orders[order.order_id] = self._working[order.order_id] = Tracked(order)
        if order.action is Action.OPEN:
            position.opening = tracked
        else:
            position.closings.append(tracked)
        self._touched.add(position.name)

    def _told(self, tracked: Tracked | None, line: ExecLine | FillLine | CommissionLine | EndLine) -> None:
        if tracked is None:
            self.unexplained.append(line)
            return
        self._touched.add(tracked.order.position)
        match line:
            case ExecLine(_, row):
                tracked.execute(row)
                self._pair(tracked, row.fill)
                self._moved(self.positions[tracked.order.position])
            case FillLine():
                tracked.fill(line)
                self._pair(tracked, line.fill)
            case CommissionLine():
                tracked.charge(line)
            case EndLine():
                tracked.end = line
                self._working.pop(tracked.order.order_id, None)

    def _pair(self, tracked: Tracked, fill: str) -> None:
        key = tracked.order.order_id, fill
        if tracked.paired(fill):
            self._unpaired.pop(key, None)
        else:
            self._unpaired[key] = None

    def _settle(self, position: Position | None, line: SettledLine) -> None:
        if position is None:
            self.unexplained.append(line)
            return
        position.settled.append(line)
        self._touched.add(position.name)
        self._moved(position)

    def _moved(self, position: Position) -> None:
        """Keep the open positions at hand."""
        if position.quantity:
            self._open[position.name] = position
        else:
            self._open.pop(position.name, None)

    def _refresh(self) -> None:
        """Look again at the positions that lines were about, and at no others of the day."""
        while self._touched:
            self._look(self.positions[self._touched.pop()])

    def _look(self, position: Position) -> None:
        name, opening = position.name, position.opening
        self._held.pop(name, None)
        self._entered.pop(name, None)
        self._troubled.pop(name, None)
        for earned in self._earned.values():
            earned.pop(name, None)
        if (holding := position.holding) is not None:
            self._held[name] = holding
        if opening is not None and not opening.vain:
            self._entered[name] = opening.order.at
        if troubles := position.troubles:
            self._troubled[name] = tuple(troubles)
        for gain in position.gains:
            earned = self._earned.setdefault(exchange_date(gain.at), {})
            earned[name] = earned.get(name, Dollars(0.0)) + gain.net


def total(ledgers: Iterable[Ledger]) -> dict[int, LegHeld]:
    """Return what several strategies own together, by conId; what nets to nothing is left out."""
    held: dict[int, LegHeld] = {}
    for ledger in ledgers:
        for con_id, leg in ledger.legs().items():
            known = held.get(con_id)
            held[con_id] = LegHeld(leg.contract, leg.quantity + (known.quantity if known else 0))
    return {con_id: leg for con_id, leg in held.items() if leg.quantity}


def _add(held: dict[int, LegHeld], condor: Condor, quantity: int) -> None:
    for leg, contract in zip(combo(condor, Action.OPEN), condor.legs, strict=True):
        known = held.get(leg.con_id)
        signed = leg.ratio * (quantity if leg.buy else -quantity)
        held[leg.con_id] = LegHeld(contract, signed + (known.quantity if known else 0))
