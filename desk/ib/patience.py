"""How long to wait for an answer when the others' answers show how fast the gateway is today."""

from __future__ import annotations

from collections import deque

_ENOUGH = 5
"""Answers after which a pace can be told."""
_MEMORY = 40
_MARGIN = 1.5


class Patience:
    """A deadline between `base` and `longest` seconds that follows the pace of one chain.

    Until five contracts have answered the longest applies, so that nobody is cut off by a slow start. From then on it
    is one and a half times the 95th percentile of the last forty answers, where one that was cut off counts as having
    needed twice the deadline that cut it off.
    """

    def __init__(self, base: float, longest: float) -> None:
        self._base = min(base, longest)
        self._longest = longest
        self._seen: deque[float] = deque(maxlen=_MEMORY)
        self._answers = 0
        self.seconds = longest

    def answered(self, seconds: float) -> None:
        """Note an answer that took so long."""
        self._answers += 1
        self._note(seconds)

    def cut_off(self) -> None:
        """Note that the deadline passed without an answer."""
        self._note(2.0 * self.seconds)

    def _note(self, seconds: float) -> None:
        self._seen.append(seconds)
        if self._answers >= _ENOUGH:
            ordered = sorted(self._seen)
            slow = ordered[min(len(ordered) - 1, int(0.95 * len(ordered)))]
            self.seconds = min(max(self._base, _MARGIN * slow), self._longest)
