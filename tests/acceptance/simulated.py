"""The whole desk on one virtual loop: the shipped config, the shipped market, a real lake."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from random import Random

from commands.compose import Endpoint, children, gateway_settings, origin_of, schedule_of, source_of
from commands.options import Options
from commands.settings import settings
from desk.config import Config
from desk.console.log import DeskLog
from desk.gateway.server import Gateway
from desk.lake.origin import claim
from desk.lake.queries import Lake
from desk.market.calendar import at
from desk.runtime.simulation import SimulatedSystem
from desk.runtime.supervision import Supervisor
from messages.system import Report
from tests.acceptance.running import REPO

PORT = 4002
DAY = date(2019, 5, 13)


def shipped(**changes: object) -> Config:
    """The shipped config, with sections changed."""
    return settings(Options(REPO / "config.toml")).model_copy(update=changes)


class Tap:
    """Reads along what a client sends to a gateway: the id of every message."""

    def __init__(self, protocol: asyncio.Protocol) -> None:
        self.ids: list[int] = []
        self._read, self._buffer = protocol.data_received, b""
        protocol.data_received = self.data_received  # type: ignore[method-assign]  # a tap on the wire

    def data_received(self, data: bytes) -> None:
        self._buffer = (self._buffer + data).removeprefix(b"API\0")
        while len(self._buffer) >= 4 and len(self._buffer) >= (end := 4 + int.from_bytes(self._buffer[:4])):
            word, self._buffer = self._buffer[4:end].split(b"\0")[0], self._buffer[end:]
            self.ids += [int(word)] if word.isdigit() else []
        self._read(data)


@dataclass
class SimulatedDesk:
    """A running desk in virtual time."""

    config: Config
    folder: Path
    system: SimulatedSystem
    supervisor: Supervisor
    gateway: Gateway
    log: DeskLog
    taps: list[Tap]

    @property
    def lake(self) -> Lake:
        return Lake(self.folder / "lake")

    def until(self, time: str) -> None:
        self.system.run_until(at(self.config.clock.day, time))

    def report(self, name: str) -> Report:
        return next(each for each in self.system.reports() if each.name == name)

    def stop(self) -> None:
        self.supervisor.stop()
        self.system.run_until(self.system.clock.time() + 120, self.supervisor.ended.is_set)


@contextmanager
def simulated(config: Config, folder: Path, start: str = "09:25", seed: int = 1) -> Iterator[SimulatedDesk]:
    """Compose the desk as `run` does, on a virtual loop instead of threads and sockets."""
    began = datetime.fromtimestamp(at(config.clock.day, start), UTC)
    system = SimulatedSystem(began, config.supervision, seed)
    log = DeskLog(folder / "logs", system.clock)
    system.log = log.logger
    gateway = Gateway(gateway_settings(config, None), source_of(config), system.clock, Random(seed))
    try:
        system.loop.call_soon(gateway.open)
        system.run_for(0.0)
        taps: list[Tap] = []

        def accept() -> asyncio.Protocol:
            protocol = gateway.accept()
            taps.append(Tap(protocol))
            return protocol

        system.loop.serve(config.gateway.host, PORT, accept)
        claim(folder / "lake", origin_of(config))
        supervisor = Supervisor(system)
        supervisor.start(children(config, folder / "lake", Endpoint(config.gateway.host, PORT)))
        system.tell("persistence", schedule_of(config))
        desk = SimulatedDesk(config, folder, system, supervisor, gateway, log, taps)
        yield desk
        desk.stop()
    finally:
        system.close()
        log.close()


def warnings(log: Sequence[dict[str, object]]) -> list[dict[str, object]]:
    """Log lines at warning and above."""
    return [line for line in log if line["level"] not in {"debug", "info"}]
