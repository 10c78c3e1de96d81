"""Looking: what IB knows of orders, asked in full: after a connect, in doubt, and for the trader's truth."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress

from ib_async import ExecutionFilter
from ib_async.client import Client

from desk.clock import LoopTimers
from desk.ib.errors import BrokerError, Disconnected
from desk.ib.orders.lists import Lists
from desk.ib.orders.record import Awaited, Record
from desk.ib.orders.records import Records
from desk.ib.orders.reports import Open
from desk.ib.session import Session
from messages.market import Priority
from messages.orders import OrderState

_LOOKS = 2
"""Looks in which an order is nowhere until it counts as absent."""
_PATIENCE = 20.0
"""Seconds of market time that IB has for its lists."""
_ALIVE = frozenset({OrderState.SENT, OrderState.WORKING, OrderState.UNKNOWN})


class Looking:
    """Looks orders up until none is in doubt; `again` is the pause between two looks, in seconds of market time.

    `healthy()` says whether asking makes sense; `on_synced` is called after the first full look of a session, and of
    one whose connection to IB has come back. `foreign` names the working orders of others that the last look has found.
    """

    def __init__(
        self,
        session: Session,
        lists: Lists,
        timers: LoopTimers,
        records: Records,
        healthy: Callable[[], bool],
        again: float,
    ) -> None:
        self._session = session
        self._lists = lists
        self._timers = timers
        self._records = records
        self._healthy = healthy
        self._again = again
        self._wake = asyncio.Event()
        self._listing: dict[int, str] = {}
        self.foreign: tuple[str, ...] = ()
        self.synced = False
        self.trouble = ""
        self.on_synced: Callable[[], None] = lambda: None

    async def run(self) -> None:
        """Look whenever `wake` has been called, until nothing is in doubt; for ever."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._healthy() and (not self.synced or self._doubtful()):
                await self._try()
                if self._doubtful() or not self.synced:
                    with suppress(TimeoutError):
                        await self._timers.within(self._again, self._wake.wait())
                    self._wake.clear()

    def wake(self) -> None:
        """Look soon."""
        self._wake.set()

    def unsync(self) -> None:
        """Place nothing before the next full look."""
        self.synced = False

    def opened(self, report: Open) -> None:
        """Take note of a working order that is not this desk's, or not this client's."""
        if not report.ref or report.client_id != self._records.client_id:
            self._listing[report.perm_id] = str(report)

    async def look(self, deadline: float) -> None:
        """Ask for open orders, completed orders and executions; judge the orders that are in none of them.

        Raises how one of the requests ended. An order is judged only if nothing was sent or heard of it since.
        """
        if not self._healthy():
            raise Disconnected(self._session.last_error or "IB's servers cannot be reached")
        began = self._timers.clock.time()
        connection = self._session.connection
        candidates = [record for record in self._records if record.state in _ALIVE]
        before = {record.order_id: (record.turn, record.state) for record in candidates}
        wants = ExecutionFilter()
        await asyncio.gather(
            self._open_orders(deadline),
            self._lists.ask("completed", lambda client: client.reqCompletedOrders(apiOnly=False), deadline),
            self._session.ask(lambda client, number: client.reqExecutions(number, wants), Priority.POSITION, deadline),
        )
        if connection != self._session.connection or not self._healthy():
            raise Disconnected("the session ended while orders were looked up")
        for record in candidates:
            if record.heard < began and before[record.order_id] == (record.turn, record.state):
                self._missed(record, began)

    async def _open_orders(self, deadline: float) -> None:
        def send(client: Client) -> None:
            self._listing = {}
            client.reqAllOpenOrders()

        await self._lists.ask("orders", send, deadline)
        self.foreign = tuple(self._listing.values())

    async def _try(self) -> None:
        self.trouble = ""
        try:
            await self.look(self._timers.clock.time() + _PATIENCE)
        except BrokerError as error:
            self.trouble = str(error)
            return
        if not self.synced:
            self.synced = True
            self.on_synced()

    def _missed(self, record: Record, began: float) -> None:
        """Take in that an order was nowhere. One that was just sent has until its deadline, and each look its pause."""
        if record.awaited is Awaited.PLACED or (record.misses and began < record.missed + self._again):
            return
        record.misses, record.missed = record.misses + 1, began
        if record.misses >= _LOOKS:
            record.state, record.text = OrderState.ABSENT, "neither open nor completed nor executed at IB"
        elif record.state is not OrderState.UNKNOWN:
            record.state, record.text = OrderState.UNKNOWN, "IB does not list it"
        self._records.emit(record)

    def _doubtful(self) -> bool:
        return any(record.state is OrderState.UNKNOWN for record in self._records)
