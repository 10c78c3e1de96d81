"""A circuit breaker in market time: after failures in a row it refuses requests for a while, then tries one."""

from __future__ import annotations

from desk.clock import Clock
from desk.ib.errors import BreakerOpen

CLOSED, OPEN, HALF_OPEN = "closed", "open", "half-open"


class Breaker:
    """Opens after `failures` consecutive failures, stays open for `pause` seconds, then lets one request through.

    That one's success closes it, its failure opens it again. Every `enter` that returns must be followed by one of
    `succeeded`, `failed` or `left`.
    """

    def __init__(self, clock: Clock, failures: int, pause: float) -> None:
        self._clock = clock
        self._limit = failures
        self._pause = pause
        self._count = 0
        self._until: float | None = None
        self._probing = False

    @property
    def state(self) -> str:
        """`closed`, `open` or `half-open`."""
        if self._until is None:
            return CLOSED
        return OPEN if self._clock.time() < self._until else HALF_OPEN

    def enter(self) -> None:
        """Raise `BreakerOpen` unless a request may go ahead."""
        if self.state == CLOSED:
            return
        if self.state == OPEN or self._probing:
            raise BreakerOpen(f"{self._count} requests failed in a row; nothing is asked for now")
        self._probing = True

    def succeeded(self) -> None:
        """Note that a request was answered, be it with an error of its own such as 200, or that the session is new."""
        self._count = 0
        self._until = None
        self._probing = False

    def failed(self) -> None:
        """Note that a request was not answered."""
        self._count += 1
        self._probing = False
        if self._until is not None or self._count >= self._limit:
            self._until = self._clock.time() + self._pause

    def left(self) -> None:
        """Note that a request ended without saying anything about the session: cancelled, or expired in our queue."""
        self._probing = False
