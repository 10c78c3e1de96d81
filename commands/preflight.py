"""`preflight`: would today's run work? Everything that it needs is tried, and nothing is placed or changed."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from random import Random

from rich.console import Console

from commands.collect import first_cycle
from commands.compose import Endpoint, gateway_settings, source_of
from commands.desk import is_simulated
from commands.errors import RefusedError
from commands.folders import FolderError, discard_run, open_run
from commands.halting import running_desk
from commands.options import Options
from commands.premises import premises
from commands.rehearsal import rehearse
from commands.settings import settings
from desk.clock import Clock, RealClock, SimulatedClock, precise_loop
from desk.config import Config, ConfigError
from desk.console.checks import Check, checks_json, checks_table, failed, ok, ready
from desk.console.jsonable import to_json
from desk.gateway.thread import GatewayThread

_SPEED = 10.0
"""Market seconds per second on a simulated day: quick enough, and unhurried on a machine that is busy."""


def check_today(options: Options, *, as_json: bool) -> int:
    """Check and show; 0 if nothing failed, 1 if anything did."""
    checks = list(_checks(options))
    if as_json:
        sys.stdout.write(to_json(checks_json(checks)) + "\n")
    else:
        console = Console()
        console.print(checks_table(checks))
        count = sum(each.verdict == "failed" for each in checks)
        verdict = "Today's run would work." if ready(checks) else f"Today's run would NOT work: {count} failed."
        console.print(verdict, style="bold green" if ready(checks) else "bold red")
    return 0 if ready(checks) else 1


def _checks(options: Options) -> Iterator[Check]:
    try:
        config = settings(options)
    except ConfigError as error:
        yield failed("config", str(error))
        return
    strategies = [each.instance for each in config.strategies if each.enabled]
    symbols = [each.symbol for each in config.collectors]
    yield ok(
        "config", f"{options.config}: {', '.join(strategies) or 'no strategy'}; {', '.join(symbols) or 'no'} chains"
    )
    try:
        run = open_run(config, named=options.data is not None)
    except FolderError as error:
        yield failed("data folder", str(error))
        return
    try:
        simulated = is_simulated(config)
        now = (first_cycle(config, options.start) if simulated else None) or RealClock().time()
        yield from premises(config, run, now)
        busy = running_desk(run.root) is not None
        yield from _at_the_gateway(config, run.root, now, simulated=simulated, busy=busy)
    except RefusedError as error:
        yield failed("market", str(error))
    finally:
        discard_run(run)


def _at_the_gateway(config: Config, root: Path, now: float, *, simulated: bool, busy: bool) -> list[Check]:
    if busy:  # its client id is taken, and its paper gateway's port
        config = config.model_copy(update={"broker": config.broker.model_copy(update={"client_id": "random"})})
    clock = SimulatedClock(datetime.fromtimestamp(now, UTC), _SPEED) if simulated else RealClock()
    try:
        with _gateway(config, clock, busy=busy) as endpoint, asyncio.Runner(loop_factory=precise_loop) as runner:
            return runner.run(rehearse(config, root, endpoint, clock))
    except (OSError, RefusedError) as error:
        return [failed("gateway", str(error), "Choose another [gateway] port, or another market.")]


@contextmanager
def _gateway(config: Config, clock: Clock, *, busy: bool) -> Iterator[Endpoint]:
    """Where the session is to end: IB's gateway, or the paper one, started for this without its journal."""
    if config.gateway.kind == "ib":
        yield Endpoint(config.gateway.host, config.gateway.port)
        return
    kept = gateway_settings(config, None)
    chosen = replace(kept, port=0, control=None) if busy else kept
    gateway = GatewayThread(chosen, source_of(config), clock, Random(config.gateway.seed))
    port = gateway.start()
    try:
        yield Endpoint(config.gateway.host, port, governed=True)
    finally:
        gateway.stop()
