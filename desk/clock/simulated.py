"""An accelerated clock, governed: it slows down rather than let a deadline pass while an answer is on its way."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime
from threading import Lock

from desk.clock.clock import Clock, Pin

_GRACE = 2.0
"""Machine seconds for which unfinished work, or a pin that its holder does not act on, can hold market time."""
_SLICE = 0.0005
"""Machine seconds between looks at a clock that is being held: short against a message's work, long against a spin."""
_WINDOW = 2.0
"""Machine seconds over which the speed reached is averaged."""


class SimulatedClock(Clock):
    """Market time that starts at `start` and runs `speed` times as fast as the wall, unless it is held.

    Two things hold it. Pins: market time stops at the earliest pinned instant until its holder has acted, so a timer
    fires at its instant however late its thread wakes. Work on its way (`depart`/`arrive`): while a message waits in a
    mailbox, or bytes are on the wire between two parties that share this clock, market time stands still. Neither can
    hold for more than two machine seconds, so a hung actor cannot stop the day.
    """

    def __init__(self, start: datetime, speed: float = 1.0, monotonic: Callable[[], float] = time.monotonic) -> None:
        if speed <= 0:
            msg = f"speed must be above 0, not {speed}"
            raise ValueError(msg)
        self._lock = Lock()
        self._monotonic = monotonic
        self._speed = speed
        self._time = start.timestamp()
        self._wall = monotonic()
        self._flying: dict[object, int] = {None: 0}
        self._held_since: float | None = None
        self._pins: dict[int, Pin] = {}
        self._overdue: set[int] = set()
        self._mark = (self._wall, self._time)
        self._reached = speed

    def time(self) -> float:
        """See `Clock.time`."""
        with self._lock:
            return self._advance()

    def machine(self) -> float:
        """See `Clock.machine`."""
        return self._monotonic()

    def delay(self, due: float) -> float:
        """See `Clock.delay`; at least one slice while `due` is ahead: a held clock does not reach it by waiting."""
        remaining = due - self.time()
        return max(_SLICE, remaining / self._speed) if remaining > 0 else 0.0

    def pin(self, due: float) -> Pin:
        """See `Clock.pin`."""
        pin = Pin(due)
        with self._lock:
            self._advance()
            self._pins[id(pin)] = pin
        return pin

    def release(self, pin: Pin) -> None:
        """See `Clock.release`."""
        with self._lock:
            self._advance()
            self._pins.pop(id(pin), None)
            self._overdue.discard(id(pin))

    def depart(self, amount: int = 1, address: object = None) -> None:
        """See `Clock.depart`."""
        with self._lock:
            self._advance()
            if address in self._flying:
                self._flying[address] += amount

    def arrive(self, amount: int = 1, address: object = None) -> None:
        """See `Clock.arrive`."""
        with self._lock:
            self._advance()
            if address in self._flying:
                self._flying[address] = max(0, self._flying[address] - amount)

    def join(self, address: object) -> None:
        """See `Clock.join`."""
        with self._lock:
            self._flying[address] = 0

    def leave(self, address: object) -> None:
        """See `Clock.leave`."""
        with self._lock:
            self._advance()
            self._flying.pop(address, None)

    def joined(self, address: object) -> bool:
        """See `Clock.joined`."""
        with self._lock:
            return address in self._flying

    def speed(self) -> tuple[float, float]:
        """See `Clock.speed`."""
        with self._lock:
            self._advance()
            return self._speed, self._reached

    def _advance(self) -> float:
        wall = self._monotonic()
        elapsed, self._wall = wall - self._wall, wall
        limit = self._limit()
        if any(self._flying.values()) or limit <= self._time:
            self._hold(wall)
        else:
            self._held_since = None
            self._time = min(self._time + elapsed * self._speed, limit)
        self._measure(wall)
        return self._time

    def _limit(self) -> float:
        return min((pin.due for key, pin in self._pins.items() if key not in self._overdue), default=float("inf"))

    def _hold(self, wall: float) -> None:
        """Stand still; past the grace, stop waiting for what holds."""
        if self._held_since is None:
            self._held_since = wall
        elif wall - self._held_since > _GRACE:
            self._held_since = None
            self._flying = dict.fromkeys(self._flying, 0)
            self._overdue.update(key for key, pin in self._pins.items() if pin.due <= self._time)

    def _measure(self, wall: float) -> None:
        since, then = self._mark
        if wall - since >= _WINDOW:
            self._reached = (self._time - then) / (wall - since)
            self._mark = (wall, self._time)
