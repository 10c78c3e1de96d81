"""The live view of a run: fed with snapshots, drawn by rich at whatever width and height the terminal has."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from desk.console import words
from desk.console.condors import add_condors, add_orders, dollars
from desk.console.snapshot import Event, GatewayView, LakeView, Progress, Snapshot, Spot, StrategyView
from messages.data import Slot
from messages.system import Report

_WIDE = 110
"""Columns from which there is room for an actor's figures beside its facts."""
_NAME = 24
"""Columns that a name may take."""
_LAST_SLOT = {True: 50, False: 32}
"""Columns that a finished slot may take on a wide terminal, and on one of 80: its reason may be long."""
_CONDORS = (
    ("open", "<"),
    ("", "<"),
    ("qty", ">"),
    ("credit", ">"),
    ("now", ">"),
    ("gain $", ">"),
    ("at risk $", ">"),
    ("", "*"),
)
_ORDERS = (("orders", "<"), ("", "<"), ("filled", ">"), ("limit", ">"), ("state", "<"), ("", "*"))
_LEVELS = {"warning": "yellow", "error": "red", "critical": "bold red"}


class LiveView:
    """A renderable that shows the newest snapshot it was given; hand it to `rich.live.Live`.

    It fills the terminal: actors that run well give way to events where the height is short, never the other way
    round for those that do not.
    """

    def __init__(self, snapshot: Snapshot | None = None) -> None:
        self._snapshot = snapshot

    def update(self, snapshot: Snapshot) -> None:
        """Take the next snapshot; it shows with the next refresh."""
        self._snapshot = snapshot

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Draw the snapshot; a line of text before the first."""
        if self._snapshot is None:
            yield Text("starting …", style="dim")
        else:
            height = options.height or options.max_height or console.height
            yield _draw(self._snapshot, options.max_width, height)


def _draw(snapshot: Snapshot, width: int, height: int) -> Group:
    wide = width >= _WIDE
    named = [each.name for each in snapshot.actors] + [each.name for each in snapshot.strategies]
    names = max(map(len, named), default=0) if wide else 0
    warnings = _warnings(snapshot)
    parts: list[RenderableType] = [_head(snapshot, wide=wide), *warnings]
    used = 3 + len(warnings)
    if snapshot.collection:
        parts += [Text(), _collection(snapshot.collection, names, wide=wide)]
        used += 2 + len(snapshot.collection)
    if snapshot.lake:
        parts.append(_lake(snapshot.lake, snapshot.time))
        used += 1
    if snapshot.strategies:
        parts += [Text(), _strategies(snapshot.strategies, names)]
        used += 2 + len(snapshot.strategies)
    if snapshot.condors:
        parts += [Text(), add_condors(_table(*_CONDORS, names=names), snapshot.condors)]
        used += 2 + len(snapshot.condors)
    if snapshot.orders:
        parts += [Text(), add_orders(_table(*_ORDERS, names=names), snapshot.orders)]
        used += 2 + len(snapshot.orders)
    if snapshot.actors:
        shown = _fitting(snapshot.actors, max(height - used - 6, 1))
        parts += [Text(), _actors(shown, len(snapshot.actors) - len(shown), wide=wide)]
        used += 2 + len(shown) + (len(shown) < len(snapshot.actors))
    room = height - used - 2
    if snapshot.events and room > 0:
        parts += [Text(), *map(_event, snapshot.events[-room:])]
    return Group(*parts)


def _warnings(snapshot: Snapshot) -> list[Text]:
    """What keeps entries from being made, a line each."""
    halted = [Text(f"HALTED: {snapshot.halted}", style="bold red")] if snapshot.halted else []
    lines = [*halted, *(Text(each, style="bold yellow") for each in snapshot.trouble)]
    for line in lines:
        line.no_wrap, line.overflow = True, "ellipsis"
    return lines


def _sides(left: RenderableType, right: RenderableType) -> Table:
    grid = Table.grid(expand=True, padding=(0, 1))
    grid.add_column(no_wrap=True, overflow="ellipsis", ratio=1)
    grid.add_column(justify="right", no_wrap=True)
    grid.add_row(left, right)
    return grid


def _head(snapshot: Snapshot, *, wide: bool) -> Group:
    title = Text.assemble(("condor-desk", "bold"), "  ", (words.moment(snapshot.time), "cyan"))
    return Group(_sides(title, gateway(snapshot.gateway)), _day(snapshot), _market(snapshot, wide=wide))


def gateway(view: GatewayView) -> Text:
    """Say where the session ends and, on the paper gateway, what its market is."""
    if view.kind == "paper":
        return Text.assemble("paper gateway ", (view.market, "magenta"), f" :{view.port}")
    return Text.assemble(("IB ", "bold"), f"{view.host}:{view.port}")


def _day(snapshot: Snapshot) -> Table:
    pace = Text(words.speed(snapshot.speed_reached), style="bold")
    if snapshot.speed_asked != snapshot.speed_reached:
        pace.append(f" of {words.speed(snapshot.speed_asked)}", style="not bold dim")
    if snapshot.starts is None or snapshot.ends is None:
        return _sides(Text("real time", style="dim"), pace)
    grid = Table.grid(expand=True, padding=(0, 1))
    grid.add_column(no_wrap=True)
    grid.add_column(ratio=1)
    grid.add_column(no_wrap=True)
    grid.add_column(no_wrap=True, justify="right")
    whole = snapshot.ends - snapshot.starts
    bar = _bar(whole, min(max(snapshot.time - snapshot.starts, 0.0), whole))
    grid.add_row(words.time_of_day(snapshot.starts), bar, words.time_of_day(snapshot.ends), pace)
    return grid


def _market(snapshot: Snapshot, *, wide: bool) -> Text:
    line = _spot(snapshot.vix) if snapshot.vix else Text()
    for spot in snapshot.spots:
        line.append("   ").append_text(_spot(spot if wide else replace(spot, change=None)))
    line.no_wrap, line.overflow = True, "ellipsis"
    return line


def _spot(spot: Spot) -> Text:
    text = Text.assemble((f"{spot.symbol} ", "dim"), (words.number(spot.price, 2), "bold"))
    if spot.change is not None:
        text.append(f" {words.percent(spot.change, sign=True)}", style="green" if spot.change >= 0 else "red")
    return text


def _bar(total: float, completed: float) -> ProgressBar:
    return ProgressBar(total=total, completed=completed, complete_style="cyan", finished_style="green")


def _table(*columns: tuple[str, str], names: int = 0) -> Table:
    """Make a borderless table; a column is its header and `<`, `>` or `*` (takes the width that is left).

    `names` is the least width of the first column, so that tables below each other line up.
    """
    table = Table(box=None, expand=True, padding=(0, 1), pad_edge=False, header_style="dim", collapse_padding=True)
    for header, kind in columns:
        table.add_column(
            header,
            justify="right" if kind == ">" else "left",
            ratio=1 if kind == "*" else None,
            no_wrap=True,
            overflow="ellipsis",
        )
    table.columns[0].min_width, table.columns[0].max_width = names, _NAME
    return table


def _collection(rows: Sequence[Progress], names: int, *, wide: bool) -> Table:
    table = _table(
        ("collection", "<"),
        ("cycle", "<"),
        ("contracts", "*"),
        ("", ">"),
        ("last slot", "<"),
        ("complete", ">") if wide else ("ok", ">"),
        ("partial", ">") if wide else ("part", ">"),
        ("missed", ">") if wide else ("miss", ">"),
        names=names,
    )
    table.columns[4].max_width = _LAST_SLOT[wide]
    for row in rows:
        bar = _bar(max(row.asked, 1), row.done)
        table.add_row(
            Text(row.symbol, style="bold"),
            words.time_of_day(row.cycle),
            bar if row.cycle is not None else Text("waiting", style="dim"),
            f"{row.done}/{row.asked}" if row.cycle is not None else "",
            slot_text(row.last, seconds=wide),
            words.number(row.complete),
            Text(words.number(row.partial), style="yellow" if row.partial else "dim"),
            Text(words.number(row.missed), style="red" if row.missed else "dim"),
        )
    return table


def slot_text(slot: Slot | None, *, seconds: bool = True) -> Text:
    """Sum up a finished slot: when, what came of it and, where it is not complete, why."""
    if slot is None:
        return Text(words.NOTHING, style="dim")
    text = Text.assemble(
        f"{words.time_of_day(slot.cycle)} ",
        (slot.status, words.state_style(slot.status)),
        f" {slot.written}/{slot.asked}",
    )
    if seconds:
        text.append(f" in {words.span(slot.seconds)}", style="dim")
    if slot.reason:
        text.append(f" {slot.reason}", style="dim")
    return text


def _lake(lake: LakeView, now: float) -> Text:
    commit = "no commit yet" if lake.last_commit is None else f"committed {words.span(now - lake.last_commit)} ago"
    spool = (f"{lake.spool} in the spool", "yellow" if lake.spool else "")
    return Text.assemble(
        ("lake  ", "dim"),
        (f"{words.number(lake.rows)} rows", "bold"),
        f" · {commit} · ",
        spool,
        (f" · {lake.path}", "dim"),
        no_wrap=True,
        overflow="ellipsis",
    )


def _strategies(rows: Sequence[StrategyView], names: int) -> Table:
    table = _table(("strategy", "<"), ("state", "<"), ("today $", ">"), ("last poll", "*"), names=names)
    for row in rows:
        note = Text(row.note or words.NOTHING, style="bold green" if row.acted else "")
        state = Text(row.state, style=words.state_style(row.state))
        table.add_row(Text(row.name, style="bold"), state, dollars(row.day), note)
    return table


def _well(actor: Report) -> bool:
    return actor.state.lower() == "running" and not actor.restarts


def _fitting(actors: Sequence[Report], room: int) -> list[Report]:
    """Choose the actors to show in `room` lines: those in trouble always, the others as far as they fit."""
    if len(actors) <= room:
        return list(actors)
    spare = room - 1 - sum(not _well(actor) for actor in actors)
    shown = []
    for actor in actors:
        if _well(actor):
            spare -= 1
        if not _well(actor) or spare >= 0:
            shown.append(actor)
    return shown


def _actors(rows: Sequence[Report], more: int, *, wide: bool) -> Table:
    figures = [("up", ">"), ("idle", ">"), ("handled", ">")] if wide else []
    table = _table(("actor", "<"), ("state", "<"), *figures, ("restarts", ">"), ("waiting", ">"), ("", "*"))
    for row in rows:
        times = [words.span(row.uptime), words.span(row.idle), words.number(row.handled)] if wide else []
        trouble = Text(row.last_error, style="red") if row.last_error else Text(words.facts(row.facts), style="dim")
        table.add_row(
            Text(row.name, style="bold"),
            Text(row.state, style=words.state_style(row.state)),
            *times,
            Text(words.number(row.restarts), style="yellow" if row.restarts else "dim"),
            Text(words.number(row.mailbox), style="" if row.mailbox else "dim"),
            trouble,
        )
    if more:
        table.add_row(Text(f"and {more} more, running", style="dim"))
    return table


def _event(event: Event) -> Text:
    return Text.assemble(
        (f"{words.time_of_day(event.time, seconds=True)} ", "dim"),
        (event.text, _LEVELS.get(event.level, "")),
        no_wrap=True,
        overflow="ellipsis",
    )
