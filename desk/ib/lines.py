"""Market-data lines: IB grants a number of them at a time; they are leased here and given back."""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import Callable
from itertools import count

from messages.market import Priority

_RESERVE = 3
"""Lines that collection and history leave free for orders, positions and entries."""
_LEAST = 4
"""Lines that are kept whatever the gateway complains about."""


class Line:
    """One leased line. `returning` says that its holder is done; `yield_to`, when set, that it could do without."""

    __slots__ = ("held", "returning", "yield_to")

    def __init__(self) -> None:
        self.held = True
        self.returning = False
        self.yield_to: Callable[[], None] | None = None


class Lines:
    """At most `limit` lines, waiters served by priority and then in order."""

    def __init__(self, limit: int) -> None:
        self.granted = limit
        self.limit = limit
        self._held: dict[int, Line] = {}
        self._waiting: list[tuple[Priority, int, asyncio.Future[Line]]] = []
        self._order = count()

    @property
    def in_use(self) -> int:
        """Lines leased."""
        return len(self._held)

    @property
    def contended(self) -> bool:
        """Whether more wait for a line than are on their way back."""
        waiting = sum(1 for _, _, future in self._waiting if not future.done())
        return waiting > sum(1 for line in self._held.values() if line.returning)

    async def lease(self, priority: Priority) -> Line:
        """Wait for a line of one's own. Cancelling the wait gives it up."""
        future: asyncio.Future[Line] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._waiting, (priority, next(self._order), future))
        self._serve()
        try:
            return await future
        except asyncio.CancelledError:
            if future.done() and not future.cancelled():
                self.give_back(future.result())
            raise

    def give_back(self, line: Line) -> None:
        """Return a line; doing so again changes nothing."""
        if line.held:
            line.held = False
            del self._held[id(line)]
            self._serve()

    def shrink(self) -> None:
        """Ask for fewer from now on: the gateway grants less than we thought, as others of the same user share them."""
        self.limit = max(_LEAST, min(self.limit, self.in_use - 1))

    def reset(self) -> None:
        """Take every line as given back: the session is gone and its lines with it."""
        self.limit = self.granted
        for line in self._held.values():
            line.held = False
        self._held.clear()
        self._serve()

    def offer(self, line: Line, yield_to: Callable[[], None]) -> None:
        """Say that `line` may be taken: `yield_to` is called at once or when another waits, and should give it back."""
        line.yield_to = yield_to
        self._take_back()

    def _serve(self) -> None:
        while self._waiting:
            priority, _, future = self._waiting[0]
            if future.done():
                heapq.heappop(self._waiting)
                continue
            if self.in_use >= self._available(priority):
                self._take_back()
                return
            heapq.heappop(self._waiting)
            line = Line()
            self._held[id(line)] = line
            future.set_result(line)

    def _available(self, priority: Priority) -> int:
        return self.limit - (_RESERVE if priority >= Priority.COLLECTION else 0)

    def _take_back(self) -> None:
        """Ask one holder who has offered a line, if need be."""
        if not self.contended:
            return
        for line in self._held.values():
            if line.yield_to is not None and not line.returning:
                yield_to, line.yield_to = line.yield_to, None
                yield_to()
                return
