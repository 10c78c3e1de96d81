"""Timers in market time: a queue for threads, and the same on an asyncio loop."""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import Awaitable, Callable
from itertools import count
from typing import TypeVar

from desk.clock.clock import Clock, Pin

T = TypeVar("T")


class Timer:
    """One thing to do at market time `due`; `cancel()` to not do it."""

    __slots__ = ("action", "cancelled", "due")

    def __init__(self, due: float, action: Callable[[], None]) -> None:
        self.due = due
        self.action = action
        self.cancelled = False

    def cancel(self) -> None:
        """Do nothing when due."""
        self.cancelled = True


class TimerQueue:
    """Timers ordered by due time, whose head is pinned on the clock. Owned by one thread."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._heap: list[tuple[float, int, Timer]] = []
        self._order = count()
        self._pin: Pin | None = None

    def add(self, due: float, action: Callable[[], None]) -> Timer:
        """Do `action` at market time `due`, or at once when that is past."""
        timer = Timer(due, action)
        heapq.heappush(self._heap, (due, next(self._order), timer))
        self._repin()
        return timer

    def due(self) -> float | None:
        """Market time of the next timer, None without one."""
        while self._heap and self._heap[0][2].cancelled:
            heapq.heappop(self._heap)
        self._repin()
        return self._heap[0][0] if self._heap else None

    def run(self) -> None:
        """Do what is due, in order."""
        while (due := self.due()) is not None and due <= self._clock.time():
            timer = heapq.heappop(self._heap)[2]
            timer.cancelled = True
            timer.action()
        self._repin()

    def clear(self) -> None:
        """Forget every timer."""
        self._heap.clear()
        self._repin()

    def _repin(self) -> None:
        due = self._heap[0][0] if self._heap else None
        if self._pin is not None and (due is None or self._pin.due != due):
            self._clock.release(self._pin)
            self._pin = None
        if self._pin is None and due is not None:
            self._pin = self._clock.pin(due)


class LoopTimers:
    """Market-time `call_at`, `sleep` and `within` on one asyncio loop. Use on that loop's thread only."""

    def __init__(self, clock: Clock, loop: asyncio.AbstractEventLoop) -> None:
        self.clock = clock
        self._loop = loop
        self._queue = TimerQueue(clock)
        self._handle: asyncio.TimerHandle | None = None
        self._armed: float | None = None

    def call_at(self, due: float, action: Callable[[], None]) -> Timer:
        """Do `action` at market time `due`."""
        timer = self._queue.add(due, action)
        self._arm()
        return timer

    def call_later(self, seconds: float, action: Callable[[], None]) -> Timer:
        """Do `action` after `seconds` of market time."""
        return self.call_at(self.clock.time() + seconds, action)

    async def sleep(self, seconds: float) -> None:
        """Wait for `seconds` of market time."""
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        done = self._loop.create_future()
        timer = self.call_later(seconds, lambda: None if done.done() else done.set_result(None))
        try:
            await done
        finally:
            timer.cancel()

    async def within(self, seconds: float, awaitable: Awaitable[T]) -> T:
        """Await for at most `seconds` of market time, then cancel it and raise `TimeoutError`."""
        task = asyncio.ensure_future(awaitable)
        expired = False

        def expire() -> None:
            nonlocal expired
            expired = task.cancel()

        timer = self.call_later(seconds, expire)
        try:
            return await task
        except asyncio.CancelledError:
            current = asyncio.current_task()
            if expired and not (current and current.cancelling()):
                msg = f"no answer within {seconds:g} s"
                raise TimeoutError(msg) from None
            task.cancel()
            raise
        finally:
            timer.cancel()

    def close(self) -> None:
        """Forget every timer and give the pin back."""
        self._queue.clear()
        if self._handle is not None:
            self._handle.cancel()

    def _arm(self) -> None:
        due = self._queue.due()
        if due == self._armed:
            return
        if self._handle is not None:
            self._handle.cancel()
            self._handle = None
        self._armed = due
        if due is not None:
            self._handle = self._loop.call_later(self.clock.delay(due), self._fire)

    def _fire(self) -> None:
        self._handle = self._armed = None
        try:
            self._queue.run()
        finally:
            self._arm()
