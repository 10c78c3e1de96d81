"""The desk's log: JSON lines in a file, warnings as lines for people, and the newest events for the live view."""

from __future__ import annotations

import json
import logging
from collections import deque
from collections.abc import Callable, MutableMapping
from pathlib import Path
from threading import Lock
from typing import Any, TextIO

import structlog
from structlog.typing import FilteringBoundLogger

from desk.clock import Clock
from desk.console import words
from desk.console.secrets import without_secrets
from desk.console.snapshot import Event

_KEPT = 200
"""Events kept for the view: more than any terminal has lines."""
_TECHNICAL = {"actor", "epoch", "event", "exception", "level", "machine", "time", "traceback"}


class DeskLog:
    """Writes `desk.jsonl` in a folder; `human`, if given, is called with a line for every warning and above.

    The view gets what is logged at info and above; the file gets all.

    Every line carries `time` (market, ISO, UTC) and `machine` (machine seconds). Whatever is named like a secret, and
    passwords in addresses, are hidden before anything is written. Safe to use from any thread. Raises OSError when the
    file cannot be opened.
    """

    def __init__(self, folder: Path, clock: Clock, human: Callable[[str], None] | None = None) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._file = _append(folder / "desk.jsonl")
        self._clock = clock
        self._human = human
        self._lock = Lock()
        self._events: deque[Event] = deque(maxlen=_KEPT)
        self._count = 0
        self.logger: FilteringBoundLogger = structlog.wrap_logger(
            None,
            processors=[structlog.processors.add_log_level, structlog.processors.format_exc_info, self._write],
            wrapper_class=structlog.make_filtering_bound_logger(logging.DEBUG),
        )

    def events(self) -> tuple[Event, ...]:
        """Give the newest events, oldest first."""
        with self._lock:
            return tuple(self._events)

    def close(self) -> None:
        """Close the file; what is logged afterwards still reaches people and the view."""
        with self._lock:
            self._file.close()

    def _write(self, _logger: Any, _method: str, fields: MutableMapping[str, Any]) -> Any:
        now = self._clock.now()
        line = without_secrets({"time": now.isoformat(), "machine": round(self._clock.machine(), 3), **fields})
        text, level = _text(line), str(line["level"])
        with self._lock:
            if not self._file.closed:
                self._file.write(json.dumps(line, ensure_ascii=False) + "\n")
                self._file.flush()
            if level != "debug":
                self._count += 1
                self._events.append(Event(self._count, now.timestamp(), level, text))
        if self._human and logging.getLevelNamesMapping()[level.upper()] >= logging.WARNING:
            self._human(f"{words.time_of_day(now.timestamp(), seconds=True)} {level}: {text}")
        raise structlog.DropEvent


def _append(path: Path) -> TextIO:
    """Open a log for appending, on a new line even if a crash has torn the last one."""
    file = path.open("a+b")
    if file.tell():
        file.seek(-1, 2)
        if file.read(1) != b"\n":
            file.write(b"\n")
    file.close()
    return path.open("a", encoding="utf-8")


def _text(line: dict[str, Any]) -> str:
    """Put a log line in words: who, what, and the facts that go with it."""
    rest = words.facts({key: value for key, value in line.items() if key not in _TECHNICAL})
    who = f"{line['actor']}: " if "actor" in line else ""
    cause = str(line.get("exception") or line.get("traceback") or "").strip().rpartition("\n")[2]
    return " · ".join(part for part in (f"{who}{line['event']}", rest, cause) if part)
