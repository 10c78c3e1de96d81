"""The spool: a file in which accepted rows wait, safe against power cuts, until Delta has them.

Items lie one behind another as records (`desk.lake.record`). Once Delta has all of them, the next goes to the front
again, over blocks that the disk has given already: an accept is one write and one fdatasync.

A scan takes for an item what has the right checksum and a number above the floor and above those before it. A write
that a power cut has torn fails the first, what is left of earlier rounds the second.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path

import polars as pl

from desk.lake.errors import LakeBusyError, LakeError, WriteError, edge
from desk.lake.record import BLOCK, Record, decode, encode, unpack
from desk.lake.sync import sync

_KIND = b"condor-desk spool 1\n"
_FLOOR = 512  # where in the first block the floor is: in a sector of its own, written in place
_DIGITS = 20
_KEPT = 1 << 24  # bytes that an empty spool keeps; an import's room is given back


class Spool:
    """Items in the order of their acceptance, each a set of frames by table name under one number.

    One process holds a spool at a time; the lock dies with it. Numbers are never given twice.
    """

    def __init__(self, path: Path) -> None:
        """Open the file or make it. LakeBusyError when another writer has it, LakeError when it is unusable."""
        with edge(LakeError, f"cannot open the spool {path}"):
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            with edge(LakeError, f"cannot open the spool {path}"):
                fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                self._begin(path)
                floor = self._floor()
                self._items = list(self._scan(floor))
        except LakeError as error:
            os.close(self._file)
            if isinstance(error.__cause__, BlockingIOError):
                raise LakeBusyError(f"{path} is in use: another process writes to this lake; stop it first") from error
            raise
        self._last = self._items[-1].number if self._items else floor

    def accept(self, frames: Mapping[str, pl.DataFrame]) -> int:
        """Store the frames as one item and return its number; they are on disk when this returns."""
        begin = self._items[-1].end if self._items else BLOCK
        with edge(WriteError, "cannot accept rows"):
            content, item = encode(self._last + 1, frames, begin)
            try:
                _write(self._file, content, begin)
                os.fdatasync(self._file)
            except BaseException:
                self._unmake(begin)
                raise
        self._items.append(item)
        self._last = item.number
        return item.number

    def pending(self, name: str, above: int) -> list[pl.DataFrame]:
        """Return the frames of a table with numbers greater than `above`, oldest first."""
        wanted = [item.frames[name] for item in self._items if item.number > above and name in item.frames]
        with edge(LakeError, "cannot read the spool"):
            return [unpack(os.pread(self._file, length, offset)) for offset, length in wanted]

    def held(self) -> tuple[int, int]:
        """Return how many items wait, and the highest number among them (0 when none do)."""
        return len(self._items), self._items[-1].number if self._items else 0

    def clear(self) -> None:
        """Forget all items: the tables have them, durably. One that a power cut brings back they know already."""
        with edge(WriteError, "cannot clear the spool"):
            _write(self._file, b"%0*d" % (_DIGITS, self._last), _FLOOR)
            self._items.clear()
            if os.fstat(self._file).st_size > _KEPT:
                os.ftruncate(self._file, _KEPT)

    def start_above(self, number: int) -> None:
        """Let the next item's number be greater than `number`, even if this file is newer than the tables."""
        self._last = max(self._last, number)

    def close(self) -> None:
        """Let go of the file; what it holds stays."""
        os.close(self._file)

    def _begin(self, path: Path) -> None:
        """Give a new file its first block; a power cut may have left less of it, but then nothing was in it."""
        found = os.pread(self._file, len(_KIND), 0)
        if found != _KIND:
            if not _KIND.startswith(found.rstrip(b"\0")):
                raise LakeError(f"cannot open the spool {path}: this is a file of another kind")
            _write(self._file, _KIND.ljust(BLOCK, b"\0"), 0)
        os.fsync(self._file)
        for folder in (path.parent, path.parent.parent):
            sync(folder)

    def _floor(self) -> int:
        written = os.pread(self._file, _DIGITS, _FLOOR)
        return int(written) if written.isdigit() else 0

    def _scan(self, floor: int) -> Iterator[Record]:
        size, position = os.fstat(self._file).st_size, BLOCK
        while position < size:
            item = decode(self._file, position, size)
            if item is not None and item.number > floor:
                yield item
                floor, position = item.number, item.end
            else:
                position += BLOCK

    def _unmake(self, position: int) -> None:
        """Spoil the record that was refused: who handed it over is told that it is not kept."""
        with suppress(OSError):
            os.pwrite(self._file, bytes(BLOCK), position)


def _write(file: int, content: bytes | bytearray, position: int) -> None:
    """Write all of it: a disk that fills up takes a part before it refuses."""
    left = memoryview(content)
    while left:
        written = os.pwrite(file, left, position)
        left, position = left[written:], position + written
