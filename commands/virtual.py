"""The whole desk on one virtual loop: the same composition as `run`, without threads, sockets or waiting."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from random import Random

from commands.compose import Endpoint, Folders, children, gateway_settings, origin_of, schedule_of, source_of
from desk.config import Config
from desk.console.log import DeskLog
from desk.gateway.server import Gateway
from desk.lake.origin import claim
from desk.lake.queries import Lake
from desk.market.calendar import at
from desk.runtime.simulation import SimulatedSystem
from desk.runtime.supervision import Supervisor
from messages.system import Report

PORT = 4002
_STOPS_WITHIN = 120.0
"""Virtual seconds for the desk to stop in order."""

Protocols = Callable[[asyncio.Protocol], None]
"""Is shown the gateway's side of every connection."""


@dataclass(frozen=True, slots=True)
class VirtualDesk:
    """A running desk in virtual time; it moves while `until` or a method of `system` runs."""

    config: Config
    folder: Path
    system: SimulatedSystem
    supervisor: Supervisor
    gateway: Gateway
    log: DeskLog

    @property
    def lake(self) -> Lake:
        """What it has recorded."""
        return Lake(self.folder / "lake")

    def until(self, time: str, day: date | None = None) -> None:
        """Run to an exchange time `HH:MM` of that day, at first the clock's."""
        self.system.run_until(at(day or self.config.clock.day, time))

    def report(self, name: str) -> Report:
        """Return what one actor says of itself."""
        return next(each for each in self.system.reports() if each.name == name)

    def stop(self) -> None:
        """Stop everything in order."""
        self.supervisor.stop()
        self.system.run_until(self.system.clock.time() + _STOPS_WITHIN, self.supervisor.ended.is_set)


@contextmanager
def virtual(
    config: Config,
    folder: Path,
    start: str = "09:25",
    *,
    seed: int = 1,
    last: date | None = None,
    journal: bool = False,
    accepted: Protocols = lambda _: None,
) -> Iterator[VirtualDesk]:
    """Compose the desk as `run` does and start it at that time of the clock's day.

    `last` is the last day asked of a lake's market. With a `journal` in the folder the account goes on with the next
    desk there, at the cost of a small write per second.
    """
    began = datetime.fromtimestamp(at(config.clock.day, start), UTC)
    system = SimulatedSystem(began, config.supervision, seed)
    log = DeskLog(folder / "logs", system.clock)
    system.log = log.logger
    try:
        settings = gateway_settings(config, folder if journal else None)
        gateway = Gateway(settings, source_of(config, last), system.clock, Random(seed))
        system.loop.call_soon(gateway.open)
        system.run_for(0.0)

        def accept() -> asyncio.Protocol:
            protocol = gateway.accept()
            accepted(protocol)
            return protocol

        system.loop.serve(config.gateway.host, PORT, accept)
        claim(folder / "lake", origin_of(config))
        supervisor = Supervisor(system)
        endpoint, folders = Endpoint(config.gateway.host, PORT), Folders(folder / "logs", folder)
        supervisor.start(children(config, folder / "lake", endpoint, folders))
        system.tell("persistence", schedule_of(config))
        desk = VirtualDesk(config, folder, system, supervisor, gateway, log)
        yield desk
        desk.stop()
        system.loop.run_until_complete(gateway.stop())
    finally:
        system.close()
        log.close()
