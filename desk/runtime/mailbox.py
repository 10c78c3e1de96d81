"""The mailbox: belongs to a child, outlives its incarnations, and holds market time while a message waits."""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Callable
from itertools import count
from threading import Condition, Lock
from typing import Any, Protocol

from desk.clock import Clock
from desk.runtime.envelope import Envelope
from messages.system import Drain

Refusal = Callable[[Envelope, str], None]
"""What happens to a message that is not accepted: the envelope and the reason, `full` or `closed`."""


class _Queue(Protocol):
    def push(self, envelope: Envelope) -> None: ...

    def pop(self) -> Envelope: ...

    def clear(self) -> list[Envelope]: ...

    def __len__(self) -> int: ...


class _Fifo:
    def __init__(self) -> None:
        self._items: deque[Envelope] = deque()
        self.push = self._items.append
        self.pop = self._items.popleft

    def clear(self) -> list[Envelope]:
        items = list(self._items)
        self._items.clear()
        return items

    def __len__(self) -> int:
        return len(self._items)


class _Ranked:
    """Smallest priority first, first come first served within one; an orderly stop comes last."""

    def __init__(self, priority: Callable[[Any], float]) -> None:
        self._priority = priority
        self._order = count()
        self._items: list[tuple[float, int, Envelope]] = []

    def push(self, envelope: Envelope) -> None:
        rank = float("inf") if isinstance(envelope.message, Drain) else self._priority(envelope.message)
        heapq.heappush(self._items, (rank, next(self._order), envelope))

    def pop(self) -> Envelope:
        return heapq.heappop(self._items)[2]

    def clear(self) -> list[Envelope]:
        items = [item[2] for item in sorted(self._items)]
        self._items.clear()
        return items

    def __len__(self) -> int:
        return len(self._items)


class Mailbox:
    """A bounded queue with at most one reader, the incarnation whose epoch is attached.

    Every message that waits for, or is in the hands of, an attached incarnation is departed on the clock and arrived
    once: when it is done, or when the incarnation ends. Without a reader nothing is held and market time can flow.
    """

    def __init__(
        self, clock: Clock, limit: int, refused: Refusal, priority: Callable[[Any], float] | None = None
    ) -> None:
        self._clock = clock
        self._limit = limit
        self._refused = refused
        self._queue: _Queue = _Fifo() if priority is None else _Ranked(priority)
        self._ready = Condition(Lock())
        self._reader: int | None = None
        self._past = 0
        self._wake: Callable[[], None] | None = None
        self._in_hand = False
        self._probed = False
        self._closed = False

    def __len__(self) -> int:
        return len(self._queue)

    def put(self, envelope: Envelope) -> None:
        """Queue a message; one that cannot be queued goes to the refusal. An orderly stop always fits."""
        reason = ""
        with self._ready:
            if self._closed:
                reason = "closed"
            elif len(self._queue) >= self._limit and not isinstance(envelope.message, Drain):
                reason = "full"
            else:
                self._queue.push(envelope)
                if self._reader is not None:
                    self._clock.depart()
                    self._rouse()
        if reason:
            self._refused(envelope, reason)

    def probe(self) -> None:
        """Wake the reader to show that it lives."""
        with self._ready:
            self._probed = True
            self._rouse()

    def attach(self, epoch: int, wake: Callable[[], None] | None = None) -> None:
        """Let incarnation `epoch` read; `wake` is called, under the lock, when there may be something to take."""
        with self._ready:
            if epoch <= self._past or self._closed:
                return
            self._reader, self._wake = epoch, wake
            self._clock.depart(len(self._queue))
            if self._queue or self._probed:
                self._rouse()

    def take(self, epoch: int, timeout: float | None = 0.0) -> Envelope | None:
        """Take the next message in hand; None after `timeout` wall seconds, a probe, or when `epoch` reads no more."""
        with self._ready:
            idle = not self._queue and not self._probed and self._reader == epoch
            if idle and (timeout is None or timeout > 0):
                self._ready.wait(timeout)
            if self._reader != epoch:
                return None
            self._probed = False
            if not self._queue:
                return None
            self._in_hand = True
            return self._queue.pop()

    def hold(self, epoch: int) -> None:
        """Take a timer's message in hand, which never was in the queue."""
        with self._ready:
            if self._reader == epoch and not self._in_hand:
                self._in_hand = True
                self._clock.depart()

    def done(self, epoch: int) -> None:
        """Put away what `epoch` has in hand."""
        with self._ready:
            if self._reader == epoch and self._in_hand:
                self._in_hand = False
                self._clock.arrive()

    def detach(self, epoch: int) -> list[Envelope]:
        """End the reading of `epoch`. Tells stay for the next incarnation; waiting asks are taken out and returned."""
        with self._ready:
            self._past = max(self._past, epoch)
            if self._reader is not None and self._reader <= self._past:
                self._release()
            waiting = self._queue.clear()
            for envelope in waiting:
                if envelope.reply_to is None and not isinstance(envelope.message, Drain):
                    self._queue.push(envelope)
        return [envelope for envelope in waiting if envelope.reply_to is not None]

    def close(self) -> list[Envelope]:
        """Accept nothing more and return what waited."""
        with self._ready:
            self._closed = True
            if self._reader is not None:
                self._release()
            return self._queue.clear()

    def _release(self) -> None:
        self._clock.arrive(len(self._queue) + self._in_hand)
        self._in_hand = False
        self._rouse()
        self._reader = self._wake = None

    def _rouse(self) -> None:
        if self._wake is not None:
            self._wake()
        else:
            self._ready.notify_all()
