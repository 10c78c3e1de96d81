from __future__ import annotations

import json
from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
import pytest
from deltalake import DeltaTable

from desk.lake import rows
from desk.lake.errors import LakeBusyError, LakePathError, LayoutError, WriteError
from desk.lake.schema import SNAPSHOTS, TABLES
from desk.lake.writer import Writer
from messages.contract import Bar, Contract, Quote
from messages.data import Batch, DailyBars, Schedule, ScheduleInForce, Slot
from tests.lake.batches import NOON, batch, missed, quote


def table(root: Path, name: str = "option_snapshots") -> pl.DataFrame:
    return pl.read_delta(str(root / name))


def store(root: Path, *batches: Batch) -> None:
    with Writer(root, "desk") as writer:
        for one in batches:
            writer.accept(rows.of_batch(one))
            writer.drain()


def test_a_batch_is_stored_with_its_columns_in_order(tmp_path: Path) -> None:
    store(tmp_path, batch())
    stored = table(tmp_path)
    assert stored.schema == SNAPSHOTS.schema
    assert list(stored.schema)[:18] == [
        *("timestamp", "symbol", "strike", "expiry", "right", "bid", "ask", "last", "volume", "open_interest"),
        *("iv", "delta", "gamma", "theta", "vega", "date", "yearmonth", "strike_partition"),
    ]
    first = stored.sort("strike").row(0, named=True)
    assert first["timestamp"] == datetime(2019, 5, 13, 16, 0, 1, tzinfo=UTC)
    assert first["cycle"] == datetime(2019, 5, 13, 16, 0, tzinfo=UTC)
    assert (first["date"], first["yearmonth"], first["strike_partition"]) == (date(2019, 5, 13), 201906, 280)
    assert first["last"] is None
    assert first["open_interest"] is None
    assert (first["bid"], first["ask"]) == (1.0, 1.05)
    assert first["iv"] == pytest.approx(0.161234567891, rel=2e-6)


def test_an_evening_quote_belongs_to_the_exchange_date(tmp_path: Path) -> None:
    late = NOON + 9 * 3600  # 21:00 in New York, next day in UTC
    store(tmp_path, batch(cycle=late))
    assert table(tmp_path)["date"].unique().to_list() == [date(2019, 5, 13)]


def test_nothing_sent_and_nan_are_null(tmp_path: Path) -> None:
    bare = Quote(
        Contract("IWM", "OPT", expiry="20190621", strike=150.0, right="C"),
        NOON,
        bid=float("nan"),
        missing=("ask", "greeks"),
    )
    store(tmp_path, Batch("c", "1", Slot("IWM", NOON, "PARTIAL"), (bare,)))
    (row,) = table(tmp_path).rows(named=True)
    assert [row[name] for name in ("bid", "ask", "volume", "iv")] == [None] * 4
    assert (row["missing"], row["trading_class"]) == ("ask,greeks", "IWM")


def test_accepted_rows_wait_in_the_spool_until_drained(tmp_path: Path) -> None:
    with Writer(tmp_path, "desk") as writer:
        assert writer.accept(rows.of_batch(batch())) == 1
        assert writer.waiting == 1
        assert not (tmp_path / "option_snapshots").exists()
        done = writer.drain()
        assert (done.seq, done.rows) == (1, {"option_snapshots": 4, "slots": 1})
        assert writer.waiting == 0
        assert writer.drain().rows == {}


def test_what_a_dead_writer_accepted_is_written_at_the_next_open(tmp_path: Path) -> None:
    with Writer(tmp_path, "desk") as writer:
        writer.accept(rows.of_batch(batch()))
    with Writer(tmp_path, "desk") as writer:
        assert writer.recovered.rows == {"option_snapshots": 4, "slots": 1}
    assert len(table(tmp_path)) == 4


def test_pending_batches_share_a_commit(tmp_path: Path) -> None:
    with Writer(tmp_path, "desk") as writer:
        for n in range(5):
            writer.accept(rows.of_batch(batch(NOON + 300 * n)))
        assert writer.drain().rows == {"option_snapshots": 20, "slots": 5}
    assert DeltaTable(tmp_path / "option_snapshots").version() == 0


def test_the_same_batch_twice_leaves_one_row_per_key(tmp_path: Path) -> None:
    store(tmp_path, batch(), batch())
    assert len(table(tmp_path)) == 4
    assert len(table(tmp_path, "slots")) == 1


def test_a_corrected_batch_replaces_its_cycle_and_nothing_else(tmp_path: Path) -> None:
    store(tmp_path, batch(), batch(symbol="QQQ"), batch(NOON + 300), batch(contracts=2, bid=9.0))
    stored = table(tmp_path)
    cycle = pl.col("cycle") == rows.instant(NOON)
    assert sorted(stored.filter(cycle, symbol="SPY")["bid"]) == [9.0, 10.0]
    assert len(stored.filter(cycle, symbol="QQQ")) == 4
    assert len(stored.filter(~cycle)) == 4


def test_a_correction_that_waits_with_the_original_wins(tmp_path: Path) -> None:
    with Writer(tmp_path, "desk") as writer:
        writer.accept(rows.of_batch(batch()))
        writer.accept(rows.of_batch(batch(contracts=2, bid=9.0)))
        writer.drain()
    assert sorted(table(tmp_path)["bid"]) == [9.0, 10.0]


def test_a_correction_is_found_after_a_restart_and_to_the_microsecond(tmp_path: Path) -> None:
    odd = NOON + 45.890379
    store(tmp_path, batch(odd), batch(odd + 1e-6))
    store(tmp_path, batch(odd, contracts=1, bid=9.0))
    stored = table(tmp_path)
    assert len(stored) == 5
    assert stored.filter(cycle=rows.instant(odd))["bid"].to_list() == [9.0]


def test_the_later_of_two_quotes_of_a_contract_stays(tmp_path: Path) -> None:
    twice = Batch("c", "1", Slot("SPY", NOON, "COMPLETE"), (quote(280.0, NOON + 1, 1.0), quote(280.0, NOON + 2, 2.0)))
    store(tmp_path, twice)
    assert table(tmp_path)["bid"].to_list() == [2.0]


def test_a_missed_slot_never_takes_away_what_is_stored(tmp_path: Path) -> None:
    store(tmp_path, batch(), missed())
    assert len(table(tmp_path)) == 4
    assert table(tmp_path, "slots")["status"].to_list() == ["COMPLETE"]


def test_a_missed_slot_yields_to_a_later_answer(tmp_path: Path) -> None:
    store(tmp_path, missed(), batch())
    assert table(tmp_path, "slots")["status"].to_list() == ["COMPLETE"]


def test_a_missed_slot_waiting_behind_its_batch_yields(tmp_path: Path) -> None:
    with Writer(tmp_path, "desk") as writer:
        writer.accept(rows.of_batch(batch()))
        writer.accept(rows.of_batch(missed()))
        writer.accept(rows.of_batch(missed(NOON + 300)))
        writer.drain()
    assert table(tmp_path, "slots").sort("cycle")["status"].to_list() == ["COMPLETE", "MISSED"]


def test_a_crash_between_two_tables_replays_only_what_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer = Writer(tmp_path, "desk")
    writer.accept(rows.of_batch(batch()))

    def crash(*_: object) -> None:
        raise KeyboardInterrupt

    ledger = next(store for store in writer._stores if store.table.name == "slots")
    monkeypatch.setattr(ledger, "commit", crash)
    with pytest.raises(KeyboardInterrupt):
        writer.drain()
    writer.close()
    with Writer(tmp_path, "desk") as again:
        assert again.recovered.rows == {"slots": 1}
    assert len(table(tmp_path)) == 4
    assert DeltaTable(tmp_path / "option_snapshots").version() == 0


def test_a_crash_before_the_spool_is_cleared_writes_nothing_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer = Writer(tmp_path, "desk")
    writer.accept(rows.of_batch(batch()))
    monkeypatch.setattr(writer._spool, "clear", lambda: None)
    writer.drain()
    writer.close()
    with Writer(tmp_path, "desk") as again:
        assert again.recovered.rows == {}
        assert again.waiting == 0
    assert len(table(tmp_path)) == 4


def test_a_lost_spool_does_not_reuse_numbers(tmp_path: Path) -> None:
    store(tmp_path, batch(), batch(NOON + 300))
    for path in (tmp_path / "_spool").iterdir():
        path.unlink()
    store(tmp_path, batch(NOON + 600))
    assert len(table(tmp_path)) == 12


def test_another_writer_is_seen_and_its_cycles_are_replaced(tmp_path: Path) -> None:
    with Writer(tmp_path, "one") as one, Writer(tmp_path, "two") as two:
        one.accept(rows.of_batch(batch()))
        one.drain()
        two.accept(rows.of_batch(batch(NOON + 300)))
        two.drain()
        one.accept(rows.of_batch(batch(NOON + 300, contracts=1, bid=9.0)))
        one.drain()
    assert table(tmp_path).filter(cycle=rows.instant(NOON + 300))["bid"].to_list() == [9.0]
    assert len(table(tmp_path)) == 5


def test_a_second_writer_of_the_same_name_is_refused(tmp_path: Path) -> None:
    with Writer(tmp_path, "desk"), pytest.raises(LakeBusyError, match="another process"):
        Writer(tmp_path, "desk")


def test_a_lake_path_that_is_a_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "lake"
    path.write_text("")
    with pytest.raises(LakePathError, match="is a file"):
        Writer(path, "desk")


@pytest.mark.parametrize("layout", [("strike_partition", "symbol"), ("symbol", "yearmonth")])
def test_the_other_layouts_behave_alike(tmp_path: Path, layout: tuple[str, ...]) -> None:
    with Writer(tmp_path, "desk", layout) as writer:
        for one in (batch(), batch(symbol="QQQ"), batch(contracts=2, bid=9.0)):
            writer.accept(rows.of_batch(one))
            writer.drain()
    assert DeltaTable(tmp_path / "option_snapshots").metadata().partition_columns == list(layout)
    assert sorted(table(tmp_path).filter(symbol="SPY")["bid"]) == [9.0, 10.0]
    with pytest.raises(LayoutError, match="partition_by"):
        Writer(tmp_path, "desk")


def test_rows_of_other_columns_are_refused_at_the_door(tmp_path: Path) -> None:
    with Writer(tmp_path, "desk") as writer:
        with pytest.raises(LayoutError, match="option_snapshots"):
            writer.accept({"option_snapshots": pl.DataFrame({"symbol": ["SPY"]})})
        assert writer.waiting == 0


def test_a_failed_commit_leaves_everything_in_the_spool(tmp_path: Path) -> None:
    store(tmp_path, batch())
    log = tmp_path / "option_snapshots" / "_delta_log"
    with Writer(tmp_path, "desk") as writer:
        writer.accept(rows.of_batch(batch(NOON + 300)))
        (log / f"{1:020}.json").write_text("{ torn")
        with pytest.raises(WriteError):
            writer.drain()
        assert writer.waiting == 1
        (log / f"{1:020}.json").unlink()
        assert writer.drain().rows == {"option_snapshots": 4, "slots": 1}
    assert len(table(tmp_path)) == 8


def test_commits_are_synced_before_the_spool_is_cleared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[str] = []
    monkeypatch.setattr(
        "desk.lake.sync.os.fsync", lambda handle: synced.append(Path(f"/proc/self/fd/{handle}").readlink().name)
    )
    with Writer(tmp_path, "desk") as writer:
        writer.accept(rows.of_batch(batch()))
        monkeypatch.setattr(writer._spool, "clear", lambda: synced.append("clear"))
        writer.drain()
    assert synced[-1] == "clear"
    commit = [
        json.loads(line)
        for line in (tmp_path / "option_snapshots/_delta_log" / f"{0:020}.json").read_text().splitlines()
    ]
    (added,) = [line["add"]["path"] for line in commit if "add" in line]
    assert {Path(added).name, f"{0:020}.json", "_delta_log", "date=2019-05-13", "option_snapshots"} <= set(synced)


def test_checkpoints_keep_the_cost_of_a_commit_from_growing(tmp_path: Path) -> None:
    odd = NOON + 0.890379
    with Writer(tmp_path, "desk") as writer:
        for n in range(45):
            writer.accept(rows.of_batch(batch(odd + 60 * n, contracts=1)))
            writer.drain()
        writer.accept(rows.of_batch(batch(odd, contracts=1, bid=9.0)))
        writer.drain()
    log = tmp_path / "option_snapshots" / "_delta_log"
    assert json.loads((log / "_last_checkpoint").read_text())["version"] == 40
    stored = table(tmp_path)
    assert len(stored) == 45
    assert stored.filter(cycle=rows.instant(odd))["bid"].to_list() == [9.0]
    with Writer(tmp_path, "desk") as again:
        assert again.accept(rows.of_batch(batch(NOON + 7200))) == 47


def test_files_are_sorted(tmp_path: Path) -> None:
    store(tmp_path, batch(contracts=30))
    (file,) = (tmp_path / "option_snapshots").rglob("*.parquet")
    assert pl.read_parquet(file)["strike"].is_sorted()


def test_daily_bars_replace_their_days(tmp_path: Path) -> None:
    first = DailyBars("b", "1", "VIX", (Bar("20190510", 1, 2, 1, 2), Bar("20190513", 16.0, 20.0, 16.0, 20.5)))
    second = DailyBars("b", "2", "VIX", (Bar("20190513", 16.0, 21.0, 16.0, 20.55, 3),))
    with Writer(tmp_path, "desk") as writer:
        for bars in (first, second):
            writer.accept(rows.of_bars(bars))
            writer.drain()
    stored = table(tmp_path, "daily_bars").sort("date")
    assert stored.schema == TABLES["daily_bars"].schema
    assert stored["close"].to_list() == [2.0, 20.55]
    assert stored["volume"].to_list() == [None, 3]


def test_the_schedule_in_force_is_a_row_per_task_and_start(tmp_path: Path) -> None:
    schedule = ScheduleInForce((Schedule("collect SPY", 300.0, "market_open", 30, 300.0),))
    with Writer(tmp_path, "desk") as writer:
        for at in (NOON, NOON + 60):
            writer.accept(rows.of_schedule(schedule, at))
            writer.drain()
    stored = table(tmp_path, "scheduler_config")
    assert len(stored) == 2
    assert stored.schema == TABLES["scheduler_config"].schema
