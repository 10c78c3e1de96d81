"""How often a message may leave: evenly spaced, and never more than a limit in any rolling second."""

from __future__ import annotations

from collections import deque

_WINDOW = 1.005
"""Seconds that hold at most `rate` messages: a second, and some for the jitter between our clock and the gateway's."""


class Pacer:
    """Paces messages to `rate` per second of market time.

    Messages sent without asking (the handshake's, which ib_async sends by itself) are counted too. Even spacing keeps
    the wait of an urgent message to one interval; the window makes up for bursts that did not ask.
    """

    def __init__(self, rate: int) -> None:
        self.rate = rate
        self._sent: deque[float] = deque(maxlen=rate)
        self._held = 0.0

    def earliest(self) -> float:
        """Market time at which the next message may leave."""
        if not self._sent:
            return self._held
        spaced = self._sent[-1] + _WINDOW / self.rate
        windowed = self._sent[0] + _WINDOW if len(self._sent) == self.rate else 0.0
        return max(spaced, windowed, self._held)

    def note(self, now: float) -> None:
        """Count a message that left at `now`."""
        self._sent.append(now)

    def hold(self, until: float) -> None:
        """Send nothing before `until`: the gateway has complained."""
        self._held = max(self._held, until)

    def per_second(self, now: float) -> int:
        """Messages that left in the second before `now`."""
        return sum(1 for sent in self._sent if sent > now - 1.0)
