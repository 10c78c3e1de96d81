"""The same code on an object store with conditional put: several hosts and one compactor, nothing lost, nothing twice.

The server is moto's, in a process of its own.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest

from desk.lake import rows
from desk.lake.errors import LakeBusyError, LakePathError, OriginError, ReadError
from desk.lake.housekeeper import Housekeeper
from desk.lake.housekeeping import Policy
from desk.lake.origin import claim, origin_of
from desk.lake.place import Place, place
from desk.lake.queries import Lake
from desk.lake.writer import Writer
from desk.market.calendar import at, exchange_date
from tests.lake.batches import NOON, batch
from tests.lake.s3 import BUCKET, environment

REPO = Path(__file__).resolve().parents[2]
SYMBOLS = ("SPY", "QQQ", "IWM", "DIA")


@pytest.fixture(scope="module")
def server() -> Iterator[dict[str, str]]:
    command = [sys.executable, "-W", "ignore", "-m", "tests.lake.s3"]
    with subprocess.Popen(command, cwd=REPO, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield environment(int(process.stdout.readline()))
        process.kill()


@pytest.fixture
def lake(server: dict[str, str], request: pytest.FixtureRequest) -> Place:
    return Place(f"s3://{BUCKET}/{abs(hash(request.node.name))}", server)


def start(options: dict[str, str], *arguments: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.lake.hosts", *arguments]
    return subprocess.Popen(command, cwd=REPO, stdout=subprocess.PIPE, env={**os.environ, **options}, text=True)


def test_a_uri_is_no_folder() -> None:
    assert place("s3://bucket/lake/").table("slots") == "s3://bucket/lake/slots"
    assert place("s3://bucket/lake").folder is None
    assert place("data/lake").folder == Path("data/lake")


def test_the_spool_of_a_lake_elsewhere_must_be_named() -> None:
    with pytest.raises(LakePathError, match="spool"):
        Writer("s3://bucket/lake", "desk")


def test_written_corrected_read_and_kept_in_order(lake: Place, tmp_path: Path) -> None:
    with Writer(lake, "desk", spool=tmp_path) as writer:
        for n in range(4):
            writer.accept(rows.of_batch(batch(NOON + 300 * n)))
            writer.drain()
        writer.accept(rows.of_batch(batch(contracts=2, bid=9.0)))
        writer.drain()
    assert Lake(lake).get_snapshot_stats()["total_rows"] == 14
    keeper = Housekeeper(lake, Policy(retention=0))
    tasks = [step.job.task for step in iter(lambda: keeper.step(at(exchange_date(NOON), "20:00")), None)]
    assert tasks[:2] == ["rewrite", "compact"]
    assert set(tasks) == {"rewrite", "compact", "checkpoint", "clean", "vacuum"}
    chain = Lake(lake).chains()
    assert len(chain) == 14
    assert sorted(chain.filter(cycle=rows.instant(NOON))["bid"]) == [9.0, 10.0]
    delta = lake.open("option_snapshots")
    assert delta is not None
    assert len(delta.file_uris()) == 1


def test_what_waits_in_the_spool_is_written_by_the_next_writer(lake: Place, tmp_path: Path) -> None:
    with Writer(lake, "desk", spool=tmp_path) as writer:
        writer.accept(rows.of_batch(batch()))
    with Writer(lake, "desk", spool=tmp_path) as writer:
        assert writer.recovered.rows == {"option_snapshots": 4, "slots": 1}
        assert writer.lost == ()


def test_two_hosts_under_one_name_are_found_out(lake: Place, tmp_path: Path) -> None:
    with Writer(lake, "desk", spool=tmp_path / "one") as one, Writer(lake, "desk", spool=tmp_path / "two") as two:
        for _ in range(2):
            one.accept(rows.of_batch(batch()))
            one.drain()
        two.accept(rows.of_batch(batch(symbol="QQQ")))
        with pytest.raises(LakeBusyError, match="give each its own"):
            two.drain()


def test_an_origin_is_claimed_once_for_all_hosts(lake: Place) -> None:
    assert origin_of(lake) is None
    claim(lake, "live")
    claim(lake, "live")
    assert origin_of(lake) == "live"
    with pytest.raises(OriginError, match="recorded from a live IB account"):
        claim(lake, "fitted")


def test_a_store_that_cannot_be_reached_is_a_clear_error() -> None:
    away = {**environment(1), "max_retries": "0", "retry_timeout": "1s"}
    with pytest.raises(ReadError, match="Connection refused"):
        Lake(Place("s3://bucket/lake", away)).slots_summary()


@pytest.mark.parametrize(("hosts", "cycles"), [(2, 6), (4, 4)])
def test_hosts_and_a_compactor_side_by_side(lake: Place, tmp_path: Path, hosts: int, cycles: int) -> None:
    options = dict(lake.options)
    over = tmp_path / "over"
    compactor = start(options, "keep", lake.uri, str(over))
    writers = [
        start(options, "write", lake.uri, str(tmp_path / symbol), symbol, str(cycles)) for symbol in SYMBOLS[:hosts]
    ]
    try:
        told = [writer.communicate()[0] for writer in writers]
        over.touch()
        done, _ = map(int, compactor.communicate()[0].split())
    finally:
        for process in (*writers, compactor):
            process.kill()
    assert done > 0
    assert [writer.returncode for writer in writers] == [0] * hosts
    assert all(told)
    chain = Lake(lake).chains()
    per_cycle = chain.group_by("symbol", "cycle").agg(pl.len(), pl.col("bid").min()).sort("symbol", "cycle")
    assert per_cycle["len"].to_list() == [5] * hosts * cycles
    assert chain.select("symbol", "cycle", "strike").is_duplicated().sum() == 0
    expected = [50.0 if n % 4 == 0 else 1.0 for n in range(cycles)] * hosts
    assert per_cycle["bid"].to_list() == expected
    assert Lake(lake).slots_summary()["expected"].to_list() == [cycles] * hosts
