"""Machine time seen as a clock, so that one timer queue serves both faces."""

from __future__ import annotations

from desk.clock import Clock


class MachineFace(Clock):
    """A clock whose market time is another clock's machine time."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def time(self) -> float:
        """See `Clock.machine`."""
        return self._clock.machine()

    def machine(self) -> float:
        """See `Clock.machine`."""
        return self._clock.machine()
