"""`gateway`: the paper gateway alone, for any client of IB's API."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from random import Random

from commands.compose import faults_of, gateway_settings, source_of
from commands.errors import RefusedError
from commands.options import Options
from commands.settings import settings
from desk.clock import Clock, RealClock, SimulatedClock
from desk.config import Config
from desk.gateway.journal import Journal
from desk.gateway.standalone import serve
from desk.market.calendar import at


def serve_alone(
    options: Options,
    port: int,
    host: str,
    journal: Path | None,
    faults: Sequence[str],
    control: int | None,
    *,
    real: bool,
) -> int:
    """Serve until Ctrl+C or SIGTERM."""
    config = settings(options)
    kept = gateway_settings(config, journal)
    armed = (*kept.faults, *faults_of(faults))
    chosen = replace(kept, host=host, port=port, faults=armed, control=kept.control if control is None else control)
    clock = _clock(config, journal, real=real)

    def ready(listening: int, controlled: int | None) -> None:
        where = f"{host}:{listening}"
        asked = "" if real else f", {clock.now():%Y-%m-%d %H:%M:%S} UTC, {config.clock.speed:g}x"
        sys.stdout.write(f"paper gateway on {where}, market {config.gateway.market}{asked}\n")
        if controlled is not None:
            sys.stdout.write(f"faults can be armed on 127.0.0.1:{controlled}\n")
        sys.stdout.flush()

    try:
        serve(chosen, source_of(config), clock, Random(config.gateway.seed), ready)
    except OSError as error:
        msg = f"the paper gateway cannot listen on {host}:{port}: {error.strerror}; choose another port with --port"
        raise RefusedError(msg) from error
    except ValueError as error:
        msg = f"{error}; remove the file to start without it"
        raise RefusedError(msg) from error
    return 0


def _clock(config: Config, journal: Path | None, *, real: bool) -> Clock:
    """The clock: the wall's, or a simulated one that goes on where the journal ends."""
    if real:
        return RealClock()
    start = at(config.clock.day, config.clock.start)
    try:
        kept = Journal.load(journal) if journal else None
    except ValueError as error:
        msg = f"{error}; remove the file to start without it"
        raise RefusedError(msg) from error
    return SimulatedClock(
        datetime.fromtimestamp(max(start, kept.market_time) if kept else start, UTC), config.clock.speed
    )
