"""A broker connected to the real paper gateway, over a socket, in fast market time."""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from random import Random
from typing import Any

from desk.clock import Clock, LoopTimers, SimulatedClock
from desk.config import model
from desk.gateway.clients import Client
from desk.ib.broker import Broker
from desk.ib.notices import Notice
from messages.market import ChainQuotes, ChainWanted, Priority, Selection
from tests.gateway.market import START
from tests.gateway.serving import Served, run, serving

__all__ = ["Bench", "bench", "broker_at", "run"]

SPY = Selection("SPY", dte_min=30, dte_max=75, strike_step=1)
SPXW = Selection("SPX", "IND", "CBOE", "SPXW", dte_min=0, dte_max=75, strike_step=5)


@dataclass
class Bench:
    served: Served
    broker: Broker
    clock: Clock
    notices: list[Notice]
    progress: list[tuple[int, int]] = field(default_factory=list)

    async def chain(self, selection: Selection = SPY, seconds: float = 300.0) -> ChainQuotes:
        wanted = ChainWanted("test", "1", selection, Priority.COLLECTION, self.clock.time() + seconds)
        return await self.broker.chain(wanted, lambda done, asked: self.progress.append((done, asked)))

    @property
    def peer(self) -> Client:
        """The gateway's end of the connection."""
        (client,) = self.served.gateway._clients
        return client

    def codes(self) -> set[int]:
        return set(self.broker.facts()["errors"])

    async def until(self, condition: Callable[[], bool]) -> None:
        """Let the loop run until something is so; the test's own time limit ends it if it never is."""
        while not condition():  # noqa: ASYNC110 - conditions are of several kinds, one turn at a time finds them all
            await asyncio.sleep(0)

    async def connected(self) -> None:
        await asyncio.wait_for(self.broker._session.ready.wait(), 60)

    def kinds(self) -> list[str]:
        return [notice.kind for notice in self.notices]


@asynccontextmanager
async def broker_at(
    served: Served, settings: dict[str, Any] | None = None, seed: int = 1, *, governed: bool = True
) -> AsyncIterator[Bench]:
    notices: list[Notice] = []
    timers = LoopTimers(served.clock, asyncio.get_running_loop())

    def say(notice: object) -> None:
        assert isinstance(notice, Notice)
        notices.append(notice)

    chosen = model.Broker(**{"reconnect_longest": 0.01, **(settings or {})})
    broker = Broker(chosen, "127.0.0.1", served.port, timers, Random(seed), governed=governed, say=say)
    running = asyncio.ensure_future(broker.run())
    try:
        yield Bench(served, broker, served.clock, notices)
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await broker.close()
        timers.close()


@asynccontextmanager
async def bench(settings: dict[str, Any] | None = None, speed: float = 60.0, **gateway: Any) -> AsyncIterator[Bench]:
    clock = SimulatedClock(START, speed)
    async with serving(clock=clock, **gateway) as served, broker_at(served, settings) as made:
        await made.connected()
        yield made


def finite(value: float | None) -> bool:
    return value is not None and math.isfinite(value)
