"""One append-only file of JSON lines: whole lines, on disk before `append` returns, cut back after a failure."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from desk.orders.durable import make_folder, sync_folder, write_all
from desk.orders.errors import JournalDamagedError, JournalRefusedError

Record = dict[str, Any]


class LogFile:
    """A log, open for its one writer. `records` are those found at the start; `torn` is where a torn end was put.

    A crash may leave the beginning of the last append, which was never acknowledged: whole lines of it stay, and what
    is no whole line is moved to `<name>.torn`. Raises JournalDamagedError, and JournalRefusedError when the disk does
    not let it read or repair.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.torn: Path | None = None
        self._end = self._before = 0
        self._clean = True
        try:
            make_folder(path.parent)
            self._handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        except OSError as error:
            raise JournalRefusedError(f"{path} cannot be opened: {error}") from error
        try:
            self.records = self._recover()
        except OSError as error:
            self.close()
            raise JournalRefusedError(f"{path} cannot be read or repaired: {error}") from error
        except JournalDamagedError:
            self.close()
            raise

    def append(self, records: Iterable[Mapping[str, Any]]) -> None:
        """Write the records as lines with one write; on disk when this returns. Raises JournalRefusedError."""
        content = b"".join(json.dumps(record, allow_nan=False).encode() + b"\n" for record in records)
        try:
            self._ready()
            self._clean = False
            write_all(self._handle, content, self._end)
            os.fsync(self._handle)
        except OSError as error:
            with suppress(OSError):
                self._cut_back()
            raise JournalRefusedError(f"{self.path} does not take lines: {error}") from error
        self._before, self._end = self._end, self._end + len(content)
        self._clean = True

    def take_back(self) -> None:
        """Cut off what the last `append` wrote, now or, if the disk refuses, before the next."""
        self._end, self._clean = self._before, False
        with suppress(OSError):
            self._cut_back()

    def close(self) -> None:
        """Close the file. It may be closed twice."""
        if self._handle >= 0:
            os.close(self._handle)
            self._handle = -1

    def _recover(self) -> list[Record]:
        content = self.path.read_bytes()
        records, self._end = parse(content, self.path)
        self._before = self._end
        if self._end < len(content):
            self.torn = self._keep_torn(content[self._end :])
            os.ftruncate(self._handle, self._end)
        os.fsync(self._handle)
        sync_folder(self.path.parent)
        return records

    def _keep_torn(self, tail: bytes) -> Path:
        path = self.path.with_name(f"{self.path.name}.torn")
        handle = os.open(path, os.O_WRONLY | os.O_CREAT, 0o644)
        try:
            write_all(handle, tail + b"\n", os.fstat(handle).st_size)
            os.fsync(handle)
        finally:
            os.close(handle)
        return path

    def _ready(self) -> None:
        """Whether the file is as it was left; OSError when somebody else moved, took away or wrote it."""
        if not self._clean:
            self._cut_back()
        there = self.path.stat()
        ours = os.fstat(self._handle)
        if not os.path.samestat(there, ours):
            raise FileNotFoundError("it was moved or replaced while the desk was running; put it back or start again")
        if ours.st_size != self._end:
            raise BlockingIOError("somebody else wrote it while the desk was running; start the desk again")

    def _cut_back(self) -> None:
        os.ftruncate(self._handle, self._end)
        os.fsync(self._handle)
        self._clean = True


def read(path: Path) -> list[Record]:
    """Return a log's whole records without touching it; none when it is not there. Raises as LogFile."""
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return []
    except OSError as error:
        raise JournalRefusedError(f"{path} cannot be read: {error}") from error
    return parse(content, path)[0]


def parse(content: bytes, path: Path) -> tuple[list[Record], int]:
    """Return the whole records and the bytes that they take; a torn end is left out.

    Raises JournalDamagedError when something that is no record has records after it.
    """
    records: list[Record] = []
    end = 0
    lines = content.splitlines(keepends=True)
    for number, line in enumerate(lines, 1):
        record = _record(line)
        if record is None:
            _only_the_end(lines[number:], f"{path}, line {number}, byte {end}")
            break
        records.append(record)
        end += len(line)
    return records, end


def _record(line: bytes) -> Record | None:
    if not line.endswith(b"\n"):
        return None
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _only_the_end(after: Iterable[bytes], place: str) -> None:
    if any(_record(line) is not None for line in after):
        raise JournalDamagedError(
            f"{place}: this is no line of a log, and lines follow it. Compare the orders around it with the broker's "
            "statement, keep a copy of the file, then mend that line or take it out, and start again"
        )
