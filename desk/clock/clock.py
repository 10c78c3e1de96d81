"""The clock's two faces, and the clocks that run at the wall's pace or at a test's."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from datetime import UTC, datetime


class Pin:
    """A promise by whoever holds it to act at market time `due`; a governed clock waits there for it."""

    __slots__ = ("due",)

    def __init__(self, due: float) -> None:
        self.due = due


class Clock(ABC):
    """Market time for decisions and deadlines, machine time for liveness and disk.

    Market time is seconds since the Unix epoch (UTC); machine time is monotonic seconds that mean something only as
    differences.
    """

    @abstractmethod
    def time(self) -> float:
        """Market time in seconds since the epoch."""

    @abstractmethod
    def machine(self) -> float:
        """Machine time in seconds."""

    def now(self) -> datetime:
        """Market time as an aware UTC datetime."""
        return datetime.fromtimestamp(self.time(), UTC)

    def delay(self, due: float) -> float:
        """Machine seconds to wait before market time can have reached `due`; 0 when it has."""
        return max(0.0, due - self.time())

    def pin(self, due: float) -> Pin:
        """Register the intention to act at `due`. Release it when acted or cancelled."""
        return Pin(due)

    def release(self, pin: Pin) -> None:
        """Give a pin back."""

    def depart(self, amount: int = 1, address: object = None) -> None:
        """Note that work (a message, bytes over `address`) is on its way to someone with this clock."""

    def arrive(self, amount: int = 1, address: object = None) -> None:
        """Note that work noted with `depart` has been dealt with."""

    def join(self, address: object) -> None:
        """Note that whoever connects from `address` shares this clock and notes what it sends and has dealt with."""

    def leave(self, address: object) -> None:
        """Undo `join`: what was on its way over `address` no longer is."""

    def joined(self, address: object) -> bool:  # noqa: ARG002 - nobody shares a clock that runs by itself
        """Whether bytes to and from `address` are to be noted with `depart` and `arrive`."""
        return False

    def speed(self) -> tuple[float, float]:
        """Speed asked for and speed reached lately, in market seconds per machine second."""
        return 1.0, 1.0


class RealClock(Clock):
    """The wall's time on both faces."""

    def time(self) -> float:
        """See `Clock.time`."""
        return time.time()

    def machine(self) -> float:
        """See `Clock.machine`."""
        return time.monotonic()


class ManualClock(Clock):
    """A clock that stands still until a test advances it; both faces move together."""

    def __init__(self, start: datetime) -> None:
        self._time = start.timestamp()
        self._machine = 0.0

    def time(self) -> float:
        """See `Clock.time`."""
        return self._time

    def machine(self) -> float:
        """See `Clock.machine`."""
        return self._machine

    def advance(self, seconds: float) -> None:
        """Move both faces forward."""
        self._time += seconds
        self._machine += seconds
