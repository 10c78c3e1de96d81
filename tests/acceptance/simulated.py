"""The whole desk on one virtual loop: the shipped config, the shipped market, a real lake."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields
from datetime import date
from pathlib import Path

from commands.options import Options
from commands.settings import settings
from commands.virtual import VirtualDesk, virtual
from desk.config import Config
from tests.acceptance.running import REPO

__all__ = ["DAY", "SimulatedDesk", "Tap", "shipped", "simulated", "warnings"]

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


@dataclass(frozen=True, slots=True)
class SimulatedDesk(VirtualDesk):
    """A running desk in virtual time whose clients' messages are read along."""

    taps: list[Tap]


@contextmanager
def simulated(
    config: Config, folder: Path, start: str = "09:25", seed: int = 1, last: date | None = None
) -> Iterator[SimulatedDesk]:
    """Compose the desk as `run` does, on a virtual loop instead of threads and sockets."""
    taps: list[Tap] = []
    with virtual(config, folder, start, seed=seed, last=last, accepted=lambda one: taps.append(Tap(one))) as desk:
        parts = {field.name: getattr(desk, field.name) for field in fields(desk)}
        yield SimulatedDesk(**parts, taps=taps)


def warnings(log: Sequence[dict[str, object]]) -> list[dict[str, object]]:
    """Log lines at warning and above."""
    return [line for line in log if line["level"] not in {"debug", "info"}]
