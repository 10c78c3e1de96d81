"""What kills a desk from within, at the one crossing of the one boundary that was chosen."""

from __future__ import annotations

import json
import os
import re
import signal
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from threading import Lock

from ib_async.connection import Connection

from commands.crash.plan import Moment, Trap

TRADES = "trades.jsonl"
_PLACE_ORDER = b"3\0"
_REF = re.compile(rb"\0([\w-]+-\d{8}T\d{6}-\d+)\0")
Crossed = tuple[str, str]
"""A boundary and the order at it, as a desk reports them."""


class Killer:
    """Stands at every boundary of a desk, tells who listens which is crossed, and kills the process at its own."""

    def __init__(self, trap: Trap, tell: Callable[[Crossed], None]) -> None:
        self._trap, self._tell, self._left = trap, tell, trap.nth
        self._lock = Lock()
        self._intended: set[str] = set()

    def __call__(self, boundary: str, order_id: str) -> None:
        """Be at a boundary of the trader's."""
        if boundary == Moment.AFTER_INTENT:
            self._intended.add(order_id)
        self._cross(boundary, order_id, lambda: None)

    def guard_syncs(self) -> None:
        """Stand before every sync of a trade log from now on, too, with what is not synced yet."""
        sync, synced = os.fsync, dict[str, int]()

        def fsync(handle: int) -> None:
            path = _path(handle)
            if path.name == TRADES:
                before, size = synced.get(str(path)), os.fstat(handle).st_size
                synced[str(path)] = size
                if before is not None and size > before:
                    kept = before + int((size - before) * self._trap.keep)
                    order = _order(os.pread(handle, size - before, before))
                    self._cross(Moment.BEFORE_SYNC, order, lambda: os.ftruncate(handle, kept))
            sync(handle)

        os.fsync = fsync  # type: ignore[assignment]  # the logs sync handles, never files

    def guard_wire(self) -> None:
        """Stand behind the socket from now on, too: an order, or its change, has just been given to the system."""
        send: Callable[[Connection, bytes], None] = Connection.sendMsg

        def sent(connection: Connection, message: bytes) -> None:
            send(connection, message)
            found = _REF.search(message) if message[4:].startswith(_PLACE_ORDER) else None
            if found and (order_id := found[1].decode()) in self._intended:
                self._cross(Moment.ON_THE_WIRE, order_id, lambda: None)

        Connection.sendMsg = sent  # type: ignore[method-assign]  # ib_async offers no hook

    def _cross(self, boundary: str, order_id: str, last: Callable[[], None]) -> None:
        with self._lock:
            with suppress(OSError):
                self._tell((boundary, order_id))
            self._left -= boundary == self._trap.boundary
            if self._left == 0 and boundary == self._trap.boundary:
                last()
                os.kill(os.getpid(), signal.SIGKILL)


def _path(handle: int) -> Path:
    """Where an open file is; nowhere on a system without /proc, where this boundary is never reached."""
    try:
        return Path(f"/proc/self/fd/{handle}").readlink()
    except OSError:
        return Path()


def _order(lines: bytes) -> str:
    """The order that the first of these lines is about."""
    return str(json.loads(lines.splitlines()[0]).get("order_id", ""))
