"""Orders: from requests to the exchange, from its events to the journal and then to the clients."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from math import ceil, inf
from random import Random

from desk.clock import Timer
from desk.gateway import reports
from desk.gateway.clients import Client, Context, attempt
from desk.gateway.exchange.blotter import Blotter
from desk.gateway.exchange.model import Event, OrderRequest
from desk.gateway.instrument import InstrumentError, instrument
from desk.gateway.requests import orders as requests
from desk.gateway.services import Handlers
from desk.gateway.telling import Telling
from desk.gateway.trading import Trading

_GRID = 0.01
"""Orders reach the market at multiples of this (seconds), so that neighbours are priced in one call of the source."""

Find = Callable[[int], Client | None]
"""The client that is connected under an id."""


class Orders:
    """Answers what concerns orders, and works them for as long as there is something to work.

    What the exchange says is written to the daybook first, once per turn of the loop, and told after that: to the
    clients, and to `told`.
    """

    def __init__(
        self,
        context: Context,
        trading: Trading,
        find: Find,
        told: Callable[[Iterable[Event]], None],
        random: Random,
    ) -> None:
        self._context = context
        self._exchange = trading.exchange
        self._daybook = trading.daybook
        self._telling = Telling(context, trading.exchange.blotter, find, random)
        self._told = told
        self._pending: list[Event] = []
        self._lanes: dict[int, float] = {}
        self._wake: Timer | None = None
        self._look(self._now)

    def handlers(self) -> Handlers:
        """See `Service`."""
        return {
            OrderRequest: self._place,
            requests.CancelOrder: self._cancel,
            requests.GlobalCancel: self._cancel_all,
            requests.AutoOpenOrders: self._bind,
            requests.OpenOrders: lambda client, _: reports.open_orders(client, self._blotter(), own=True),
            requests.AllOpenOrders: lambda client, _: reports.open_orders(client, self._blotter(), own=False),
            requests.CompletedOrders: lambda client, _: reports.completed(client, self._blotter(), self._now),
            requests.Executions: lambda client, request: reports.executed(client, self._blotter(), request, self._now),
        }

    def leave(self, client: Client) -> None:
        """See `Service`. Orders stay, those on their way too."""

    def settle(self) -> None:
        """Write what has happened to the daybook, then tell it."""
        events, self._pending = self._pending, []
        if not events:
            return
        if self._daybook is not None:
            self._daybook.append(self._now, events)
        self._telling.tell(events)
        self._told(events)

    def close(self) -> None:
        """Settle what is left and close the daybook."""
        self.settle()
        if self._daybook is not None:
            self._daybook.close()

    @property
    def _now(self) -> float:
        return self._context.clock.time()

    def _blotter(self) -> Blotter:
        """Return the blotter with nothing in it that is not on disk."""
        self.settle()
        return self._exchange.blotter

    def _place(self, client: Client, request: OrderRequest) -> None:
        self._later(client, lambda: self._arrive(request))

    def _cancel(self, client: Client, request: requests.CancelOrder) -> None:
        owner = client.client_id
        assert owner is not None
        self._later(client, lambda: self._take(self._exchange.cancel(owner, request.order_id, self._now)))

    def _cancel_all(self, client: Client, _request: requests.GlobalCancel) -> None:
        self._later(client, lambda: self._take(self._exchange.cancel_all(self._now)))

    @staticmethod
    def _bind(client: Client, _request: requests.AutoOpenOrders) -> None:
        """Make orders given by hand client 0's; nobody gives any here."""
        if client.client_id != 0:
            cause = "Only the default client (i.e 0) can auto bind orders."
            client.error(-1, 321, f"Error validating request.-'bS' : cause - {cause}")

    def _arrive(self, request: OrderRequest) -> None:
        now = self._now
        try:
            traded = instrument(self._context.book, request, now)
        except InstrumentError as error:
            self._take(self._exchange.refuse(request, error.code, error.text))
            return
        self._take(self._exchange.place(request, traded.contract, traded.legs, now))
        delay = self._context.latency.match()
        self._look(ceil((now + delay) / _GRID) * _GRID if delay else now)

    def _later(self, client: Client, action: Callable[[], None]) -> None:
        """Do something after the way to IB, on which a client's messages do not overtake each other."""
        assert client.client_id is not None
        now = self._now
        due = max(now + self._context.latency.order(), self._lanes.get(client.client_id, now))
        self._lanes[client.client_id] = due
        if due <= now:
            action()
        else:
            self._context.timers.call_at(due, lambda: attempt(action))

    def _take(self, events: Iterable[Event]) -> None:
        """Take events in, to be settled at the end of this turn of the loop."""
        if not self._pending:
            asyncio.get_running_loop().call_soon(attempt, self.settle)
        self._pending += events

    def _look(self, at: float) -> None:
        """Let the exchange do what is due at that time, unless it is to before."""
        if at == inf or (self._wake is not None and not self._wake.cancelled and self._wake.due <= at):
            return
        if self._wake is not None:
            self._wake.cancel()
        self._wake = self._context.timers.call_at(at, lambda: attempt(self._advance))

    def _advance(self) -> None:
        now = self._now
        try:
            self._take(self._exchange.advance(now))
        finally:
            self._look(self._exchange.next_due(now))
