"""The two processes of a round: the gateway that runs on, and a desk that kills itself at a boundary."""

from __future__ import annotations

import os
import signal
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path
from random import Random
from threading import Thread

from commands.compose import gateway_settings, source_of
from commands.crash.clock import SharedClock
from commands.crash.plan import Trap
from commands.crash.trap import Killer
from commands.desk import up
from commands.folders import open_run
from desk.config import Config
from desk.gateway.standalone import serve

_LOOK = 0.2
"""Machine seconds after which a desk looks whether it was asked to stop."""


def gateway(config: Config, folder: Path, clock: SharedClock, parent: Connection) -> None:
    """Be the gateway; tells `parent` its port, and ends with it."""
    _leash(parent)
    settings = gateway_settings(config, folder)
    serve(settings, source_of(config), clock, Random(config.gateway.seed), lambda port, _: parent.send(port))


def desk(config: Config, clock: SharedClock, trap: Trap, parent: Connection) -> None:
    """Be the desk until SIGTERM or the trap; every boundary that is crossed is told to `parent` first."""
    _leash(parent)
    killer = Killer(trap, parent.send)
    killer.guard_syncs()
    killer.guard_wire()
    with up(config, open_run(config, named=True), clock=clock, boundary=killer) as running:
        signal.signal(signal.SIGTERM, lambda *_: running.supervisor.stop())
        while not running.supervisor.ended.wait(_LOOK):  # a signal that another thread took wakes no endless wait
            pass


def _leash(parent: Connection) -> None:
    """End at once when the parent is gone, however it went."""

    def wait() -> None:
        with suppress(EOFError, OSError):
            parent.recv()
        os.kill(os.getpid(), signal.SIGKILL)

    Thread(target=wait, name="leash", daemon=True).start()
