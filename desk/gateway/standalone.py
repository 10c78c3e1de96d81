"""The gateway as a process of its own."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable
from random import Random

from desk.clock import Clock, precise_loop
from desk.gateway.server import Gateway
from desk.gateway.settings import Settings
from desk.gateway.source import Source

Ready = Callable[[int, int | None], None]
"""Takes the port, and that of the faults' control if there is one."""


def serve(settings: Settings, source: Source, clock: Clock, random: Random, ready: Ready) -> None:
    """Serve on this thread, the main one, until SIGINT or SIGTERM; `ready` is called once clients may connect.

    OSError when a port is taken, ValueError when the journal is damaged. A clock that is simulated runs from the start,
    whether a client is there or not.
    """
    with asyncio.Runner(loop_factory=precise_loop) as runner:
        runner.run(_serve(Gateway(settings, source, clock, random), ready))


async def _serve(gateway: Gateway, ready: Ready) -> None:
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, ended.set)
    ready(await gateway.start(), gateway.control_port)
    await ended.wait()
    await gateway.stop()
