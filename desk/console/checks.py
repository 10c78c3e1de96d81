"""What was checked before a run, a line each: how it stands and, where it is not well, what to do."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from rich.console import RenderableType
from rich.text import Text

from desk.console.tables import grid


class Verdict(StrEnum):
    """How a check came out: a `FAILED` one means that today's run would not work."""

    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Check:
    """One check: what was looked at, how it stands, and what to do about it (empty: nothing)."""

    name: str
    verdict: Verdict
    text: str
    todo: str = ""


_STYLES = {Verdict.OK: "green", Verdict.WARNING: "yellow", Verdict.FAILED: "bold red"}


def ok(name: str, text: str) -> Check:
    """Make a check that came out well."""
    return Check(name, Verdict.OK, text)


def warning(name: str, text: str, todo: str = "") -> Check:
    """Make a check that somebody should know of; the run would work."""
    return Check(name, Verdict.WARNING, text, todo)


def failed(name: str, text: str, todo: str = "") -> Check:
    """Make a check after which the run would not work."""
    return Check(name, Verdict.FAILED, text, todo)


def ready(checks: Iterable[Check]) -> bool:
    """Whether none failed."""
    return all(each.verdict is not Verdict.FAILED for each in checks)


def checks_table(checks: Sequence[Check]) -> RenderableType:
    """Draw checks in their order."""
    table = grid("", "", "")
    table.show_header = False
    for each in checks:
        text = Text(each.text)
        if each.todo:
            text.append(f"\n{each.todo}", style="italic")
        table.add_row(Text(each.verdict, style=_STYLES[each.verdict]), Text(each.name, style="bold"), text)
    return table


def checks_json(checks: Sequence[Check]) -> Any:
    """Give checks for `to_json`."""
    return {"ready": ready(checks), "checks": checks}
