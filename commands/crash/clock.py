"""Market time that a gateway and the desks that come and go beside it share."""

from __future__ import annotations

from desk.clock import Clock, RealClock


class SharedClock(Clock):
    """Market time was `market` at machine time `machine` and runs `speed` times as fast, in every process alike.

    The machine's monotonic clock is one for all its processes, so a copy of this one tells the same time elsewhere.
    Nothing holds it: who is slow is late, as with IB.
    """

    def __init__(self, market: float, machine: float, speed: float) -> None:
        self._market, self._machine, self._speed = market, machine, speed
        self._wall = RealClock()

    def time(self) -> float:
        """See `Clock.time`."""
        return self._market + (self._wall.machine() - self._machine) * self._speed

    def machine(self) -> float:
        """See `Clock.machine`."""
        return self._wall.machine()

    def delay(self, due: float) -> float:
        """See `Clock.delay`."""
        return max(0.0, due - self.time()) / self._speed

    def speed(self) -> tuple[float, float]:
        """See `Clock.speed`."""
        return self._speed, self._speed
