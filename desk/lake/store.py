"""One Delta table as its writer sees it: a held handle, commits that carry the spool's number, made durable."""

from __future__ import annotations

from typing import Any

import polars as pl
from deltalake import CommitProperties, DeltaTable, PostCommitHookProperties, Transaction, write_deltalake
from deltalake.exceptions import CommitFailedError, DeltaError

from desk.lake.damage import MARK
from desk.lake.durability import durability
from desk.lake.errors import LakeBusyError, LayoutError, WriteError, edge
from desk.lake.layout import configuration, is_weak, merged, properties
from desk.lake.place import Place
from desk.lake.schema import Table
from desk.lake.units import Units, predicate

# Without checkpoints every commit and every open reads all log entries since the last.
_CHECKPOINT_EVERY = 20

# Others may commit to the same files in between; housekeeping does so a few times a day.
_ATTEMPTS = 8

# Rows that some cycles of a desk have, but no import.
_FEW = 20_000

# A checkpoint or clean-up before the sync could outlive what it speaks of.
NO_HOOKS = PostCommitHookProperties(create_checkpoint=False, cleanup_expired_logs=False)


class Store:
    """A table of the lake to which the application `app_id` writes numbered items exactly once."""

    def __init__(self, at: Place, table: Table, app_id: str, partition_by: tuple[str, ...]) -> None:
        """Recover the table and open it if it is there. LayoutError when it is partitioned otherwise; WriteError."""
        self.table = table
        self._at = at
        self._path = at.table(table.name)
        self._app_id = app_id
        self._partition_by = partition_by
        self._units = Units(table)
        self._durability = durability(at, table.name)
        self._delta: DeltaTable | None = None
        self._doubtful = False
        with edge(WriteError, f"cannot open {self._path}"):
            self.damaged = self._durability.recover()
            self._open()
            self._mine = self._number()

    def number(self) -> int:
        """Return the number of the last item that this application has written here, 0 for none. WriteError."""
        if self._doubtful:
            with edge(WriteError, f"cannot write to {self._path}"), self._durability.working():
                self._start_anew()
                self._done(self._catch_up(), self._number())
        return self._mine

    def commit(self, frames: list[pl.DataFrame], number: int) -> int:
        """Write the frames (oldest first) in one commit that carries `number`; return how many rows went in.

        Units that the table has are replaced. All of it is durable when this returns. WriteError; LakeBusyError when
        another writer uses this application's name.
        """
        with edge(WriteError, f"cannot write to {self._path}"), self._durability.working():
            rows = merged(self.table, frames)
            for attempt in range(_ATTEMPTS):
                try:
                    return self._commit(rows, number, first=attempt == 0)
                except CommitFailedError:
                    self._start_anew()
                except DeltaError:
                    if self._delta is not None or self._at.open(self.table.name) is None:
                        raise  # else another writer has made the table meanwhile
            raise WriteError(f"cannot write to {self._path}: others have committed in between {_ATTEMPTS} times")

    def _commit(self, rows: pl.DataFrame, number: int, *, first: bool) -> int:
        known = self._version()
        before = self._catch_up()
        if (self._doubtful or before != known) and (there := self._number()) != self._mine:
            if first or there != number:
                raise LakeBusyError(f"another writer commits to {self._path} as {self._app_id!r}: give each its own")
            self._done(before, number)  # the store had taken the commit whose acknowledgement was lost
            return len(rows)
        units = self._units.of(rows)
        held = self._units.held(rows, units, self._delta) if self._delta is not None else rows.clear()
        yielding = held.filter(is_weak(self.table))
        if len(yielding):
            rows = rows.join(yielding, on=self.table.key, how="anti", maintain_order="left")
        if len(rows):
            self._doubtful = True
            self._write(rows, number, replace=len(held) > len(yielding))
            self._done(before, number)
            self._units.add(units)  # those of rows that have yielded were there
        return len(rows)

    def _done(self, before: int, number: int) -> None:
        version = self._version()
        self._durability.settle(version)
        self._mine, self._doubtful = number, False
        if version // _CHECKPOINT_EVERY > max(before, 0) // _CHECKPOINT_EVERY:
            self._checkpoint()

    def _start_anew(self) -> None:
        self._delta = None
        self._units.forget()

    def _open(self) -> None:
        if self._delta is None:
            self._delta = self._at.open(self.table.name)
            if self._delta is not None:
                self._check_layout(self._delta)

    def _version(self) -> int:
        return -1 if self._delta is None else self._delta.version()

    def _number(self) -> int:
        return (self._delta.transaction_version(self._app_id) or 0) if self._delta is not None else 0

    def _catch_up(self) -> int:
        """Take in what other writers have committed; return the version."""
        mine = self._version()
        self._open()
        if self._delta is not None:
            self._delta.update_incremental()
        if self._version() != mine:
            self._units.forget()
        return self._version()

    def _write(self, rows: pl.DataFrame, number: int, *, replace: bool) -> None:
        arguments: dict[str, Any] = {"mode": "append"}
        if self._delta is None:
            self._durability.prepare()
            arguments = {
                "partition_by": list(self._partition_by),
                "configuration": configuration(self.table, self._partition_by),
                "storage_options": self._at.storage_options,
            }
        elif replace:
            arguments = {"mode": "overwrite", "predicate": predicate(self.table, rows)}
        if self._delta is not None:
            arguments["schema_mode"] = "merge"  # a table that an earlier version made gets its new columns
        write_deltalake(
            self._delta if self._delta is not None else self._path,
            rows,
            writer_properties=properties(self.table, passing=len(rows) <= _FEW),
            commit_properties=CommitProperties(
                {MARK: self._app_id}, app_transactions=[Transaction(self._app_id, number)]
            ),
            post_commithook_properties=NO_HOOKS,
            **arguments,
        )
        self._open()

    def _checkpoint(self) -> None:
        """Write a checkpoint, sync it, and open the table anew: a held handle goes on reading the entries before it."""
        assert self._delta is not None
        self._delta.create_checkpoint()
        self._durability.settle_checkpoint(self._version())
        self._delta = None
        self._open()

    def _check_layout(self, delta: DeltaTable) -> None:
        found = tuple(delta.metadata().partition_columns)
        if found != self._partition_by:
            raise LayoutError(
                f"{self._path} is partitioned by {list(found)}, not {list(self._partition_by)}: "
                f"set [lake] partition_by = {list(found)}, or use another folder"
            )
