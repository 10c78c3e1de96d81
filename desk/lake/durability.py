"""How commits become durable: on a local disk by fsync, a record of it and recovery; in object storage by its ack."""

from __future__ import annotations

import fcntl
import os
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Protocol

from desk.lake.lock import alone, together
from desk.lake.place import Place
from desk.lake.recover import last_version, recover
from desk.lake.sync import sync, sync_checkpoint, sync_commits

_RECORD = "_synced"
_UNKNOWN = -2


class Durability(Protocol):
    """How a table's commits become durable."""

    def recover(self) -> list[str]:
        """Bring the table back to its last whole state; return the names of what was set aside."""

    def prepare(self) -> None:
        """Get ready for the table's first commit."""

    def settle(self, version: int) -> None:
        """Return when all commits up to `version` are durable."""

    def settle_checkpoint(self, version: int) -> None:
        """Return when the checkpoint of that version is durable."""

    def working(self) -> AbstractContextManager[None]:
        """Return a context in which no one else recovers the table."""


class Acknowledged:
    """Object storage: what a store has acknowledged it keeps, and what it has not is not there."""

    def recover(self) -> list[str]:
        """There is nothing to recover."""
        return []

    def prepare(self) -> None:
        """There is nothing to prepare."""

    def settle(self, version: int) -> None:
        """It is durable already."""

    def settle_checkpoint(self, version: int) -> None:
        """It is durable already."""

    def working(self) -> AbstractContextManager[None]:
        """Nobody recovers anything."""
        return nullcontext()


class Disk:
    """A local disk: commits are synced by us, and `_synced` in the table's folder says up to which version they are.

    Every process and thread that commits to the table shares that record. It is made before the first commit, so that a
    table without one is of an older desk or a copy; of such a table only the last commit is held in doubt.
    """

    def __init__(self, root: Path, name: str) -> None:
        self._root = root
        self._name = name
        self._table = root / name
        self._named: set[Path] = set()

    def recover(self) -> list[str]:
        """Set aside what is damaged, sync the rest; return the names of the files set aside. Raises OSError."""
        with alone(self._root):
            synced, last = self._synced(), last_version(self._table)
            if last < 0:
                return []
            if synced == _UNKNOWN:
                synced = last - 1
            moved = recover(self._table, synced, self._root / "_damaged" / self._name)
            last = last_version(self._table)
            if last < synced:
                (self._table / _RECORD).unlink()  # it speaks of commits that somebody has taken away
            elif last > synced:
                self._settle(synced, last)
        return moved

    def prepare(self) -> None:
        """Make the record. Raises OSError."""
        if self._synced() == _UNKNOWN:
            self._table.mkdir(parents=True, exist_ok=True)
            self._remember(-1)
            sync(self._table)
            sync(self._root)

    def settle(self, version: int) -> None:
        """Sync what is not synced yet up to `version`. Raises OSError."""
        self._settle(max(self._synced(), -1), version)

    def settle_checkpoint(self, version: int) -> None:
        """Sync the checkpoint of that version. Raises OSError."""
        sync_checkpoint(self._table, version)

    def working(self) -> AbstractContextManager[None]:
        """Keep recovery waiting, not others who commit."""
        return together(self._root)

    def _settle(self, after: int, upto: int) -> None:
        if upto > after:
            sync_commits(self._table, after, upto, self._named)
            self._remember(upto)

    def _synced(self) -> int:
        try:
            return int((self._table / _RECORD).read_bytes())
        except (FileNotFoundError, ValueError):
            return _UNKNOWN

    def _remember(self, version: int) -> None:
        """Write the record in place: within a sector, so that a power cut leaves the old one or the new."""
        handle = os.open(self._table / _RECORD, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            if version > self._synced():
                os.pwrite(handle, f"{version:020}\n".encode(), 0)
                os.fsync(handle)
        finally:
            os.close(handle)


def durability(at: Place, table: str) -> Durability:
    """Return how commits of a table become durable where it is."""
    return Acknowledged() if at.folder is None else Disk(at.folder, table)
