"""Keeps the tables fast and small, one bounded job at a time, beside the writers and without their waiting for it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

import polars as pl
from deltalake import DeltaTable, write_deltalake
from deltalake.exceptions import CommitFailedError

from desk.lake.durability import durability
from desk.lake.errors import WriteError, edge
from desk.lake.housekeeping import Facts, Job, Policy, Task, next_job
from desk.lake.layout import properties
from desk.lake.lock import Claim
from desk.lake.place import Place, Root, place
from desk.lake.schema import TABLES, Table
from desk.lake.store import NO_HOOKS
from desk.market.calendar import exchange_date

_ONE_FILE = 1 << 40
_COMPACTED = 64 << 20


@dataclass(frozen=True, slots=True)
class Step:
    """What was done: `outcome` is "conflict" when a writer was faster, and the job is for later."""

    job: Job
    outcome: Literal["done", "conflict"]


class Housekeeper:
    """The one that rewrites, checkpoints, cleans and vacuums a lake's tables; in a thread or a process of its own.

    It shares nothing with the writers but the tables: commits that collide are told apart by Delta, and then the later
    one begins anew. On a local disk a second one is refused; of a lake in an object store exactly one desk keeps house.
    """

    def __init__(self, root: Root, policy: Policy | None = None) -> None:
        """Recover the tables. LakeBusyError when another has this lake, WriteError."""
        at = place(root)
        self._policy = policy or Policy()
        with edge(WriteError, f"cannot keep house in {at}"):
            self._claim = Claim(at.folder, "housekeeper", "another process keeps house") if at.folder else None
            self._rooms = [_Room(at, table) for table in TABLES.values()]

    def step(self, now: float) -> Step | None:
        """Do the next job that is due at market time `now` (epoch seconds); None when nothing is. WriteError."""
        with edge(WriteError, "cannot look after the lake"):
            facts = [each for room in self._rooms if (each := room.facts())]
        job = next_job(facts, now, self._policy)
        if job is None:
            return None
        (room,) = (each for each in self._rooms if each.table.name == job.table)
        with edge(WriteError, f"cannot {job.task} {job.table}"):
            return Step(job, room.do(job, exchange_date(now), self._policy.retention))

    def close(self) -> None:
        """Let another keep house."""
        if self._claim:
            self._claim.release()


class _Room:
    """One table, and when what was done in it."""

    def __init__(self, at: Place, table: Table) -> None:
        self.table = table
        self._at = at
        self._durability = durability(at, table.name)
        self._durability.recover()
        self._done: dict[Task, date] = {}

    def facts(self) -> Facts | None:
        """Return what the table's newest version says, None while there is none."""
        delta = self._at.open(self.table.name)
        return None if delta is None else Facts(self.table.name, _spare(delta, self.table), dict(self._done))

    def do(self, job: Job, today: date, retention: int) -> Literal["done", "conflict"]:
        """Do a job on the table's newest version, all commits of which are durable before anything is taken away."""
        with self._durability.working():
            delta = self._at.open(self.table.name)
            assert delta is not None
            self._durability.settle(delta.version())
            try:
                self._do(job, delta, retention)
            except CommitFailedError:
                return "conflict"
            self._durability.settle(delta.version())
        self._done[job.task] = today
        return "done"

    def _do(self, job: Job, delta: DeltaTable, retention: int) -> None:
        match job.task:
            case "rewrite":
                _rewrite(delta, self.table, job.day)
            case "compact":
                delta.optimize.compact(
                    target_size=_COMPACTED,
                    writer_properties=properties(self.table),
                    post_commithook_properties=NO_HOOKS,
                )
            case "checkpoint":
                delta.create_checkpoint()
                self._durability.settle_checkpoint(delta.version())
            case "clean":
                delta.cleanup_metadata()
            case "vacuum":
                _vacuum(delta, retention)


def _spare(delta: DeltaTable, table: Table) -> dict[date | None, int]:
    actions = pl.DataFrame(delta.get_add_actions(flatten=True))
    if delta.metadata().partition_columns != [table.date]:
        return {None: len(actions) - max(1, len(delta.partitions()))}
    by_date = actions.get_column(f"partition.{table.date}").value_counts()
    return {day: count - 1 for day, count in by_date.iter_rows()}


def _rewrite(delta: DeltaTable, table: Table, day: date | None) -> None:
    """Write a day's rows again as one sorted file in place of those that have them."""
    rows = table.conform_lazily(pl.scan_delta(delta)).filter(pl.col(table.date) == day).collect().sort(table.sort)
    write_deltalake(
        delta,
        rows,
        mode="overwrite",
        predicate=f"{table.date} = '{day}'",
        schema_mode="merge",
        target_file_size=_ONE_FILE,
        writer_properties=properties(table),
        post_commithook_properties=NO_HOOKS,
    )


def _vacuum(delta: DeltaTable, retention: int) -> None:
    """Delete files that no version of the last `retention` hours has, also those that no version ever had."""
    for dry in (True, False):
        found = delta.vacuum(
            retention_hours=retention,
            dry_run=dry,
            enforce_retention_duration=False,
            full=True,
            post_commithook_properties=NO_HOOKS,
        )
        if not found:
            break
