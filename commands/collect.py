"""`collect`: exactly one cycle of every collector, printed."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from queue import Empty, Queue

from rich.console import Console

from commands.compose import lake_at
from commands.desk import Desk, up
from commands.errors import RefusedError
from commands.folders import end_run, open_run
from commands.options import Options
from commands.settings import only_symbols, settings
from desk.config import Config
from desk.console.jsonable import to_json
from desk.console.status import collect_json
from desk.console.tables import collect_table
from desk.lake.queries import Lake
from desk.market.calendar import at, session
from messages.data import Slot

_WARM_UP = 300.0
"""Market seconds after the open at which the cycle of a modelled day is taken, unless asked otherwise."""


def collect_once(options: Options, symbols: Sequence[str], *, as_json: bool) -> int:
    """Run one cycle; 0 if anything was collected, 1 if nothing."""
    config = settings(options)
    if symbols:
        config = only_symbols(config, symbols)
    if not config.collectors:
        msg = f"{options.config} has no [[collectors]]; add one per symbol"
        raise RefusedError(msg)
    start = first_cycle(config, options.start)
    run = open_run(config, named=options.data is not None, fresh=True, prefix="collect-")
    done: Queue[Slot] = Queue()
    with up(config, run, start=start, once=True, finished=done.put) as desk:
        slots = _await(desk, done, len(config.collectors))
    end_run(run)
    order = [each.symbol for each in config.collectors]
    slots.sort(key=lambda slot: order.index(slot.symbol))
    if as_json:
        sys.stdout.write(to_json({"lake": str(desk.lake), "results": collect_json(slots)}) + "\n")
    else:
        console = Console()
        console.print(collect_table(slots))
        console.print(f"rows are in {desk.lake}", style="dim", soft_wrap=True)
    return 0 if any(slot.written for slot in slots) else 1


def _await(desk: Desk, done: Queue[Slot], expected: int) -> list[Slot]:
    """The results, until all are there or the desk has ended; a cycle's own time limit ends it at the latest."""
    slots: list[Slot] = []
    while len(slots) < expected and not desk.supervisor.ended.is_set():
        try:
            slots.append(done.get(timeout=0.1))
        except Empty:
            continue
    return slots


def first_cycle(config: Config, asked: str | None) -> float | None:
    """Market time of the cycle: as asked; on a lake the day's last recording; else shortly after the open."""
    day = config.clock.day
    if config.gateway.kind == "ib":
        return None
    if asked is not None:
        return at(day, asked)
    if config.gateway.market.startswith("lake:"):
        rows = Lake(lake_at(config)).chains(start=day, end=day)
        return max((row.timestamp() for row in rows["timestamp"]), default=None)
    today = session(day)
    return today.opens + _WARM_UP if today else None
