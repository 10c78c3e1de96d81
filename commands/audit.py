"""`lake audit`: prove for a day that ledger and rows agree."""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path

from rich.console import Console
from rich.table import Table

from commands.look import lake_of, latest_day, to_day
from desk.console.jsonable import to_json
from desk.console.tables import grid
from desk.console.words import number, percent
from desk.lake.audit import AuditReport, audit

_SHOWN = 40
"""Findings that are printed; `--json` has them all."""


def _table(report: AuditReport) -> Table:
    table = grid(f"{report.day}", ">slots", ">complete", ">partial", ">missed", ">rows", ">two-sided", "quality flags")
    for each in report.symbols:
        doubts = ", ".join(f"{name} {count}" for name, count in each.doubts.items() if count)
        slots = f"{each.accounted}/{each.expected}" + (f" +{each.extra}" if each.extra else "")
        counts = (number(each.complete), number(each.partial), number(each.missed), number(each.rows))
        table.add_row(each.symbol, slots, *counts, percent(each.share), doubts or "none")
    return table


def audit_lake(day: str | None, config: Path, data: Path | None, lake: Path | None, *, as_json: bool) -> int:
    """Audit a day, by default the newest; 0 if ledger and rows agree, 1 if not."""
    store = lake_of(config, data, lake)
    report = audit(store.root, to_day(day) if day else latest_day(store))
    if as_json:
        sys.stdout.write(to_json({"ok": report.ok, **asdict(report)}) + "\n")
        return report.exit_code
    console = Console()
    console.print(_table(report))
    for finding in report.findings[:_SHOWN]:
        console.print(f"{finding.symbol} {finding.cycle:%H:%M:%S} UTC {finding.what}: {finding.detail}", style="red")
    if len(report.findings) > _SHOWN:
        console.print(f"and {len(report.findings) - _SHOWN} more; --json has them all", style="red")
    if not report.kept:
        console.print(
            "this lake has no slot ledger (its rows were imported): rows alone were looked at", style="yellow"
        )
    console.print("ledger and rows agree" if report.ok else "ledger and rows do NOT agree", style="bold")
    return report.exit_code
