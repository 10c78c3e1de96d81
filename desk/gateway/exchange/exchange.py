"""The exchange: it takes orders, works them against the market, and says what happened as events.

It asks for nothing but prices, and the time comes with each call, so that equal calls give equal events.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from math import inf

from desk.gateway.exchange import links
from desk.gateway.exchange.affording import margin_of, shortfall
from desk.gateway.exchange.blotter import Blotter
from desk.gateway.exchange.checks import Circumstances, Fault, fault
from desk.gateway.exchange.filling import after, executed
from desk.gateway.exchange.matching import Fill, Matching
from desk.gateway.exchange.model import (
    CANCELLED,
    FILLED,
    PRE,
    SUBMITTED,
    Event,
    Order,
    OrderRequest,
    OrderUpdate,
    Rejected,
    Used,
)
from desk.gateway.exchange.portfolio import Portfolio
from desk.gateway.exchange.prices import Prices
from desk.gateway.exchange.rules import Rules
from desk.gateway.exchange.settling import settle
from desk.gateway.exchange.times import ends, trading
from desk.market.calendar import EXCHANGE, session_at
from desk.market.contracts import settlement
from messages.contract import Contract

_BY_TRADER, _BY_SYSTEM = "Cancelled by Trader", "Cancelled by System:\n"
_IMMEDIATE = frozenset({"IOC", "FOK"})
_REGULAR_ONLY = (
    "Order Event Warning: Attribute 'Outside Regular Trading Hours' is ignored based on the order type and "
    "destination. PlaceOrder is now being processed."
)


class Exchange:
    """Works the orders of a blotter. Every method returns the events, which the blotter has taken in already."""

    def __init__(self, rules: Rules, blotter: Blotter, prices: Prices, portfolio: Portfolio) -> None:
        self.blotter = blotter
        self.portfolio = portfolio
        self._rules = rules
        self._prices = prices
        self._matching = Matching(rules)
        self._ends: dict[tuple[int, int], float] = {}
        self._events: list[Event] = []

    def place(self, request: OrderRequest, contract: Contract, legs: tuple[Contract, ...], now: float) -> list[Event]:
        """Take an order, or the change of one that its client sent before under the same id, or answer a what-if.

        `contract` is the one meant, of a combination the BAG, and `legs` the contracts of its legs.
        """
        request = replace(request, account=request.account or self._rules.account)
        known = self.blotter.orders.get((request.client_id, request.order_id))
        order = Order(request, contract, legs, self.blotter.next_perm, PRE, request.quantity, now)
        if request.what_if:
            self._preview(order, now)
        elif known is not None and known.working:
            self._modify(known, order, now)
        elif known is not None and known.status == FILLED:
            self._say(request, (104, "Cannot modify a filled order."))
        elif 0 <= request.order_id < self.blotter.next_ids.get(request.client_id, 1):
            self._say(request, (103, "Duplicate order id"))
        else:
            self._enter(order, now)
        return self._told()

    def refuse(self, request: OrderRequest, code: int, text: str) -> list[Event]:
        """Reject an order for what it wants to trade; its id counts as used."""
        self._say(request, (code, text))
        if not request.what_if:
            self._happen(Used(request.client_id, request.order_id))
        return self._told()

    def cancel(self, client_id: int, order_id: int, now: float) -> list[Event]:
        """End an order at its client's wish; error 10147 when there is none, 10148 when it is done."""
        order = self.blotter.orders.get((client_id, order_id))
        about = f"OrderId {order_id} that needs to be cancelled"
        if order is None:
            self._events.append(Rejected(client_id, order_id, 10147, f"{about} is not found."))
        elif not order.working:
            self._events.append(
                Rejected(client_id, order_id, 10148, f"{about} can not be cancelled, state: {order.status}.")
            )
        else:
            self._end(order, now, _BY_TRADER)
        return self._told()

    def cancel_all(self, now: float) -> list[Event]:
        """End every working order, whoever placed it."""
        for order in self.blotter.working():
            self._end(order, now, _BY_TRADER)
        return self._told()

    def advance(self, now: float) -> list[Event]:
        """Do what is due: settle what has expired, end orders whose time is over, and trade the others when open."""
        for event in settle(self.blotter.ledger, self.portfolio, now):
            self._happen(event)
        for order in self.blotter.working():
            if self._end_of(order) <= now:
                self._end(order, now, _BY_SYSTEM)
        if session_at(now) is not None:
            self._trade([order for order in self.blotter.working() if not links.held(order, self.blotter)], now)
        return self._told()

    def next_due(self, now: float) -> float:
        """Return when `advance` should be called next, infinity while nothing is to come."""
        working = self.blotter.working()
        held = (h.contract for h in self.blotter.ledger.held() if h.contract.sec_type == "OPT")
        times = [*map(self._end_of, working), *map(settlement, held)]
        if working:
            times.append(now + self._rules.refresh if session_at(now) is not None else trading(now).opens)
        return min((time for time in times if time > now), default=inf)

    def _enter(self, order: Order, now: float) -> None:
        request = order.request
        wrong = self._wrong(order, now) or self._crowded(order)
        if wrong is not None:
            self._say(request, wrong)
            self._happen(Used(*order.key))
            return
        self._happen(OrderUpdate(order))
        if order.leg_contracts and request.outside_rth:
            self._say(request, (2109, _REGULAR_ONLY))
        if session_at(now) is None:
            about = f"{request.action} {request.quantity:g} {order.contract.local_symbol or order.contract.symbol}"
            opens = f"{datetime.fromtimestamp(trading(now).opens, EXCHANGE):%Y-%m-%d %H:%M:%S} US/Eastern"
            warning = f"Your order will not be placed at the exchange until {opens}."
            self._say(request, (399, f"Order Message:\n{about}\nWarning: {warning}"))

    def _modify(self, known: Order, wanted: Order, now: float) -> None:
        request = wanted.request
        same = (wanted.contract, wanted.leg_contracts) == (known.contract, known.leg_contracts)
        changed = replace(known, request=request, remaining=request.quantity - known.filled)
        wrong: Fault | None = None
        if not same or request.action != known.request.action:
            wrong = 105, "Order being modified does not match original order"
        elif changed.remaining <= 0:
            wrong = 201, "Order rejected - reason:The new quantity is not above what has filled."
        wrong = wrong or self._wrong(changed, now)
        if wrong is not None:
            self._say(request, wrong)
            return
        self._ends.pop(known.key, None)
        self._happen(OrderUpdate(changed))

    def _preview(self, order: Order, now: float) -> None:
        wrong = self._fault(order, now)
        if wrong is not None:
            self._say(order.request, wrong)
            return
        margin = margin_of(order, self.portfolio, now)
        self._happen(OrderUpdate(replace(order, margin=replace(margin, warning=shortfall(margin))), status=False))

    def _wrong(self, order: Order, now: float) -> Fault | None:
        """Return what keeps an order from being taken: a fault of its own, or what the account lacks."""
        wrong = self._fault(order, now)
        if wrong is not None:
            return wrong
        missing = shortfall(margin_of(order, self.portfolio, now))
        return (201, f"Order rejected - reason:{missing}") if missing else None

    def _crowded(self, order: Order) -> Fault | None:
        """Return what is wrong with one more order on that side of what it trades."""
        working, most = self.blotter.working(), self._rules.active
        if len(working) < most:
            return None
        traded, side = (order.contract, order.leg_contracts), order.request.action
        if sum((one.contract, one.leg_contracts) == traded and one.request.action == side for one in working) < most:
            return None
        limit = f"Limit of {most} orders working on either the buy or sell side for this particular contract."
        return 201, f"Order rejected - reason:{limit}"

    def _fault(self, order: Order, now: float) -> Fault | None:
        index = self.portfolio.is_index(order.contract.symbol, now)
        return fault(order, Circumstances(self._rules.account, now, index))

    def _trade(self, orders: Sequence[Order], now: float) -> None:
        prices = self._prices.at((contract for order in orders for contract in order.contracts), now)
        self._matching.open(now)
        for order in orders:
            current = self.blotter.orders[order.key]
            if not current.working:
                continue
            if current.status == PRE and current.request.order_type == "LMT":
                current = replace(current, status=SUBMITTED)
                self._happen(OrderUpdate(current))
            fill = self._matching.fill(current, prices, index=self.portfolio.is_index(current.contract.symbol, now))
            if fill is not None:
                current = self._fill(current, fill, now)
            if current.working and current.request.tif in _IMMEDIATE:
                self._end(current, now, _BY_SYSTEM)

    def _fill(self, order: Order, fill: Fill, now: float) -> Order:
        costs = 0.0
        for execution in executed(self.blotter, order, fill, now):
            self._happen(execution)
            costs += execution.commission.amount if execution.commission is not None else 0.0
        filled = after(order, fill, now)
        self._happen(OrderUpdate(filled))
        charged = replace(filled, commission=round((order.commission or 0.0) + costs, 8))
        self._happen(OrderUpdate(charged, status=False))
        for other in links.fall_after(order, self.blotter):
            self._end(other, now, _BY_SYSTEM)
        return charged

    def _end(self, order: Order, now: float, why: str) -> None:
        """Cancel an order and what depends on it, unless it has ended meanwhile."""
        current = self.blotter.orders[order.key]
        if not current.working:
            return
        self._ends.pop(order.key, None)
        self._happen(OrderUpdate(replace(current, status=CANCELLED, completed=now, completed_status=why)))
        self._say(current.request, (202, "Order Canceled - reason:"))
        for child in links.fall_with(order, self.blotter):
            self._end(child, now, why)

    def _end_of(self, order: Order) -> float:
        if order.key not in self._ends:
            self._ends[order.key] = ends(order)
        return self._ends[order.key]

    def _say(self, request: OrderRequest, what: Fault) -> None:
        self._events.append(Rejected(request.client_id, request.order_id, *what))

    def _happen(self, event: Event) -> None:
        self.blotter.apply(event)
        self._events.append(event)

    def _told(self) -> list[Event]:
        events, self._events = self._events, []
        return events
