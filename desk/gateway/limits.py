"""IB's limits on what a client may ask, all in market time."""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable

_WINDOW = 1.0
_WARN = 0.88
"""Share of the message rate at which IB warns: 44 of 50."""


class MessageRate:
    """Messages of one client within the last second."""

    __slots__ = ("_limit", "_times", "_warned", "violations")

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._times: deque[float] = deque()
        self._warned = False
        self.violations = 0

    def count(self, now: float) -> int:
        """Note a message and return how many there were in the last second."""
        self._times.append(now)
        while now - self._times[0] >= _WINDOW:
            self._times.popleft()
        return len(self._times)

    def verdict(self, now: float) -> tuple[int, str]:
        """Note a message and return IB's error code and text for it, 100 or 0; (0, "") when there is nothing to say."""
        if not self._limit:
            return 0, ""
        count = self.count(now)
        if count > self._limit:
            self.violations += 1
            return 100, (
                f"Max rate of messages per second has been exceeded:max={self._limit} rec={count} ({self.violations})"
            )
        near, self._warned = count >= self._limit * _WARN, count >= self._limit * _WARN and self._warned
        if near and not self._warned:
            self._warned = True
            return 0, f"Warning: Approaching max rate of {self._limit} messages per second ({count})"
        return 0, ""


class HistoryPacing:
    """IB's three rules for bars: no identical request within 15 s, five of a kind in 2 s, sixty in ten minutes."""

    _IDENTICAL, _KIND, _ALL = (15.0, 1), (2.0, 5), (600.0, 60)

    def __init__(self) -> None:
        self._seen: deque[tuple[float, Hashable, Hashable]] = deque()

    def allows(self, now: float, kind: Hashable, request: Hashable, weight: int = 1) -> bool:
        """Whether a request may be served, which notes it. `kind` is its contract, exchange and tick type.

        `weight` is how many requests it counts for: 2 for bid and ask together.
        """
        while self._seen and now - self._seen[0][0] >= self._ALL[0]:
            self._seen.popleft()
        kinds = sum(1 for at, other, _ in self._seen if other == kind and now - at < self._KIND[0])
        same = sum(1 for at, _, other in self._seen if other == request and now - at < self._IDENTICAL[0])
        whole = len(self._seen) + weight
        if same >= self._IDENTICAL[1] or kinds + weight > self._KIND[1] or whole > self._ALL[1]:
            return False
        self._seen.extend([(now, kind, request)] * weight)
        return True
