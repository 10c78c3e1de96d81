"""Lists that IB gives without a request's number: open orders, completed orders, positions. One of a kind at a time."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable

from ib_async.client import Client

from desk.clock import LoopTimers
from desk.ib.errors import BrokerError, Expired, Timeout
from desk.ib.queue import RequestQueue
from desk.ib.session import Session
from messages.market import Priority

_DEBT = 30.0
"""Seconds of market time after which an end that was not waited for does not come any more."""


class Lists:
    """Asks and waits for the end of a list. What is in it is heard elsewhere.

    An end that comes after its request was given up must not pass for that of the next: it is passed over, for `_DEBT`
    seconds. When the next one's never comes, the one passed over was its own, and nothing is owed any more.
    """

    def __init__(self, session: Session, queue: RequestQueue, timers: LoopTimers) -> None:
        self._session = session
        self._queue = queue
        self._timers = timers
        self._turns: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._waiting: dict[str, asyncio.Future[None]] = {}
        self._owed: dict[str, float] = {}
        self._passed: set[str] = set()

    async def ask(self, what: str, send: Callable[[Client], None], deadline: float) -> None:
        """Send a request and wait for the end of its list.

        Raises `Expired` when its turn, `Timeout` when the end does not come by `deadline` (market time), and
        `Disconnected`.
        """
        async with self._turns[what]:
            end: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            sent = False

            def start() -> None:
                nonlocal sent
                send(self._session.ib.client)
                sent = True
                self._waiting[what] = end
                self._passed.discard(what)

            async def answer() -> None:
                await self._queue.send(start, Priority.POSITION, deadline)
                await end

            try:
                await self._timers.within(max(0.0, deadline - self._timers.clock.time()), answer())
            except TimeoutError:
                if not sent:
                    raise Expired("its deadline passed before its turn") from None
                if what not in self._passed:
                    self._owed[what] = self._timers.clock.time() + _DEBT
                raise Timeout(f"the list of {what} has no end") from None
            finally:
                self._waiting.pop(what, None)

    def ended(self, what: str) -> None:
        """Take in the end of a list."""
        waiting = self._waiting.get(what)
        if self._timers.clock.time() < self._owed.pop(what, 0.0):
            if waiting is not None:
                self._passed.add(what)
        elif waiting is not None and not waiting.done():
            waiting.set_result(None)

    def lost(self, error: BrokerError) -> None:
        """End every wait: the session has ended, and with it what it owed."""
        self._owed.clear()
        for waiting in self._waiting.values():
            if not waiting.done():
                waiting.set_exception(error)
