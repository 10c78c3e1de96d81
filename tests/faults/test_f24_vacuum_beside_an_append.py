"""F24: a vacuum must not take the file that an append has just written and not committed yet (delta-rs #3645)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import pytest

from desk.lake import housekeeper, rows
from desk.lake.errors import LakeBusyError
from desk.lake.housekeeper import Housekeeper
from desk.lake.housekeeping import Policy
from desk.lake.queries import Lake
from desk.lake.schema import SNAPSHOTS
from desk.lake.sync import entry
from desk.lake.writer import Writer
from desk.market.calendar import at
from tests.faults.protection import protected_by
from tests.lake.batches import NOON, batch

NIGHT = at(date(2019, 5, 13), "20:00")


def no_retention(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Policy.__init__, "__defaults__", (200, 0))


def nobody_is_alone(patch: pytest.MonkeyPatch) -> None:
    class Shared:
        def __init__(self, *_: object) -> None:
            pass

        def release(self) -> None:
            pass

    patch.setattr(housekeeper, "Claim", Shared)


def append(root: Path, cycle: float) -> None:
    with Writer(root, "desk") as writer:
        writer.accept(rows.of_batch(batch(cycle, contracts=10)))
        writer.drain()


@contextmanager
def before_its_commit(root: Path, version: int) -> Iterator[None]:
    """The table as it is between the data file of an append and its log entry."""
    table = root / SNAPSHOTS.name
    coming, hidden, record = entry(table / "_delta_log", version), root / "entry", table / "_synced"
    known = record.read_bytes()
    coming.rename(hidden)
    record.write_bytes(b"%020d\n" % (version - 1))
    yield
    hidden.rename(coming)
    record.write_bytes(known)


@protected_by("files that no version has are kept for days", no_retention)
def test_f24_the_file_of_an_append_under_way_is_kept(tmp_path: Path) -> None:
    append(tmp_path, NOON - 86_400 * 3)
    append(tmp_path, NOON)
    with before_its_commit(tmp_path, 1):
        keeper = Housekeeper(tmp_path)
        steps = [step.job for step in iter(lambda: keeper.step(NIGHT), None)]
        keeper.close()
        assert "vacuum" in {job.task for job in steps if job.table == SNAPSHOTS.name}
    assert list((tmp_path / SNAPSHOTS.name / "date=2019-05-13").glob("*.parquet"))
    assert len(Lake(tmp_path).chains()) == 20


@protected_by("one housekeeper per lake", nobody_is_alone)
def test_f24_who_compacts_is_who_vacuums_and_is_alone(tmp_path: Path) -> None:
    for n in range(3):
        append(tmp_path, NOON + 300 * n)
    keeper = Housekeeper(tmp_path)
    with pytest.raises(LakeBusyError, match="keeps house"):
        Housekeeper(tmp_path)
    steps = {step.job.task for step in iter(lambda: keeper.step(NIGHT), None)}
    keeper.close()
    assert {"rewrite", "vacuum"} <= steps
    assert len(Lake(tmp_path).chains()) == 30
