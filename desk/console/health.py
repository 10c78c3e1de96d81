"""The health report (SPEC H2) as a file: written whole or not at all, read by `status` from another process."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from desk.console.secrets import without_secrets
from messages.system import Report


@dataclass(frozen=True, slots=True)
class Health:
    """The desk's health. `written` is the wall's time and `market_time` the desk's, both epoch seconds.

    `state` is `running` or `stopped`; `errors` are what makes the whole unhealthy, in words; `actors` report for
    themselves. `process` is the id of the process that wrote it.
    """

    written: float
    market_time: float
    process: int
    state: str
    healthy: bool
    ib_connected: bool
    table_rows: int
    errors: tuple[str, ...] = ()
    actors: tuple[Report, ...] = ()


def write(path: Path, health: Health) -> None:
    """Replace the file at `path`; a reader sees the old report or the new one, never half of either."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    temporary.write_text(json.dumps(without_secrets(health), indent=1) + "\n", encoding="utf-8")
    temporary.replace(path)


def read(path: Path) -> Health | None:
    """Read a report; None where there is none, or something else than a report."""
    try:
        fields: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        actors = tuple(Report(**actor) for actor in fields.pop("actors"))
        return Health(**{**fields, "errors": tuple(fields["errors"]), "actors": actors})
    except (OSError, ValueError, KeyError, TypeError):
        return None


def running(health: Health | None, now: float, limit: float) -> bool:
    """Whether the desk that wrote the report still runs at `now` (the wall's epoch seconds).

    A desk that has ended says so in its last report; one that was killed stops writing, so a report older than
    `limit` seconds is as good as none.
    """
    return health is not None and health.state != "stopped" and now - health.written <= limit
