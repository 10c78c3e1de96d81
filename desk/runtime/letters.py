"""Dead letters: messages that nobody handled, the latest kept, all counted."""

from __future__ import annotations

from collections import Counter, deque
from threading import Lock
from typing import Any

from structlog.typing import FilteringBoundLogger

from messages.system import DeadLetter


class DeadLetters:
    """Keeps the latest `limit` dead letters. Thread-safe."""

    def __init__(self, log: FilteringBoundLogger, limit: int = 1000) -> None:
        self._log = log
        self._lock = Lock()
        self._kept: deque[DeadLetter] = deque(maxlen=limit)
        self._counts: Counter[tuple[str, str]] = Counter()

    def add(self, to: str, message: Any, reason: str, traceback: str = "") -> None:
        """Keep a letter; the log gets the 1st, 2nd, 4th, 8th … for one address and reason, so that a flood is short."""
        with self._lock:
            self._kept.append(DeadLetter(to, message, reason, traceback))
            self._counts[to, reason] += 1
            seen = self._counts[to, reason]
        if seen & (seen - 1) == 0:
            self._log.warning("dead letter", to=to, message=type(message).__name__, reason=reason, count=seen)

    def count(self) -> int:
        """How many there were in all."""
        with self._lock:
            return self._counts.total()

    def latest(self) -> list[DeadLetter]:
        """The latest, oldest first."""
        with self._lock:
            return list(self._kept)
