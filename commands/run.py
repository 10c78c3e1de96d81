"""`run`: the desk until Ctrl+C, SIGTERM or the end of its window; what it does is shown as it happens."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from types import FrameType

from rich.console import Console
from rich.live import Live

from commands.desk import Desk, up
from commands.folders import end_run, open_run
from commands.options import Options
from commands.settings import only_strategies, settings
from commands.view import health_of, snapshot_of, summary_of
from desk.clock import RealClock
from desk.console import health
from desk.console.jsonable import to_json
from desk.console.live import LiveView
from desk.console.plain import PlainView
from desk.console.snapshot import Snapshot
from desk.console.summary import summary_view
from desk.market.calendar import at, exchange_date

_FRAME, _SLOW_FRAME = 0.25, 1.0
"""Machine seconds between pictures of an accelerated day, and of one at the wall's speed."""


def run_desk(options: Options, strategies: Sequence[str], *, fresh: bool, as_json: bool) -> int:
    """Run the desk; returns the process's exit code."""
    config = settings(options)
    if strategies:
        config = only_strategies(config, strategies)
    run = open_run(config, named=options.data is not None, fresh=fresh)
    began = RealClock().machine()
    with up(config, run) as desk, _stopping(desk), _shown(as_json=as_json) as show:
        desk.ends = _end(desk, options)
        _watch(desk, show)
    if desk.over():
        end_run(run)
    _write_health(desk, "stopped")
    report = summary_of(desk, RealClock().machine() - began)
    if as_json:
        sys.stdout.write(to_json(report) + "\n")
    else:
        console = Console()
        console.print(summary_view(report))
        if desk.simulated and not desk.over():
            console.print(
                "stopped before its end: the same command goes on from here, --fresh starts anew", style="dim"
            )
    return desk.supervisor.exit_code


def _end(desk: Desk, options: Options) -> float | None:
    """Market time at which the run ends: after `--for`, at `--until`, or at the end of a simulated clock's window."""
    if options.minutes is not None:
        return desk.starts + 60 * options.minutes
    if options.until is not None and not desk.simulated:
        return at(exchange_date(desk.starts), options.until)
    return desk.ends


def _watch(desk: Desk, show: Callable[[Snapshot], None]) -> None:
    """Show and report the desk until it has ended or its window is over."""
    reported = float("-inf")
    frame = _FRAME if desk.clock.speed()[0] > 1 else _SLOW_FRAME
    while not desk.supervisor.ended.wait(frame):
        show(snapshot_of(desk))
        now = RealClock().machine()
        if now - reported >= desk.config.health.every:
            reported = now
            _write_health(desk, "running")
        if desk.over():
            return


def _write_health(desk: Desk, state: str) -> None:
    report = health_of(desk, desk.system.reports(), written=RealClock().time(), process=os.getpid(), state=state)
    health.write(desk.run.health, report)


@contextmanager
def _shown(*, as_json: bool) -> Iterator[Callable[[Snapshot], None]]:
    """Pictures on a terminal, lines on a pipe, nothing beside JSON."""
    if as_json:
        yield lambda _: None
    elif sys.stdout.isatty():
        view = LiveView()
        with Live(view, auto_refresh=False) as live:

            def picture(snapshot: Snapshot) -> None:
                view.update(snapshot)
                live.refresh()

            yield picture
    else:
        plain = PlainView()

        def lines(snapshot: Snapshot) -> None:
            for line in plain.update(snapshot):
                sys.stdout.write(line + "\n")
            sys.stdout.flush()

        yield lines


@contextmanager
def _stopping(desk: Desk) -> Iterator[None]:
    """The first Ctrl+C or SIGTERM stops in order, the second at once."""
    asked = 0

    def stop(number: int, _frame: FrameType | None) -> None:
        nonlocal asked
        asked += 1
        if asked == 1:
            desk.supervisor.stop()
        else:
            desk.supervisor.stop_now(128 + number)

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
