"""Placing, changing and cancelling: through the gate and the queue, each with a deadline for IB's answer."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial

from desk.clock import LoopTimers
from desk.ib.errors import BrokerError, Refused
from desk.ib.orders import bag
from desk.ib.orders.gate import Gate
from desk.ib.orders.record import Awaited, Record
from desk.ib.orders.records import Records
from desk.ib.queue import RequestQueue
from desk.ib.session import Session
from messages.market import Priority
from messages.orders import Action, Order, OrderState

_SENDABLE = frozenset({None, OrderState.INTENT, OrderState.ABSENT})


class Sending:
    """Sends what the trader wants of orders. What comes of it is told by `records`.

    `synced()` says why nothing may be placed or changed yet although the session is healthy; empty when it may.
    `acknowledge` is how long IB has to answer, in seconds of market time.
    """

    def __init__(
        self,
        session: Session,
        queue: RequestQueue,
        timers: LoopTimers,
        records: Records,
        gate: Gate,
        acknowledge: float,
        synced: Callable[[], str],
    ) -> None:
        self._session = session
        self._queue = queue
        self._timers = timers
        self._records = records
        self._gate = gate
        self._acknowledge = acknowledge
        self._synced = synced
        self._waiting: set[asyncio.Future[None]] = set()

    def place(self, order: Order) -> None:
        """Send an order, unless it is on its way or known to be there; the same order keeps its number."""
        record = self._records.of(order.order_id)
        record.order, record.quantity = order, order.quantity
        if record.state not in _SENDABLE or record.awaited:
            self._records.repeat(record)
            return
        record.state, record.awaited = OrderState.INTENT, Awaited.PLACED
        record.code, record.text = 0, ""
        self._send(record, lambda: self._place(record, order), self._not_placed)

    def replace(self, order_id: str, limit: float) -> None:
        """Give a working order another limit; told why not when it is not working or the session is not healthy."""
        record = self._records.of(order_id)
        if record.awaited:
            self._refuse(record, f"not changed: its {record.awaited} is not answered yet")
        elif record.state is not OrderState.WORKING:
            self._refuse(record, f"not changed: it is {record.state or 'unknown'}")
        else:
            self._send(record, lambda: self._replace(record, limit), self._refuse)

    def cancel(self, order_id: str) -> None:
        """Cancel an order; one that nobody knows is looked for."""
        record = self._records.of(order_id)
        if record.ended:
            self._records.repeat(record)
        elif record.state is OrderState.INTENT:
            record.turn += 1
            self._not_placed(record, "cancelled before it was sent")
        elif self._records.numbered(record) is None:
            self._records.doubt(record, 0, "to be cancelled, and IB's number for it is not known")
        elif record.awaited is not Awaited.CANCELLED:
            self._send(record, lambda: self._cancel(record), self._refuse)

    def cancel_entries(self) -> None:
        """Cancel every entry that is, or may be, alive: the kill switch."""
        if not self.healthy:
            return
        for record in self._records:
            alive = record.state in {OrderState.SENT, OrderState.WORKING, OrderState.UNKNOWN}
            if alive and record.entry and self._records.numbered(record) is not None:
                self.cancel(record.order_id)

    @property
    def healthy(self) -> bool:
        """Whether there is a session, and IB's servers behind it."""
        return self._session.ready.is_set() and self._session.upstream.connected

    def lost(self, text: str) -> None:
        """Take every order that something was under way for as unknown: the session has ended."""
        for record in self._records:
            if record.awaited and record.state is not OrderState.INTENT:
                self._records.doubt(record, 0, text)

    def abandon(self, text: str) -> None:
        """Take those that wait for their turn as unknown, too: the broker ends."""
        for done in self._waiting:
            done.cancel()
        self._waiting.clear()
        for record in self._records:
            if record.awaited:
                self._records.doubt(record, 0, text)

    def _send(self, record: Record, action: Callable[[], None], refuse: Callable[[Record, str], None]) -> None:
        record.turn += 1
        turn = record.turn
        deadline = self._timers.clock.time() + self._acknowledge

        def act() -> None:
            if record.turn == turn:
                action()

        done = self._queue.submit(act, Priority.ORDER, deadline)
        self._waiting.add(done)
        done.add_done_callback(partial(self._sent, record, turn, refuse))

    def _sent(
        self, record: Record, turn: int, refuse: Callable[[Record, str], None], done: asyncio.Future[None]
    ) -> None:
        self._waiting.discard(done)
        if not done.cancelled() and (error := done.exception()) is not None and record.turn == turn:
            refuse(record, str(error) if isinstance(error, BrokerError) else f"not sent: {error!r}")

    def _place(self, record: Record, order: Order) -> None:
        account = self._admit(entry=order.action is Action.OPEN)
        contract, terms = bag.contract(order), bag.terms(order, order.limit, account)
        client = self._session.ib.client
        number = self._records.numbered(record)
        if number is None:
            client.updateReqId(self._records.floor)
            number = client.getReqId()
        self._records.number(record, number)
        record.state, record.contract, record.terms = OrderState.SENT, contract, terms
        client.placeOrder(number, contract, terms)
        self._await(record, Awaited.PLACED)
        self._records.emit(record)

    def _replace(self, record: Record, limit: float) -> None:
        number = self._records.numbered(record)
        if record.state is not OrderState.WORKING or number is None or not (record.contract and record.terms):
            raise Refused("not changed", f"it is {record.state} by now")
        self._admit(entry=bag.is_entry(record.terms))
        contract, terms = bag.changed(record.contract, record.terms, limit)
        self._session.ib.client.placeOrder(number, contract, terms)
        record.asked = bag.net_of(terms)
        self._await(record, Awaited.REPLACED)

    def _cancel(self, record: Record) -> None:
        number = self._records.numbered(record)
        if number is None or record.ended:
            return
        if not self.healthy:
            raise Refused("not cancelled", "there is no healthy session to cancel it over")
        self._session.ib.client.cancelOrder(number)
        if record.state is not OrderState.ABSENT:
            self._await(record, Awaited.CANCELLED)

    def _admit(self, *, entry: bool) -> str:
        """Return the account to trade in; `Refused` when this must not be sent now."""
        if not self.healthy:
            raise Refused("not sent", self._session.last_error or "IB's servers cannot be reached")
        refusal = self._synced() or self._gate.refusal(self._session.accounts, entry=entry)
        if refusal:
            raise Refused("not sent", refusal)
        return self._gate.destination(self._session.accounts)[0]

    def _await(self, record: Record, what: Awaited) -> None:
        now = self._timers.clock.time()
        record.awaited, record.due = what, now + self._acknowledge
        self._timers.call_at(record.due, lambda: self._overdue(record))

    def _overdue(self, record: Record) -> None:
        if record.awaited and self._timers.clock.time() >= record.due:
            seconds = f"{self._acknowledge:g} s"
            self._records.doubt(record, 0, f"IB has not answered its {record.awaited} within {seconds}")

    def _not_placed(self, record: Record, text: str) -> None:
        record.state, record.awaited, record.asked = OrderState.REJECTED, Awaited.NOTHING, None
        record.heard = self._timers.clock.time()
        self._refuse(record, text)

    def _refuse(self, record: Record, text: str) -> None:
        record.code, record.text = 0, text
        if record.state is None:
            self._records.doubt(record, 0, text)
        else:
            self._records.repeat(record)
