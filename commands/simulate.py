"""`simulate`: the desk over a range of days in virtual time, as fast as the machine can; what each day came to."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict
from datetime import date, timedelta

from commands.errors import RefusedError
from commands.folders import Run, begin_run, end_run, open_run
from commands.options import Options
from commands.settings import settings
from commands.tally import Day, tally
from commands.virtual import VirtualDesk, virtual
from desk.clock import RealClock
from desk.config import Config
from desk.console.jsonable import to_json
from desk.market.calendar import session

_START, _END = "09:25", "16:30"
"""Exchange times at which the first day begins and each day is added up: its last slots are in the lake by then."""
_UPKEEP = 3600.0
"""Seconds between two looks at the tables' upkeep: nights pass in a moment, and looking at files does not."""


def simulate_days(options: Options, last: date | None, seed: int | None, *, as_json: bool) -> int:
    """Run the desk from the clock's day to the last; 0 if no slot is a hole and no position unexplained, else 1."""
    config = prepared(settings(options), seed)
    first = config.clock.day
    last = last or first
    if last < first:
        msg = f"--to {last} is before --from {first}"
        raise RefusedError(msg)
    run = open_run(config, named=options.data is not None, fresh=True, prefix="simulate-")
    if (run.folder / "lake").exists():
        msg = f"{run.folder} holds a run already, and a simulation begins with an empty account; give another --data"
        raise RefusedError(msg)
    show = (lambda _: None) if as_json else _line
    days = _run(config, run, last, show)
    if as_json:
        sys.stdout.write(to_json(report(config, run, days)) + "\n")
    else:
        sys.stdout.write(_end(run, days))
    return 0 if all(day.ok for day in days) else 1


def prepared(config: Config, seed: int | None = None) -> Config:
    """The config of a simulation: with that seed, and with a look at the tables once an hour."""
    if config.gateway.kind != "paper":
        raise RefusedError('[gateway] kind = "ib": virtual time needs the paper gateway; leave out --host and --port')
    gateway = config.gateway if seed is None else config.gateway.model_copy(update={"seed": seed})
    return config.model_copy(
        update={
            "gateway": gateway,
            "persistence": config.persistence.model_copy(update={"housekeeping_every": _UPKEEP}),
        }
    )


def sessions(first: date, last: date) -> Iterator[date]:
    """Yield the days of the range on which the exchange is open."""
    for n in range((last - first).days + 1):
        if session(day := first + timedelta(n)) is not None:
            yield day


def through(desk: VirtualDesk, first: date, last: date) -> Iterator[Day]:
    """Run a desk through the range and yield what each session came to."""
    for day in sessions(first, last):
        began = RealClock().machine()
        desk.until(_END, day)
        yield tally(desk, day, RealClock().machine() - began)


def report(config: Config, run: Run, days: list[Day]) -> dict[str, object]:
    """The run as values for machines."""
    return {
        "market": config.gateway.market,
        "seed": config.gateway.seed,
        "data": str(run.folder),
        "ok": all(day.ok for day in days),
        "holes": sum(len(day.holes) for day in days),
        "unexplained": sum(len(day.unexplained) for day in days),
        "realised": round(sum(day.realised for day in days), 2),
        "days": [asdict(day) for day in days],
    }


def _run(config: Config, run: Run, last: date, show: Callable[[Day], None]) -> list[Day]:
    begin_run(run)
    days = []
    with virtual(config, run.folder, _START, seed=config.gateway.seed, last=last) as desk:
        for day in through(desk, config.clock.day, last):
            show(day)
            days.append(day)
    end_run(run)
    return days


def _line(day: Day) -> None:
    slots = f"{day.complete}/{day.slots} slots complete, {day.partial} partial, {day.missed} missed"
    trades = f"{day.orders} orders, {day.fills} fills, P&L {day.realised:+.2f}, {day.open} open"
    sys.stdout.write(f"{day.day:%a %Y-%m-%d}  {slots}  {trades}  {day.memory:.0f} MiB  {day.seconds:.0f} s\n")
    for text in (*(f"hole: {each}" for each in day.holes), *(f"unexplained: {each}" for each in day.unexplained)):
        sys.stdout.write(f"    {text}\n")
    sys.stdout.flush()


def _end(run: Run, days: list[Day]) -> str:
    holes, strange = sum(len(day.holes) for day in days), sum(len(day.unexplained) for day in days)
    total = sum(day.realised for day in days)
    return f"{len(days)} days, {holes} holes, {strange} unexplained positions, P&L {total:+.2f}; logs in {run.folder}\n"
