"""The simulation dispatcher: the same actors and supervision on one thread, in virtual time, the same for a seed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime
from random import Random
from typing import Any

from structlog.typing import FilteringBoundLogger

from desk.config.model import Supervision
from desk.runtime.envelope import Reply
from desk.runtime.life import Life
from desk.runtime.loop import LoopHost
from desk.runtime.system import System
from desk.runtime.virtual import DeadlockError, VirtualClock, VirtualLoop

__all__ = ["DeadlockError", "LoopDispatcher", "SimulatedSystem", "VirtualClock", "VirtualLoop"]


class LoopDispatcher:
    """Hosts every life, and the supervisor, on one virtual loop.

    A mailbox is looked at within `spread` virtual seconds after a message came, drawn from `random`: with a spread
    above 0 each seed is another order in which actors get their turns. Messages of one mailbox keep theirs.
    """

    def __init__(self, loop: VirtualLoop, clock: VirtualClock, random: Random, spread: float = 0.0) -> None:
        self._loop = loop
        self._clock = clock
        self._random = random
        self._spread = spread
        self._carried: set[asyncio.Task[None]] = set()

    def launch(self, life: Life) -> None:
        """See `Dispatcher.launch`."""
        host = LoopHost(life, self._clock, self._loop, self._schedule)
        task = self._loop.create_task(_carry(life, host), name=life.name)
        self._carried.add(task)
        task.add_done_callback(self._carried.discard)

    def post(self, action: Callable[[], None]) -> None:
        """See `Dispatcher.post`."""
        self._loop.call_soon(action)

    def later(self, seconds: float, action: Callable[[], None]) -> asyncio.TimerHandle:
        """See `Dispatcher.later`."""
        return self._loop.call_later(seconds, action)

    def run(self, until: Callable[[], bool]) -> None:
        """See `Dispatcher.run`."""
        self._loop.run_to(enough=until)

    def wait(self, reply: Reply, timeout: float) -> Any:
        """See `Dispatcher.wait`; runs the simulation meanwhile, for `timeout` virtual seconds at most."""
        self._loop.run_to(self._loop.time() + timeout, reply.done)
        return reply.result()

    def _schedule(self, action: Callable[[], None]) -> None:
        if self._spread > 0:
            self._loop.call_later(self._random.random() * self._spread, action)
        else:
            self._loop.call_soon(action)


async def _carry(life: Life, host: LoopHost) -> None:
    life.finish(await host.live())


class SimulatedSystem(System):
    """A system on a virtual loop of its own, from `start` (market time) on. Close it after use."""

    def __init__(
        self,
        start: datetime,
        settings: Supervision,
        seed: int,
        *,
        spread: float = 0.0,
        log: FilteringBoundLogger | None = None,
    ) -> None:
        self.loop = VirtualLoop()
        clock = VirtualClock(self.loop, start)
        dispatcher = LoopDispatcher(self.loop, clock, Random(f"{seed} turns"), spread)
        super().__init__(clock, settings, Random(seed), dispatcher=dispatcher, log=log)

    def run_until(self, t: float, enough: Callable[[], bool] | None = None) -> None:
        """Run until market time `t` (epoch seconds), or until `enough()`."""
        self.loop.run_to(self.loop.time() + t - self.clock.time(), enough)

    def run_for(self, seconds: float) -> None:
        """Run for `seconds` of virtual time."""
        self.loop.run_to(self.loop.time() + seconds)

    def close(self) -> None:
        """Cancel what still runs and close the loop."""
        self.notify = lambda _: None
        tasks = asyncio.all_tasks(self.loop)
        for task in tasks:
            task.cancel()
        if tasks:
            self.loop.run_until_complete(asyncio.wait(tasks))
        self.loop.run_until_complete(self.loop.shutdown_asyncgens())
        self.loop.close()
