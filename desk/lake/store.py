"""One Delta table as its writer sees it: a held handle, commits that carry the spool's number, synced to disk."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
from deltalake import CommitProperties, DeltaTable, PostCommitHookProperties, Transaction, write_deltalake

from desk.lake.errors import LayoutError, WriteError, edge
from desk.lake.layout import is_weak, merged, properties
from desk.lake.schema import Table
from desk.lake.sync import sync_checkpoint, sync_commits
from desk.lake.units import Units, predicate

# Without checkpoints every commit and every open reads all log entries since the last.
_CHECKPOINT_EVERY = 20

# A checkpoint or clean-up before the sync could outlive what it speaks of.
_NO_HOOKS = PostCommitHookProperties(create_checkpoint=False, cleanup_expired_logs=False)


class Store:
    """A table under `root` to which the application `app_id` writes numbered items exactly once."""

    def __init__(self, root: Path, table: Table, app_id: str, partition_by: tuple[str, ...]) -> None:
        """Open the table if it is there. LayoutError when it is partitioned otherwise."""
        self.table = table
        self._path = root / table.name
        self._app_id = app_id
        self._partition_by = partition_by
        self._units = Units(table)
        self._delta: DeltaTable | None = None
        with edge(WriteError, f"cannot open {self._path}"):
            self._open()

    def number(self) -> int:
        """Return the number of the last item that this application has written here, 0 for none."""
        with edge(WriteError, f"cannot read {self._path}"):
            return (self._delta.transaction_version(self._app_id) or 0) if self._delta is not None else 0

    def commit(self, frames: list[pl.DataFrame], number: int) -> int:
        """Write the frames (oldest first) in one commit that carries `number`; return how many rows went in.

        Units that the table has are replaced. All of it is on disk when this returns.
        """
        rows = merged(self.table, frames)
        with edge(WriteError, f"cannot write {len(rows)} rows to {self._path}"):
            before = self._catch_up()
            held = self._units.held(rows, self._delta) if self._delta is not None else rows.clear()
            yielding = held.filter(is_weak(self.table))
            rows = rows.join(yielding, on=self.table.key, how="anti", maintain_order="left")
            if len(rows):
                self._write(rows, number, replace=len(held) > len(yielding))
                sync_commits(self._path, before, self._version())
                if self._version() // _CHECKPOINT_EVERY > max(before, 0) // _CHECKPOINT_EVERY:
                    self._checkpoint()
        self._units.add(rows)
        return len(rows)

    def _open(self) -> None:
        if self._delta is None and DeltaTable.is_deltatable(str(self._path)):
            self._delta = DeltaTable(self._path)
            self._check_layout(self._delta)

    def _version(self) -> int:
        return -1 if self._delta is None else self._delta.version()

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
            arguments["partition_by"] = list(self._partition_by)
        elif replace:
            arguments = {"mode": "overwrite", "predicate": predicate(self.table, rows)}
        if self._delta is not None:
            arguments["schema_mode"] = "merge"  # a table that an earlier version made gets its new columns
        write_deltalake(
            self._delta if self._delta is not None else self._path,
            rows,
            writer_properties=properties(self.table),
            commit_properties=CommitProperties(app_transactions=[Transaction(self._app_id, number)]),
            post_commithook_properties=_NO_HOOKS,
            **arguments,
        )
        self._open()

    def _checkpoint(self) -> None:
        """Write a checkpoint, sync it, and open the table anew: a held handle goes on reading the entries before it."""
        assert self._delta is not None
        self._delta.create_checkpoint()
        sync_checkpoint(self._path, self._version())
        self._delta = None
        self._open()

    def _check_layout(self, delta: DeltaTable) -> None:
        found = tuple(delta.metadata().partition_columns)
        if found != self._partition_by:
            raise LayoutError(
                f"{self._path} is partitioned by {list(found)}, not {list(self._partition_by)}: "
                f"set [lake] partition_by = {list(found)}, or use another folder"
            )
