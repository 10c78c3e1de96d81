"""`lake audit`: prove for a day, or for all, that ledger and rows agree."""

from __future__ import annotations

import sys
from dataclasses import asdict
from datetime import date
from pathlib import Path

from rich.console import Console
from rich.table import Table

from commands.errors import RefusedError
from commands.look import lake_of, to_day
from desk.console.jsonable import to_json
from desk.console.tables import grid
from desk.console.words import number, percent
from desk.lake.audit import AuditReport, audit, days
from desk.lake.queries import Lake

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


def _days(reports: list[AuditReport]) -> Table:
    table = grid("day", ">slots", ">complete", ">partial", ">missed", ">rows", ">two-sided", ">findings")
    for report in reports:
        asked = sum(each.asked for each in report.symbols)
        slots = f"{sum(each.accounted for each in report.symbols)}/{sum(each.expected for each in report.symbols)}"
        names = ("complete", "partial", "missed", "rows")
        counts = (number(sum(getattr(each, name) for each in report.symbols)) for name in names)
        share = sum(each.two_sided for each in report.symbols) / asked if asked else None
        table.add_row(f"{report.day}", slots, *counts, percent(share), number(len(report.findings)))
    return table


def audit_lake(day: str | None, config: Path, data: Path | None, lake: Path | None, *, as_json: bool) -> int:
    """Audit a day, by default the newest, or `all` of them; 0 if ledger and rows agree, 1 if not."""
    store = lake_of(config, data, lake)
    recorded = days(store.root)
    if not recorded:
        msg = f"the lake at {store.root} is empty"
        raise RefusedError(msg)
    if day == "all":
        return _audit_all(store, recorded, as_json=as_json)
    report = audit(store.root, to_day(day) if day else recorded[-1])
    if as_json:
        sys.stdout.write(to_json({"ok": report.ok, **asdict(report)}) + "\n")
        return report.exit_code
    console = Console()
    console.print(_table(report))
    _say(console, [report])
    return report.exit_code


def _audit_all(store: Lake, recorded: list[date], *, as_json: bool) -> int:
    reports = [audit(store.root, each) for each in recorded]
    ok = all(report.ok for report in reports)
    if as_json:
        told = [{"ok": report.ok, **asdict(report)} for report in reports]
        sys.stdout.write(to_json({"ok": ok, "days": told}) + "\n")
    else:
        console = Console()
        console.print(_days(reports))
        _say(console, reports)
    return 0 if ok else 1


def _say(console: Console, reports: list[AuditReport]) -> None:
    """Say what was found, and the verdict."""
    findings = [(report.day, finding) for report in reports for finding in report.findings]
    for day, finding in findings[:_SHOWN]:
        when = f"{finding.symbol} {day} {finding.cycle:%H:%M:%S} UTC"
        console.print(f"{when} {finding.what}: {finding.detail}", style="red")
    if len(findings) > _SHOWN:
        console.print(f"and {len(findings) - _SHOWN} more; --json has them all", style="red")
    if any(not report.symbols for report in reports):
        console.print("there is nothing to audit", style="bold")
    elif findings:
        console.print("ledger and rows do NOT agree", style="bold")
    elif all(report.kept for report in reports):
        console.print("ledger and rows agree", style="bold")
    else:
        console.print("this lake has no slot ledger (its rows were imported): no contract is twice in a cycle")
