"""One order as its strategy's log tells it: what was wanted, what executions did, what they cost, how it ended."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from desk.orders import encoding
from desk.orders.lines import CommissionLine, EndLine, FillLine
from desk.orders.money import Dollars
from messages.orders import Action, Executed, Order, OrderState, Working


@dataclass(frozen=True, slots=True)
class Done:
    """One fill by its executions: credit or debit per share, spreads, time of the last, whether all legs are there.

    `legs` are the exec_ids of its legs' rows, which are the ones that IB charges for.
    """

    price: float
    quantity: int
    at: float
    complete: bool
    legs: frozenset[str]


@dataclass(slots=True)
class Tracked:
    """An order and everything that its log has about it. The ledger alone changes it.

    `rows` are its executions by exec_id, each in its latest revision; `bag` are those of the whole condor among them.
    """

    order: Order
    end: EndLine | None = None
    rows: dict[str, Executed] = field(default_factory=dict)
    fills: dict[str, FillLine] = field(default_factory=dict)
    late: dict[str, dict[str, float]] = field(default_factory=dict)

    @property
    def state(self) -> OrderState:
        """How it ended; INTENT until the log says so, whatever IB has told since."""
        return self.end.state if self.end else OrderState.INTENT

    @property
    def bag(self) -> list[Executed]:
        """Executions of the condor as a whole, in the order in which they were told."""
        return [row for row in self.rows.values() if row.con_id == 0]

    @property
    def filled(self) -> int:
        """Spreads done, by executions alone."""
        return sum(row.quantity for row in self.bag)

    @property
    def owed(self) -> int:
        """Spreads that IB counted as filled at the end and of which no execution was told yet."""
        return max(0, self.end.filled - self.filled) if self.end else 0

    @property
    def vain(self) -> bool:
        """Whether it was cancelled with nothing filled."""
        return self.end is not None and self.end.state is OrderState.CANCELLED and not self.filled + self.owed

    @property
    def average(self) -> float | None:
        """Average credit or debit per share of what is filled, None before the first."""
        bag = self.bag
        quantity = sum(row.quantity for row in bag)
        if quantity == 0:
            return None
        return round(sum(self.price(row) * row.quantity for row in bag) / quantity, 10)

    @property
    def commission(self) -> Dollars:
        """Dollars charged for all its fills, as far as told."""
        return sum((self.charged(fill) for fill in self.fills.keys() | self.late.keys()), Dollars(0.0))

    def price(self, row: Executed) -> float:
        """Return the credit or the debit per share of an execution of the whole condor."""
        return encoding.price(self.order.action, row.price)

    def charged(self, fill: str) -> Dollars:
        """Return the dollars charged for one fill, as far as told."""
        line = self.fills.get(fill)
        return Dollars((line.commission if line else 0.0) + sum(self.late.get(fill, {}).values()))

    def named(self, fill: str) -> set[str]:
        """Return the executions of one fill whose commissions the log has."""
        line = self.fills.get(fill)
        return set(self.late.get(fill, ())).union(line.charged if line else ())

    def done(self, fill: str) -> Done:
        """Return what the executions of one fill come to."""
        rows = [row for row in self.rows.values() if row.fill == fill]
        bag = [row for row in rows if row.con_id == 0]
        quantity = sum(row.quantity for row in bag)
        price = sum(self.price(row) * row.quantity for row in bag) / quantity if quantity else 0.0
        legs = Counter[int]()
        for row in rows:
            legs[row.con_id] += row.quantity
        complete = all(legs[leg.con_id] == quantity for leg in self.order.condor.legs)
        names = frozenset(row.exec_id for row in rows if row.con_id)
        return Done(round(price, 10), quantity, max((row.at for row in rows), default=0.0), complete, names)

    def paired(self, fill: str) -> bool:
        """Whether the log has a FILL line that says what the executions of that fill say."""
        line, done = self.fills.get(fill), self.done(fill)
        return line is not None and (line.price, line.quantity) == (done.price, done.quantity)

    def execute(self, row: Executed) -> None:
        """Take an execution; of two with one exec_id the later revision stands."""
        known = self.rows.get(row.exec_id)
        if known is None or row.revision > known.revision:
            self.rows[row.exec_id] = row

    def fill(self, line: FillLine) -> None:
        """Take a FILL line in place of an earlier one of that fill and of commissions told since."""
        self.fills[line.fill] = line
        self.late.pop(line.fill, None)

    def charge(self, line: CommissionLine) -> None:
        """Take a commission, unless the fill's line has it."""
        fill = self.fills.get(line.fill)
        if fill is None or line.exec_id not in fill.charged:
            self.late.setdefault(line.fill, {})[line.exec_id] = line.commission

    @property
    def working(self) -> Working:
        """The order as its strategy sees it."""
        order = self.order
        return Working(
            order.order_id,
            order.position,
            order.action,
            order.quantity,
            self.filled,
            order.limit,
            self.state,
            order.reason,
        )

    @property
    def opening(self) -> bool:
        """Whether it opens its position."""
        return self.order.action is Action.OPEN
