"""What the desk itself says in its log: that it has reconciled, that something crashed, what it cannot explain."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from commands.crash.check import CRASHED, UNEXPLAINED, Violation

_CRASHES = frozenset({"actor crashed", "actor hung", "actor abandoned"})


def reconciled(path: Path, since: int) -> bool:
    """Whether it has compared its trade logs with the gateway, by its lines from that byte on."""
    return any(line["event"] == "reconciled" for line in _lines(path, since))


def complaints(path: Path) -> list[Violation]:
    """What it says of all its lives: actors that fell over, and what was unexplained in the end."""
    lines = list(_lines(path, 0))
    found = [
        Violation(CRASHED, f"{line['actor']}, {line['time']}: {line.get('error', line['event'])}")
        for line in lines
        if line["event"] in _CRASHES
    ]
    looks = [line["unexplained"] for line in lines if line["event"] in {"reconciled", "positions differ"}]
    return found + [Violation(UNEXPLAINED, f"by the desk's own word: {each}") for each in (looks[-1] if looks else [])]


def _lines(path: Path, since: int) -> Iterator[dict[str, Any]]:
    """Yield the whole lines; what a kill has cut off is none, whether or not another line follows it."""
    if not path.exists():
        return
    with path.open("rb") as file:
        file.seek(since)
        for line in file.read().split(b"\n"):
            try:
                yield json.loads(line)
            except ValueError:
                continue
