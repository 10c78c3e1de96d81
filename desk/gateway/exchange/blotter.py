"""The blotter: every order, execution and position, as the sum of the events so far.

Events are its only way to change, so that the same events always make the same blotter: live, and when it is read back.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from desk.gateway.exchange.ledger import Ledger
from desk.gateway.exchange.model import Event, Executed, Order, OrderUpdate, Settled, Used
from messages.contract import Contract

_FIRST_PERM, _FIRST_FILL = 1_500_000_001, 0x5CD90000


@dataclass(slots=True)
class Filled:
    """What an order has filled in one contract: quantity, and the sum of quantity times price."""

    quantity: float = 0.0
    value: float = 0.0


@dataclass(slots=True)
class Blotter:
    """Orders by client and order id, executions in order, the ledger, and the next ids of everything."""

    ledger: Ledger
    orders: dict[tuple[int, int], Order] = field(default_factory=dict)
    executions: list[Executed] = field(default_factory=list)
    settled: list[Settled] = field(default_factory=list)
    next_ids: dict[int, int] = field(default_factory=dict)
    next_perm: int = _FIRST_PERM
    fills: int = _FIRST_FILL
    _working: dict[tuple[int, int], None] = field(default_factory=dict)
    _filled: dict[tuple[int, int], Filled] = field(default_factory=dict)

    def working(self) -> list[Order]:
        """Return the orders that may still fill, oldest first."""
        return [self.orders[key] for key in self._working]

    def filled(self, order: Order, contract: Contract) -> Filled:
        """Return what the order has filled in a contract: the combination itself, or a leg."""
        return self._filled.get((order.perm_id, contract.con_id), Filled())

    def apply_all(self, events: Iterable[Event]) -> None:
        """Take events in, in order."""
        for event in events:
            self.apply(event)

    def apply(self, event: Event) -> None:
        """Take one event in; what only tells something changes nothing."""
        if isinstance(event, OrderUpdate):
            self._order(event.order)
        elif isinstance(event, Executed):
            self._execution(event)
        elif isinstance(event, Used):
            self._use(event.client_id, event.order_id)
        elif isinstance(event, Settled):
            self._settle(event)

    def _order(self, order: Order) -> None:
        if order.request.what_if:
            return
        self.orders[order.key] = order
        self.next_perm = max(self.next_perm, order.perm_id + 1)
        self._use(*order.key)
        if order.working:
            self._working[order.key] = None
        else:
            self._working.pop(order.key, None)

    def _execution(self, event: Executed) -> None:
        done = event.execution
        self.executions.append(event)
        self.fills = max(self.fills, int(done.exec_id.split(".")[1], 16))
        filled = self._filled.setdefault((done.perm_id, done.contract.con_id), Filled())
        filled.quantity += done.shares
        filled.value += done.shares * done.price
        if event.commission is not None:
            signed = done.shares if done.side == "BOT" else -done.shares
            self.ledger.trade(done.contract, signed, done.price, event.commission.amount)

    def _use(self, client_id: int, order_id: int) -> None:
        self.next_ids[client_id] = max(self.next_ids.get(client_id, 1), order_id + 1)

    def _settle(self, event: Settled) -> None:
        self.settled.append(event)
        self.ledger.settle(event.contract, event.price)
        if event.stock is not None:
            signed = event.quantity * float(event.contract.multiplier)
            self.ledger.trade(
                event.stock, signed if event.contract.right == "C" else -signed, event.contract.strike, 0.0
            )
