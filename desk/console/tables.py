"""Tables that commands print, each drawn from plain values or a polars frame."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Protocol

import polars as pl
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from desk.console import words
from desk.market.calendar import EXCHANGE
from messages.data import Slot


def grid(*headers: str, title: str = "", gap: int = 2) -> Table:
    """Make an empty borderless table; a header that begins with `>` is that of a column of figures."""
    table = Table(
        box=None, padding=(0, gap, 0, 0), pad_edge=False, header_style="dim", title=title or None, title_justify="left"
    )
    for header in headers:
        right = header.startswith(">")
        table.add_column(header.removeprefix(">"), justify="right" if right else "left", no_wrap=right)
    return table


def frame_table(frame: pl.DataFrame, title: str = "") -> RenderableType:
    """Draw any frame: figures to the right, times at the exchange, nulls as `-`."""
    headers = [f">{name}" if dtype.is_numeric() else name for name, dtype in frame.schema.items()]
    table = grid(*headers, title=title)
    for row in frame.iter_rows():
        table.add_row(*map(cell, row))
    return table if frame.height else Group(table, Text("no rows", style="dim"))


def cell(value: Any) -> str:
    """Write a value as a table shows it: figures to four decimals at most, times at the exchange."""
    if value is None:
        return words.NOTHING
    if isinstance(value, int | float):
        return _figure(value)
    if isinstance(value, datetime):
        return f"{value.astimezone(EXCHANGE):%Y-%m-%d %H:%M:%S} ET"
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {cell(item)}" for key, item in value.items())
    if isinstance(value, list | tuple):
        return (" to " if _is_range(value) else ", ").join(map(cell, value))
    return str(value)


def _figure(value: float) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return words.number(value)
    text = words.number(value, 4)
    return text.rstrip("0").rstrip(".") if "." in text else text


def _is_range(values: Sequence[Any]) -> bool:
    return len(values) == 2 and all(isinstance(each, date) for each in values)


def facts_table(values: Mapping[str, Any], title: str = "") -> RenderableType:
    """Draw named values, one to a line: the figures of `stats`, an import's account."""
    table = grid("", "", title=title)
    table.show_header = False
    for key, value in values.items():
        table.add_row(Text(key.replace("_", " "), style="dim"), cell(value))
    return table


@dataclass(frozen=True, slots=True)
class Coverage:
    """How complete a symbol's recording is: slots due and complete, share of contracts that answered (0 to 1).

    `longest_gap` is in seconds; `reasons` are those of the slots that are not complete, the most frequent first.
    """

    symbol: str
    slots: int
    complete: int
    partial: int
    missed: int
    answered: float | None
    longest_gap: float | None = None
    reasons: tuple[str, ...] = ()


def coverage_table(rows: Sequence[Coverage]) -> RenderableType:
    """Draw the slot ledger's sum per symbol."""
    table = grid("symbol", ">slots", ">partial", ">missed", ">contracts", ">longest gap", "reasons")
    for row in rows:
        table.add_row(
            Text(row.symbol, style="bold"),
            f"{row.complete}/{row.slots}",
            Text(str(row.partial), style="yellow" if row.partial else "dim"),
            Text(str(row.missed), style="red" if row.missed else "dim"),
            words.percent(row.answered),
            words.span(row.longest_gap),
            ", ".join(row.reasons),
        )
    return table


def collect_table(slots: Sequence[Slot]) -> RenderableType:
    """Draw the results of one collection cycle, a line per symbol."""
    table = grid(
        "symbol", "status", ">asked", ">written", ">partial", ">failed", ">IV rank", ">VIX", "trend", ">took", gap=1
    )
    for slot in slots:
        table.add_row(
            Text(slot.symbol, style="bold"),
            Text(slot.status, style=words.state_style(slot.status)),
            words.number(slot.asked),
            words.number(slot.written),
            Text(words.number(slot.partial), style="yellow" if slot.partial else "dim"),
            Text(words.number(slot.failed), style="red" if slot.failed else "dim"),
            words.number(slot.iv_rank, 1) + ("" if slot.iv_rank_sufficient is not False else "?"),
            words.number(slot.vix, 2),
            slot.trend or words.NOTHING,
            words.span(slot.seconds),
        )
    notes = [Text(f"{slot.symbol}: {slot.reason}", style="yellow") for slot in slots if slot.reason]
    if any(slot.iv_rank_sufficient is False for slot in slots):
        notes.append(Text("50.0? is the rank where there are fewer than 30 days of history", style="dim"))
    return Group(table, *notes)


@dataclass(frozen=True, slots=True)
class StrategyInfo:
    """A registered strategy: its name, a sentence on it, its parameters with defaults, its configured instances."""

    name: str
    about: str
    params: Mapping[str, Any]
    instances: tuple[str, ...] = ()


def strategies_table(rows: Sequence[StrategyInfo]) -> RenderableType:
    """Draw the registered strategies, each with its parameters below it."""
    parts: list[RenderableType] = []
    for row in rows:
        configured = f"  configured: {', '.join(row.instances)}" if row.instances else "  not configured"
        parts += [Text.assemble((row.name, "bold"), (configured, "dim")), Text(row.about)]
        table = grid("", "")
        table.show_header = False
        for key, value in row.params.items():
            table.add_row(Text(f"  {key}", style="cyan"), cell(value))
        parts += [table, Text()]
    return Group(*parts[:-1])


class ImportAccount(Protocol):
    """What became of an imported file's rows: `rows_in` = `stored` + all of `refused` (reason to rows).

    `unquoted` of those stored have neither a bid nor an ask.
    """

    @property
    def profile(self) -> str: ...  # noqa: D102 (the class says it)
    @property
    def table(self) -> str: ...  # noqa: D102
    @property
    def rows_in(self) -> int: ...  # noqa: D102
    @property
    def stored(self) -> int: ...  # noqa: D102
    @property
    def unquoted(self) -> int: ...  # noqa: D102
    @property
    def refused(self) -> Mapping[str, int]: ...  # noqa: D102
    @property
    def symbols(self) -> tuple[str, ...]: ...  # noqa: D102
    @property
    def days(self) -> tuple[date, ...]: ...  # noqa: D102


def import_table(file: str, account: ImportAccount) -> RenderableType:
    """Draw an import's account: nothing is kept or dropped silently."""
    table = grid("", ">")
    table.show_header = False
    table.add_row("rows read", words.number(account.rows_in))
    table.add_row(Text("stored", style="bold green"), words.number(account.stored))
    if account.unquoted:
        table.add_row(Text("of these without bid and ask", style="yellow"), words.number(account.unquoted))
    for reason, count in sorted(account.refused.items(), key=lambda each: -each[1]):
        table.add_row(Text(f"refused: {reason}", style="yellow"), words.number(count))
    title = Text.assemble((file, "bold"), (f" ({account.profile}) into {account.table}", "dim"))
    covered = [", ".join(account.symbols)] if account.symbols else []
    if account.days:
        covered.append(f"{len(account.days)} days, {min(account.days)} to {max(account.days)}")
    return Group(title, table, Text(" · ".join(covered), style="dim"))
