"""The gateway on a thread and loop of its own, for a process that does other things."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Future
from random import Random
from threading import Event, Thread
from typing import TypeVar

from desk.clock import Clock, precise_loop
from desk.gateway.faults.engine import Faults
from desk.gateway.server import Gateway
from desk.gateway.settings import Settings
from desk.gateway.source import Source

T = TypeVar("T")


class GatewayThread:
    """A `Gateway` that is started and stopped from any thread."""

    def __init__(self, settings: Settings, source: Source, clock: Clock, random: Random) -> None:
        self._gateway = Gateway(settings, source, clock, random)
        self._thread = Thread(target=self._run, name="gateway", daemon=True)
        self._ready = Event()
        self._outcome: int | Exception | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopping: asyncio.Event | None = None

    def start(self) -> int:
        """Start and return the port; OSError when it is taken, ValueError when the journal is damaged."""
        self._thread.start()
        self._ready.wait()
        if isinstance(self._outcome, Exception):
            self._thread.join()
            raise self._outcome
        assert self._outcome is not None
        return self._outcome

    def faults(self, do: Callable[[Faults], T]) -> T:
        """Do something with the started gateway's faults on its own thread, and return or raise what comes of it."""
        assert self._loop is not None
        outcome: Future[T] = Future()

        def act() -> None:
            try:
                outcome.set_result(do(self._gateway.faults))
            except Exception as error:  # noqa: BLE001  (it belongs to who asked)
                outcome.set_exception(error)

        self._loop.call_soon_threadsafe(act)
        return outcome.result()

    def stop(self) -> None:
        """Stop and wait until everything is closed; more than once does no harm."""
        if self._loop is not None and self._stopping is not None and self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._stopping.set)
            self._thread.join()

    def _run(self) -> None:
        with asyncio.Runner(loop_factory=precise_loop) as runner:
            runner.run(self._serve())

    async def _serve(self) -> None:
        self._loop, self._stopping = asyncio.get_running_loop(), asyncio.Event()
        try:
            self._outcome = await self._gateway.start()
        except Exception as error:  # noqa: BLE001  (whatever kept it from starting is raised by start())
            self._outcome = error
            return
        finally:
            self._ready.set()
        await self._stopping.wait()
        await self._gateway.stop()
