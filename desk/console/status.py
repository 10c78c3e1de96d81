"""The health report as a table (SPEC H2), and a collection cycle's result as JSON (SPEC C7)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from desk.console import words
from desk.console.health import Health
from desk.console.jsonable import iso, jsonable
from desk.console.tables import grid
from messages.data import Slot


def health_table(health: Health, age: float) -> RenderableType:
    """Draw a health report that is `age` machine seconds old."""
    verdict = ("healthy", "bold green") if health.healthy else ("not healthy", "bold red")
    ib = ("connected to IB", "green") if health.ib_connected else ("not connected to IB", "red")
    rows = f"{words.number(health.table_rows)} rows"
    head = Text.assemble(verdict, " · ", ib, f" · {rows} · {words.moment(health.market_time)}")
    source = Text(f"{health.state}, process {health.process}, reported {words.span(age)} ago", style="dim")
    errors = [Text(f"- {error}", style="red") for error in health.errors]
    table = grid("actor", "state", ">up", ">idle", ">restarts", ">waiting", ">handled", "last error")
    facts = grid("", "")
    facts.show_header = False
    for actor in health.actors:
        if told := words.facts(actor.facts):
            facts.add_row(actor.name, Text(told, style="dim"))
        table.add_row(
            Text(actor.name, style="bold"),
            Text(actor.state, style=words.state_style(actor.state)),
            words.span(actor.uptime),
            words.span(actor.idle),
            Text(words.number(actor.restarts), style="yellow" if actor.restarts else "dim"),
            words.number(actor.mailbox),
            words.number(actor.handled),
            Text(actor.last_error, style="red"),
        )
    return Group(head, source, *errors, Text(), table, Text(), facts)


def health_json(health: Health) -> Any:
    """Give a health report for `to_json`, its times in ISO form."""
    return {**jsonable(health), "written": iso(health.written), "market_time": iso(health.market_time)}


def collect_json(slots: Sequence[Slot]) -> Any:
    """Give the results of a collection cycle for `to_json`, under the names of SPEC C7."""
    return [
        {
            "symbol": slot.symbol,
            "cycle": iso(slot.cycle),
            "status": slot.status,
            "reason": slot.reason,
            "contracts_asked": slot.asked,
            "contracts_written": slot.written,
            "contracts_partial": slot.partial,
            "contracts_failed": slot.failed,
            "underlying": jsonable(slot.underlying),
            "iv_rank": jsonable(slot.iv_rank),
            "iv_rank_sufficient": slot.iv_rank_sufficient,
            "vix": jsonable(slot.vix),
            "underlying_trend": slot.trend,
            "seconds": jsonable(slot.seconds),
        }
        for slot in slots
    ]
