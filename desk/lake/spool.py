"""The spool: a SQLite file in which accepted rows wait, safe against power cuts, until Delta has them."""

from __future__ import annotations

import io
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import polars as pl

from desk.lake.errors import LakeBusyError, LakeError, WriteError, edge
from desk.lake.sync import sync

_SCHEMA = """
CREATE TABLE IF NOT EXISTS items (seq INTEGER PRIMARY KEY AUTOINCREMENT);
CREATE TABLE IF NOT EXISTS frames (
    seq INTEGER NOT NULL REFERENCES items, name TEXT NOT NULL, data BLOB NOT NULL, PRIMARY KEY (seq, name)
) WITHOUT ROWID;
"""


class Spool:
    """Items in the order of their acceptance, each a set of frames by table name under one sequence number.

    One process holds a spool at a time; the lock dies with it. Numbers are never given twice.
    """

    def __init__(self, path: Path) -> None:
        """Open the file or make it. LakeBusyError when another writer has it, LakeError when it is unusable."""
        with edge(LakeError, f"cannot open the spool {path}"):
            path.parent.mkdir(parents=True, exist_ok=True)
            self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=0)
        try:
            with edge(LakeError, f"cannot open the spool {path}"):
                self._db.execute("PRAGMA auto_vacuum = FULL")  # the file gives back what an import has taken
                self._db.execute("PRAGMA locking_mode = EXCLUSIVE")
                self._db.execute("PRAGMA journal_mode = WAL")
                self._db.execute("PRAGMA synchronous = FULL")
                self._db.executescript(_SCHEMA)
                self._db.execute("BEGIN EXCLUSIVE")
                self._db.execute("COMMIT")
                for folder in (path.parent, path.parent.parent):
                    sync(folder)
        except LakeError as error:
            self._db.close()
            if "locked" in str(error):
                raise LakeBusyError(f"{path} is in use: another process writes to this lake; stop it first") from error
            raise

    def accept(self, frames: Mapping[str, pl.DataFrame]) -> int:
        """Store the frames as one item and return its number; they are on disk when this returns."""
        blobs = [(name, pack(frame)) for name, frame in frames.items()]
        with edge(WriteError, "cannot accept rows"), self._transaction():
            seq = self._db.execute("INSERT INTO items DEFAULT VALUES").lastrowid
            assert seq is not None
            self._db.executemany("INSERT INTO frames VALUES (?, ?, ?)", [(seq, *blob) for blob in blobs])
        return seq

    def pending(self, name: str, above: int) -> list[pl.DataFrame]:
        """Return the frames of a table with numbers greater than `above`, oldest first."""
        query = "SELECT data FROM frames WHERE name = ? AND seq > ? ORDER BY seq"
        with edge(LakeError, "cannot read the spool"):
            return [pl.read_ipc(io.BytesIO(data)) for (data,) in self._db.execute(query, (name, above))]

    def held(self) -> tuple[int, int]:
        """Return how many items wait, and the highest number among them (0 when none do)."""
        with edge(LakeError, "cannot read the spool"):
            count, last = self._db.execute("SELECT count(*), coalesce(max(seq), 0) FROM items").fetchone()
        return count, last

    def forget(self, upto: int) -> None:
        """Delete the items with numbers up to and including `upto`."""
        with edge(WriteError, "cannot clear the spool"), self._transaction():
            self._db.execute("DELETE FROM frames WHERE seq <= ?", (upto,))
            self._db.execute("DELETE FROM items WHERE seq <= ?", (upto,))

    def start_above(self, number: int) -> None:
        """Let the next item's number be greater than `number`, even if this file is newer than the tables."""
        with edge(WriteError, "cannot set up the spool"), self._transaction():
            query = "SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'items'"
            (last,) = self._db.execute(query).fetchone()
            if last < number:
                self._db.execute("INSERT INTO items VALUES (?)", (number,))
                self._db.execute("DELETE FROM items WHERE seq = ?", (number,))

    def close(self) -> None:
        """Let go of the file; what it holds stays."""
        self._db.close()

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._db.execute("COMMIT")
        except BaseException:
            if self._db.in_transaction:  # a full disk makes SQLite roll back by itself
                self._db.execute("ROLLBACK")
            raise


def pack(frame: pl.DataFrame) -> bytes:
    """Return a frame's rows as the spool holds them."""
    buffer = io.BytesIO()
    frame.write_ipc(buffer, compression="lz4")
    return buffer.getvalue()
