"""The gateway itself: it listens, keeps its clients, and hands each request to the part that answers it."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from pathlib import Path
from random import Random
from typing import Any

from desk.clock import Clock, LoopTimers
from desk.gateway.account import Account
from desk.gateway.catalogue import Catalogue
from desk.gateway.clients import Client, Context
from desk.gateway.connection import Connection
from desk.gateway.exchange.blotter import Blotter
from desk.gateway.faults.control import Control
from desk.gateway.faults.engine import Faults
from desk.gateway.faults.quotes import Market
from desk.gateway.feeds import Feeds
from desk.gateway.history import History
from desk.gateway.journal import Journal
from desk.gateway.listener import Listener
from desk.gateway.orders import Orders
from desk.gateway.others import Others
from desk.gateway.past import Past
from desk.gateway.requests.terms import Terms
from desk.gateway.services import Handlers, Service, Subscriptions
from desk.gateway.session import Sessions
from desk.gateway.settings import Settings
from desk.gateway.source import Source
from desk.gateway.streams import Streams
from desk.gateway.trading import Trading
from messages.contract import Contract

_SAVE_EVERY = 1.0
"""Machine seconds between writes of the journal."""
_CLOSING = 1.0
"""Machine seconds for clients to take what was last written to them."""


class Gateway:
    """A paper gateway on the running asyncio loop. Everything it does, it does on that loop's thread."""

    def __init__(self, settings: Settings, source: Source, clock: Clock, random: Random) -> None:
        self._settings = settings
        self.market = Market(source)
        self._clock = clock
        self._random = random
        self._orders: Orders | None = None
        self._trading: Trading | None = None
        self._clients: set[Client] = set()
        self._services: tuple[Service, ...] = ()
        self._handlers: Handlers = {}
        self._listener = Listener(self.accept, settings.host)
        self._control: Control | None = None
        self._streams: Streams | None = None
        self._saving: asyncio.TimerHandle | None = None
        self._context: Context | None = None
        self.control_port: int | None = None

    @property
    def faults(self) -> Faults:
        """What can go wrong, once open."""
        return self.context.faults

    @property
    def context(self) -> Context:
        """What its parts work with, once open."""
        assert self._context is not None
        return self._context

    @property
    def blotter(self) -> Blotter:
        """Its book of orders and executions, once open: what a desk's logs are compared with."""
        assert self._trading is not None
        return self._trading.exchange.blotter

    def held(self) -> dict[int, float]:
        """Return the account's positions by contract id, once open."""
        return {each.contract.con_id: each.quantity for each in self.blotter.ledger.held()}

    def open(self) -> None:
        """Get ready for clients on the running loop without listening: they come through `accept`.

        ValueError when the journal's file is not a journal.
        """
        folder = self._settings.journal
        if folder is not None:
            Journal.load(folder)
        timers = LoopTimers(self._clock, asyncio.get_running_loop())
        self._context = context = Context.of(self._settings, self.market, timers, self._random, self)
        catalogue = Catalogue(context)
        self._streams = streams = Streams(context, catalogue)
        random = Random(self._random.getrandbits(64))
        self._trading = trading = Trading.open(context, random)
        sessions = Sessions(context, trading.exchange.blotter.next_ids)
        account = Account(context, trading.portfolio)
        self._orders = Orders(context, trading, sessions.client, account.told, random)
        self._services = (
            sessions,
            self._orders,
            account,
            catalogue,
            streams,
            History(context),
            Past(context),
            Feeds(context),
            Others(context),
        )
        self._handlers = {kind: handler for service in self._services for kind, handler in service.handlers().items()}
        for fault in self._settings.faults:
            context.faults.arm(fault)
        if folder is not None:
            self._save_regularly(folder)

    async def start(self) -> int:
        """Open and listen; return the port. OSError when it is taken."""
        self.open()
        try:
            port = await self._listener.start(self._settings.port)
            if self._settings.control is not None:
                self._control = Control(self.context.faults)
                self.control_port = await self._control.start(self._settings.control)
        except OSError:
            await self.stop()
            raise
        return port

    async def stop(self) -> None:
        """Close every connection and write the journal. A client that does not read holds this up for a second."""
        if self._control is not None:
            self._control.stop()
        for client in list(self._clients):
            client.close()
            self.leave(client)
        if self._orders is not None:
            self._orders.close()
        self.context.timers.close()
        if self._saving is not None and self._settings.journal is not None:
            self._saving.cancel()
            self._save(self._settings.journal)
        await self._listener.stop(_CLOSING)

    def accept(self) -> asyncio.Protocol:
        """Return the server's side of one new connection, for a socket or any other transport."""
        return Connection(self)

    def join(self, transport: asyncio.Transport) -> Client | None:
        """Return a new client, None when there are as many as IB allows or nobody listens just now."""
        if len(self._clients) >= self._settings.clients or not self._listener.present:
            return None
        client = Client(self.context, transport)
        self._clients.add(client)
        return client

    def leave(self, client: Client) -> None:
        """Forget a client whose connection is gone."""
        client.leave()
        self._clients.discard(client)
        for service in self._services:
            service.leave(client)

    def handle(self, client: Client, request: Any) -> None:
        """Answer a request."""
        self._handlers[type(request)](client, request)

    def clients(self) -> Collection[Client]:
        """See `Ground`."""
        return list(self._clients)

    def away(self) -> None:
        """See `Ground`."""
        self._listener.away()

    def back(self) -> None:
        """See `Ground`."""
        self._listener.back()

    def lose_subscriptions(self, client: Client) -> None:
        """See `Ground`."""
        for service in self._services:
            if isinstance(service, Subscriptions):
                service.lose(client)

    def subscribed(self, client: Client, request_id: int) -> Contract | None:
        """See `Ground`."""
        assert self._streams is not None
        return self._streams.contract(client, request_id)

    def resolve(self, contract: Contract) -> Contract:
        """See `Ground`."""
        found = self.context.book.find(Terms(con_id=contract.con_id), self._clock.time())
        return found[0].contract if found else contract

    def _save_regularly(self, folder: Path) -> None:
        self._saving = asyncio.get_running_loop().call_later(_SAVE_EVERY, self._save_regularly, folder)
        self._save(folder)

    def _save(self, folder: Path) -> None:
        Journal(self._clock.time()).save(folder)
