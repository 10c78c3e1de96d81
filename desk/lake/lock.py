"""Locks between the processes and threads that work on one local lake; the system lets go of them when a process dies.

Whoever commits or keeps house does so side by side with others; only recovery is alone.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from desk.lake.errors import LakeBusyError

_FOLDER = "_spool"


@contextmanager
def alone(root: Path) -> Iterator[None]:
    """Wait until nobody commits to the lake or keeps house in it, and keep them waiting."""
    with _locked(root, fcntl.LOCK_EX):
        yield


@contextmanager
def together(root: Path) -> Iterator[None]:
    """Work on the lake while nobody is `alone` in it."""
    with _locked(root, fcntl.LOCK_SH):
        yield


class Claim:
    """A lock that one holder has until it is released. LakeBusyError when another has it."""

    def __init__(self, root: Path, name: str, meaning: str) -> None:
        self._handle = _open(root, name)
        try:
            fcntl.flock(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            self.release()
            raise LakeBusyError(f"{meaning} in {root} already; stop it first") from error

    def release(self) -> None:
        """Let others have it."""
        os.close(self._handle)


@contextmanager
def _locked(root: Path, how: int) -> Iterator[None]:
    handle = _open(root, "lock")
    try:
        fcntl.flock(handle, how)
        yield
    finally:
        os.close(handle)


def _open(root: Path, name: str) -> int:
    folder = root / _FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    return os.open(folder / name, os.O_RDWR | os.O_CREAT, 0o644)
