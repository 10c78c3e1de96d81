"""Virtual time: an asyncio loop that never waits, and the clock that reads it."""

from __future__ import annotations

import asyncio
import math
import selectors
from collections.abc import Callable
from datetime import datetime
from itertools import count
from typing import Any

from desk.clock import Clock
from desk.runtime.memory import join

Accept = Callable[[], asyncio.BaseProtocol]
"""Makes the server's side of one new connection."""


class DeadlockError(RuntimeError):
    """Nothing is ready and nothing is scheduled: a real loop would wait for ever."""


class _Leap(selectors.SelectSelector):
    """Where a real loop waits for its next timer, jumps to it."""

    jump: Callable[[float | None], None]

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        self.jump(timeout)
        return []


class VirtualLoop(asyncio.SelectorEventLoop):
    """An event loop without I/O whose time starts at 0 and jumps to the next timer when nothing is ready.

    Connections go to servers registered with `serve`; work for an executor is done at once. So a run depends on
    nothing but its inputs. Single-threaded.
    """

    def __init__(self) -> None:
        self._now = 0.0
        self._servers: dict[tuple[str, int], Accept] = {}
        self._ports = count(50_000)
        self._until = float("inf")
        self._enough: Callable[[], bool] | None = None
        leap = _Leap()
        leap.jump = self._jump
        super().__init__(leap)

    def time(self) -> float:
        """Virtual seconds since the loop was made."""
        return self._now

    @property
    def _clock_resolution(self) -> float:
        """How early asyncio may run a timer: not at all, or one that waits for its instant would spin before it."""
        return math.ulp(self._now)

    @_clock_resolution.setter
    def _clock_resolution(self, resolution: float) -> None:
        """Ignore the wall's, which asyncio sets."""

    def run_to(self, when: float = float("inf"), enough: Callable[[], bool] | None = None) -> None:
        """Do all that is to be done up to virtual time `when`, or less, until `enough()`.

        `DeadlockError` when neither can come.
        """
        self._until, self._enough = when, enough
        try:
            self.run_forever()
        finally:
            self._until, self._enough = float("inf"), None

    def serve(self, host: str, port: int, accept: Accept) -> None:
        """Let connections to `host` and `port` meet the protocols that `accept` makes."""
        self._servers[host, port] = accept

    def unserve(self, host: str, port: int) -> None:
        """Refuse connections from now on; those that exist stay."""
        self._servers.pop((host, port), None)

    async def create_connection(  # type: ignore[override]  # sockets and TLS have no place here
        self, protocol_factory: Callable[[], Any], host: str, port: int, **_: Any
    ) -> tuple[asyncio.Transport, Any]:
        """Connect in memory; `ConnectionRefusedError` when nobody serves there."""
        await asyncio.sleep(0)
        accept = self._servers.get((host, port))
        if accept is None:
            raise ConnectionRefusedError(111, f"nobody serves {host}:{port}")
        client = protocol_factory()
        return join(self, client, accept(), (("127.0.0.1", next(self._ports)), (host, port))), client

    def run_in_executor(  # type: ignore[override]  # typed as loosely as its callers need
        self, executor: Any, func: Callable[..., Any], *args: Any
    ) -> asyncio.Future[Any]:
        """Do the work at once, in place of on another thread."""
        del executor
        future = self.create_future()
        try:
            future.set_result(func(*args))
        except Exception as error:  # noqa: BLE001 - it is the awaiter's
            future.set_exception(error)
        return future

    def _jump(self, timeout: float | None) -> None:
        if self._enough is not None and self._enough():
            self.stop()
        elif timeout != 0:
            due = float("inf") if timeout is None else self._now + timeout
            if min(due, self._until) == float("inf"):
                raise DeadlockError("nothing is ready and nothing is scheduled")
            self._now = min(due, self._until)
            if due > self._until:
                self.stop()


class VirtualClock(Clock):
    """Both faces read a virtual loop; market time starts at `start` and is exact to the microsecond."""

    def __init__(self, loop: VirtualLoop, start: datetime) -> None:
        self._loop = loop
        self._start = start.timestamp()

    def time(self) -> float:
        """See `Clock.time`."""
        return round(self._start + self._loop.time(), 6)

    def machine(self) -> float:
        """See `Clock.machine`."""
        return self._loop.time()
