"""What housekeeping decides, and that it changes nothing but the files."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import polars as pl
import pytest
from deltalake import DeltaTable

from desk.lake import rows
from desk.lake.errors import LakeBusyError
from desk.lake.housekeeper import Housekeeper, Step
from desk.lake.housekeeping import Facts, Job, Policy, Task, next_job
from desk.lake.queries import Lake
from desk.lake.writer import Writer
from desk.market.calendar import at
from tests.lake.batches import NOON, batch

MONDAY = date(2019, 5, 13)
FRIDAY = date(2019, 5, 10)
NIGHT = at(MONDAY, "20:00")
POLICY = Policy(compact_after=3)


def facts(spare: dict[date | None, int], done: dict[Task, date] | None = None) -> Facts:
    return Facts("t", spare, done or {})


ALL_DONE: dict[Task, date] = {"checkpoint": MONDAY, "clean": MONDAY, "vacuum": MONDAY}


@pytest.mark.parametrize(
    ("spare", "clock", "job"),
    [
        ({MONDAY: 0, FRIDAY: 0}, "12:00", None),
        ({MONDAY: 2, FRIDAY: 1}, "12:00", None),
        ({MONDAY: 2, FRIDAY: 2}, "12:00", Job("rewrite", "t", FRIDAY)),
        ({MONDAY: 4}, "12:00", Job("rewrite", "t", MONDAY)),
        ({MONDAY: 3}, "12:00", None),
        ({MONDAY: 2}, "16:05", None),
        ({MONDAY: 2}, "16:11", Job("rewrite", "t", MONDAY)),
        ({MONDAY: 2, FRIDAY: 1}, "07:00", Job("rewrite", "t", MONDAY)),
        ({MONDAY: 0, FRIDAY: 1}, "07:00", Job("rewrite", "t", FRIDAY)),
        ({None: 0}, "20:00", Job("checkpoint", "t")),
        ({None: 1}, "20:00", Job("compact", "t")),
        ({None: 3}, "12:00", None),
        ({None: 4}, "12:00", Job("compact", "t")),
    ],
)
def test_what_is_due(spare: dict[date | None, int], clock: str, job: Job | None) -> None:
    assert next_job([facts(spare)], at(MONDAY, clock), POLICY) == job


def test_a_table_is_tidied_once_a_day_while_the_market_is_closed() -> None:
    assert next_job([facts({MONDAY: 0})], NOON, POLICY) is None
    done: dict[Task, date] = {}
    for task in ("checkpoint", "clean", "vacuum"):
        assert next_job([facts({MONDAY: 0}, done)], NIGHT, POLICY) == Job(task, "t")
        done[task] = MONDAY
    assert next_job([facts({MONDAY: 0}, done)], NIGHT, POLICY) is None
    assert next_job([facts({MONDAY: 0}, done)], NIGHT + 86_400, POLICY) == Job("checkpoint", "t")


def test_a_table_compacted_today_is_not_compacted_again() -> None:
    assert next_job([facts({None: 2}, {**ALL_DONE, "compact": MONDAY})], NIGHT, POLICY) is None
    assert next_job([facts({None: 2}, {**ALL_DONE, "compact": FRIDAY})], NIGHT, POLICY) == Job("compact", "t")


def fill(root: Path, cycles: int, first: float = NOON) -> None:
    with Writer(root, "desk") as writer:
        for n in range(cycles):
            writer.accept(rows.of_batch(batch(first + 300 * n, contracts=10)))
            writer.drain()


def keep_house(root: Path, now: float = NIGHT, policy: Policy = POLICY) -> list[Step]:
    keeper = Housekeeper(root, policy)
    steps = list(iter(lambda: keeper.step(now), None))
    keeper.close()
    return steps


def files(root: Path, table: str = "option_snapshots") -> int:
    return len(DeltaTable(root / table).file_uris())


def test_a_day_that_is_over_becomes_one_sorted_file_with_the_same_rows(tmp_path: Path) -> None:
    fill(tmp_path, 6, NOON - 3 * 86_400)
    fill(tmp_path, 6)
    before = Lake(tmp_path).chains()
    steps = keep_house(tmp_path)
    assert [step.job for step in steps[:3]] == [
        Job("rewrite", "option_snapshots", MONDAY),
        Job("rewrite", "option_snapshots", FRIDAY),
        Job("compact", "slots"),
    ]
    assert {step.outcome for step in steps} == {"done"}
    assert files(tmp_path) == 2
    assert files(tmp_path, "slots") == 1
    assert Lake(tmp_path).chains().equals(before)
    for file in DeltaTable(tmp_path / "option_snapshots").file_uris():
        key = pl.read_parquet(file).select("symbol", "expiry", "right", "strike", "timestamp")
        assert key.equals(key.sort(key.columns))
    assert keep_house(tmp_path, NIGHT)[0].job.task == "checkpoint"  # nothing is left to rewrite


def test_the_log_is_short_and_old_files_are_gone_when_their_time_has_come(tmp_path: Path) -> None:
    fill(tmp_path, 6)
    snapshots = tmp_path / "option_snapshots"
    orphan = snapshots / "date=2019-05-13" / "part-00000-left-by-a-kill.parquet"
    orphan.write_bytes(b"PAR1")
    keep_house(tmp_path)
    assert len(list(snapshots.rglob("*.parquet"))) > 7  # retention is days: nothing is gone yet
    assert orphan.exists()
    keep_house(tmp_path, policy=Policy(retention=0))
    assert len(list(snapshots.rglob("date*/*.parquet"))) == 1
    assert json.loads((snapshots / "_delta_log" / "_last_checkpoint").read_text())["version"] >= 6
    assert len(Lake(tmp_path).chains()) == 60
    fill(tmp_path, 3)  # a cycle written before is found in the file that the rewrite has made
    assert len(Lake(tmp_path).chains()) == 60
    fill(tmp_path, 1, NOON + 7200)
    assert len(Lake(tmp_path).chains()) == 70


def test_a_writer_goes_on_beside_the_housekeeper(tmp_path: Path) -> None:
    keeper = None
    with Writer(tmp_path, "desk") as writer:
        for n in range(24):
            writer.accept(rows.of_batch(batch(NOON + 300 * n, contracts=5)))
            if n % 3 == 0:  # corrections of cycles that were rewritten meanwhile
                writer.accept(rows.of_batch(batch(NOON + 300 * (n // 2), contracts=5, bid=50.0)))
            writer.drain()
            keeper = keeper or Housekeeper(tmp_path, Policy(compact_after=1, retention=0))
            keeper.step(NOON if n % 2 else NIGHT)
    assert keeper is not None
    keeper.close()
    chain = Lake(tmp_path).chains()
    assert chain.group_by("cycle").len()["len"].to_list() == [5] * 24
    assert len(chain.filter(pl.col("bid") >= 50.0)) == 5 * 8


def test_whoever_commits_later_begins_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(tmp_path, 3)
    keeper = Housekeeper(tmp_path, POLICY)
    with Writer(tmp_path, "desk") as writer:
        store = writer._stores[0]
        write, once = store._write, [True]

        def after_a_rewrite(frame: pl.DataFrame, number: int, *, replace: bool) -> None:
            if once:
                once.clear()
                assert keeper.step(NIGHT) == Step(Job("rewrite", "option_snapshots", MONDAY), "done")
            write(frame, number, replace=replace)

        monkeypatch.setattr(store, "_write", after_a_rewrite)
        writer.accept(rows.of_batch(batch(NOON, contracts=10, bid=50.0)))
        writer.drain()
    keeper.close()
    chain = Lake(tmp_path).chains()
    assert len(chain) == 30
    assert len(chain.filter(pl.col("bid") >= 50.0)) == 10


def test_a_rewrite_that_comes_too_late_is_a_conflict_and_harmless(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(tmp_path, 3)
    keeper, writer = Housekeeper(tmp_path, POLICY), Writer(tmp_path, "desk")
    scan = pl.scan_delta

    def while_one_writes(delta: DeltaTable) -> pl.LazyFrame:
        monkeypatch.setattr("desk.lake.housekeeper.pl.scan_delta", scan)
        writer.accept(rows.of_batch(batch(NOON + 3600, contracts=10)))
        writer.drain()
        return scan(delta)

    monkeypatch.setattr("desk.lake.housekeeper.pl.scan_delta", while_one_writes)
    assert keeper.step(NIGHT) == Step(Job("rewrite", "option_snapshots", MONDAY), "conflict")
    assert keeper.step(NIGHT) == Step(Job("rewrite", "option_snapshots", MONDAY), "done")
    keeper.close()
    writer.close()
    assert len(Lake(tmp_path).chains()) == 40
    assert files(tmp_path) == 1


def test_only_one_keeps_house(tmp_path: Path) -> None:
    keeper = Housekeeper(tmp_path)
    with pytest.raises(LakeBusyError, match="keeps house"):
        Housekeeper(tmp_path)
    keeper.close()
    Housekeeper(tmp_path).close()


@pytest.mark.parametrize("layout", [("strike_partition", "symbol"), ("symbol", "yearmonth")])
def test_other_layouts_are_compacted(tmp_path: Path, layout: tuple[str, ...]) -> None:
    with Writer(tmp_path, "desk", layout) as writer:
        for n in range(4):
            writer.accept(rows.of_batch(batch(NOON + 300 * n, contracts=12)))
            writer.drain()
    before = Lake(tmp_path).chains()
    assert Job("compact", "option_snapshots") in [step.job for step in keep_house(tmp_path)]
    assert files(tmp_path) == len(DeltaTable(tmp_path / "option_snapshots").partitions())
    assert Lake(tmp_path).chains().equals(before)
