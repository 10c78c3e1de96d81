"""The one gate that every message to IB passes: by priority, first come first served within, paced."""

from __future__ import annotations

import asyncio
import heapq
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from typing import Any, TypeVar

from desk.clock import LoopTimers, Timer
from desk.ib.errors import BrokerError, Expired
from desk.ib.pacer import Pacer
from messages.market import Priority

T = TypeVar("T")


@dataclass(order=True, slots=True)
class _Entry:
    turn: tuple[Priority, bool, int]
    deadline: float = field(compare=False)
    action: Callable[[], Any] = field(compare=False)
    done: asyncio.Future[Any] | None = field(compare=False)


class RequestQueue:
    """Waiting messages. Each is an action that sends exactly one message; it runs when its turn has come."""

    def __init__(self, timers: LoopTimers, pacer: Pacer) -> None:
        self._timers = timers
        self._pacer = pacer
        self._heap: list[_Entry] = []
        self._order = count()
        self._timer: Timer | None = None

    async def send(self, action: Callable[[], T], priority: Priority, deadline: float) -> T:
        """Wait for `submit`; cancelling the wait takes the message out of the queue."""
        return await self.submit(action, priority, deadline)

    def submit(self, action: Callable[[], T], priority: Priority, deadline: float) -> asyncio.Future[T]:
        """Run `action` in its turn, at once when it is there, and return what will have its result.

        `Expired` when the turn comes after `deadline` (market time); whatever `action` raises ends up there, too.
        Cancelling the future takes the message out of the queue.
        """
        done: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._push(priority, deadline, action, done)
        return done

    def post(self, action: Callable[[], object], priority: Priority) -> None:
        """Run `action` in its turn, whenever that is. It must not raise.

        Nobody waits for it, so within its priority it goes after what somebody waits for: cancels give way to
        subscriptions until those wait for lines.
        """
        self._push(priority, float("inf"), action, None)

    def depth(self) -> dict[str, int]:
        """Count the waiting messages by their priority's name."""
        waiting = Counter(entry.turn[0].name.lower() for entry in self._heap if not _abandoned(entry))
        return {priority.name.lower(): waiting[priority.name.lower()] for priority in Priority}

    def fail(self, error: BrokerError) -> None:
        """End every waiting request with `error` and forget posted messages: the session they were for is gone."""
        waiting, self._heap = self._heap, []
        for entry in waiting:
            if entry.done is not None and not entry.done.done():
                entry.done.set_exception(error)

    def _push(
        self, priority: Priority, deadline: float, action: Callable[[], Any], done: asyncio.Future[Any] | None
    ) -> None:
        turn = (priority, done is None, next(self._order))
        heapq.heappush(self._heap, _Entry(turn, deadline, action, done))
        if self._timer is None or self._timer.cancelled:
            self._pump()

    def _pump(self) -> None:
        self._timer = None
        while self._heap:
            if _abandoned(self._heap[0]):
                heapq.heappop(self._heap)
                continue
            earliest = self._pacer.earliest()
            if earliest > self._timers.clock.time():
                self._timer = self._timers.call_at(earliest, self._pump)
                return
            self._run(heapq.heappop(self._heap))

    def _run(self, entry: _Entry) -> None:
        if entry.done is None:
            entry.action()
        elif self._timers.clock.time() > entry.deadline:
            entry.done.set_exception(Expired("its deadline passed while it waited for its turn"))
        else:
            try:
                entry.done.set_result(entry.action())
            except Exception as error:  # noqa: BLE001 - whoever waits gets it, whatever it is
                entry.done.set_exception(error)


def _abandoned(entry: _Entry) -> bool:
    return entry.done is not None and entry.done.done()
