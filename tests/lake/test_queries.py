from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from threading import Thread

import pytest

from desk.lake import rows
from desk.lake.errors import ReadError
from desk.lake.queries import Lake
from desk.lake.schema import DAILY_BARS, SNAPSHOTS
from desk.lake.writer import Writer
from messages.contract import Bar
from messages.data import Batch, DailyBars, Schedule, ScheduleInForce, Slot
from tests.lake.batches import NOON, batch, missed, partial, quote

DAY = 86_400.0


def store(root: Path, *batches: Batch, layout: tuple[str, ...] = ("date",)) -> Lake:
    with Writer(root, "desk", layout) as writer:
        for one in batches:
            writer.accept(rows.of_batch(one))
        writer.drain()
    return Lake(root)


def test_an_empty_lake_answers_everything_with_no_rows(tmp_path: Path) -> None:
    lake = Lake(tmp_path / "nowhere")
    assert lake.read_latest_chain("SPY").schema == SNAPSHOTS.schema
    assert lake.read_chain_at("SPY", NOON).schema == SNAPSHOTS.schema
    assert lake.read_historical_iv("SPY").columns == ["date", "avg_iv", "min_iv", "max_iv"]
    assert lake.get_snapshot_stats()["total_rows"] == 0
    assert lake.rows_by_symbol(date(2019, 5, 13)).columns == ["symbol", "rows"]
    assert lake.slots_summary().height == 0
    assert lake.slots_summary(date(2019, 5, 13)).height == 0
    assert lake.chains().schema == SNAPSHOTS.schema
    assert lake.daily_bars().schema == DAILY_BARS.schema
    assert not (tmp_path / "nowhere").exists()


def test_the_latest_chain_is_the_newest_cycle_of_that_symbol(tmp_path: Path) -> None:
    lake = store(tmp_path, batch(), batch(NOON + 300, contracts=3), batch(NOON + DAY, symbol="QQQ"))
    chain = lake.read_latest_chain("SPY")
    assert len(chain) == 3
    assert set(chain["cycle"]) == {rows.instant(NOON + 300)}
    assert lake.read_latest_chain("IWM").height == 0


def test_a_chain_at_a_time_never_holds_a_later_quote(tmp_path: Path) -> None:
    lake = store(tmp_path, batch(NOON - DAY, bid=5.0), batch(), batch(NOON + 300, contracts=4, bid=7.0))
    at = NOON + 301.05  # the first quote of the second cycle is there, the others are not
    chain = lake.read_chain_at("SPY", at)
    assert chain["bid"].to_list() == [7.0, 2.0, 3.0, 4.0]
    assert chain["timestamp"].max() <= rows.instant(at)  # type: ignore[operator]  # datetimes, by the schema
    assert lake.read_chain_at("SPY", rows.instant(at)).equals(chain)
    assert lake.read_chain_at("SPY", NOON).height == 0


def test_bounds_hold_to_the_microsecond(tmp_path: Path) -> None:
    odd = NOON + 0.890379  # Delta's file statistics end at the millisecond
    one = Batch("c", "1", Slot("SPY", odd, "COMPLETE"), (quote(280.0, odd, 1.0),))
    lake = store(tmp_path, one)
    assert lake.cycles("SPY", odd) == [odd]
    assert lake.cycles("SPY", NOON + 0.890380) == []
    assert len(lake.read_chain_at("SPY", odd)) == 1
    assert len(lake.read_chain_at("SPY", NOON + 0.890378)) == 0


def test_historical_iv_is_at_the_money_per_cycle_and_summed_up_by_day(tmp_path: Path) -> None:
    def chain(cycle: float, atm: float) -> Batch:
        smile = [(275.0, atm + 0.05), (280.0, atm + 0.02), (282.0, atm), (285.0, atm - 0.01)]
        quotes = [replace(quote(k, cycle, 1.0), iv=iv, underlying=281.6) for k, iv in smile]
        near = replace(quotes[2], contract=replace(quotes[2].contract, expiry="20190515"), iv=0.9)
        return Batch("c", "1", Slot("SPY", cycle, "COMPLETE"), (*quotes, near))

    lake = store(
        tmp_path, *(chain(NOON + DAY * d + 300 * n, 0.1 + 0.1 * d + 0.01 * n) for d in range(3) for n in range(3))
    )
    iv = lake.read_historical_iv("SPY", days=2)
    assert iv["date"].to_list() == [date(2019, 5, 14), date(2019, 5, 15)]
    assert iv["avg_iv"].to_list() == pytest.approx([0.21, 0.31], rel=1e-4)
    assert iv["min_iv"].to_list() == pytest.approx([0.20, 0.30], rel=1e-4)
    assert iv["max_iv"].to_list() == pytest.approx([0.22, 0.32], rel=1e-4)


def test_historical_iv_looks_back_past_days_of_other_symbols(tmp_path: Path) -> None:
    others = [batch(NOON + DAY * d, symbol="QQQ") for d in range(1, 4)]
    lake = store(tmp_path, batch(), *others)
    assert lake.read_historical_iv("SPY", days=2)["date"].to_list() == [date(2019, 5, 13)]


def test_historical_iv_without_the_underlying_goes_by_delta(tmp_path: Path) -> None:
    quotes = [replace(quote(270.0 + 5 * n, NOON, 1.0), underlying=None, delta=-0.2 * n, iv=0.1 * n) for n in (1, 2, 4)]
    lake = store(tmp_path, Batch("c", "1", Slot("SPY", NOON, "COMPLETE"), tuple(quotes)))
    assert lake.read_historical_iv("SPY")["avg_iv"].to_list() == pytest.approx([0.2])


@pytest.mark.parametrize("layout", [("date",), ("strike_partition", "symbol"), ("symbol", "yearmonth")])
def test_stats_count_rows_symbols_and_days(tmp_path: Path, layout: tuple[str, ...]) -> None:
    lake = store(tmp_path, batch(), batch(NOON + DAY, symbol="QQQ"), layout=layout)
    stats = lake.get_snapshot_stats()
    assert (stats["total_rows"], stats["symbols"]) == (8, ["QQQ", "SPY"])
    assert stats["date_range"] == (date(2019, 5, 13), date(2019, 5, 14))
    assert stats["latest_timestamp"] == datetime(2019, 5, 14, 16, 0, 1, 300_000, tzinfo=UTC)
    assert lake.rows_by_symbol(date(2019, 5, 14)).rows() == [("QQQ", 4)]
    assert lake.rows_by_symbol(date(2019, 5, 13), "20190621").rows() == [("SPY", 4)]
    assert lake.rows_by_symbol(date(2019, 5, 13), "20190719").rows() == []
    assert lake.read_latest_chain("QQQ").schema == SNAPSHOTS.schema
    assert len(lake.chains(symbol="SPY", start=date(2019, 5, 13), end=date(2019, 5, 13))) == 4
    assert lake.chains(start=date(2019, 5, 14))["symbol"].unique().to_list() == ["QQQ"]


def test_the_ledger_sums_up_slots_gaps_and_reasons(tmp_path: Path) -> None:
    answered = [batch(NOON + 300 * n) for n in (0, 1, 4, 6)]
    lake = store(
        tmp_path,
        *answered,
        missed(NOON + 600),
        missed(NOON + 900),
        partial(batch(NOON + 1500), "2103 x3, deadline x1", failed=4),
        missed(NOON, symbol="IWM", reason="no security definition"),
    )
    iwm, spy = lake.slots_summary(date(2019, 5, 13)).rows(named=True)
    assert (spy["expected"], spy["complete"], spy["partial"], spy["missed"]) == (7, 4, 1, 2)
    assert spy["share"] == pytest.approx(20 / 24)
    assert spy["longest_gap"] == 600.0
    assert spy["reasons"] == "2103 x5, deadline x1"
    assert (iwm["missed"], iwm["share"], iwm["reasons"]) == (1, None, "no security definition x1")


def test_a_gap_before_the_first_answer_and_after_the_last_counts_but_not_the_night(tmp_path: Path) -> None:
    lake = store(tmp_path, missed(NOON), missed(NOON + 300), batch(NOON + 600), batch(NOON + 900), batch(NOON + DAY))
    assert lake.slots_summary()["longest_gap"].to_list() == [600.0]
    assert lake.slots_summary(date(2019, 5, 14))["longest_gap"].to_list() == [0.0]


def test_daily_bars_by_symbol(tmp_path: Path) -> None:
    with Writer(tmp_path, "desk") as writer:
        for symbol in ("VIX", "SPX", "SPY"):
            writer.accept(
                rows.of_bars(DailyBars("b", symbol, symbol, (Bar("20190513", 1, 2, 1, 2), Bar("20190510", 1, 2, 1, 2))))
            )
        writer.drain()
    bars = Lake(tmp_path).daily_bars(("SPX", "VIX"))
    assert bars.select("symbol", "date").rows() == [
        (symbol, day) for symbol in ("SPX", "VIX") for day in (date(2019, 5, 10), date(2019, 5, 13))
    ]
    assert len(Lake(tmp_path).daily_bars()) == 6


def test_the_cycles_in_the_ledger_tell_a_restarted_collector_where_it_was(tmp_path: Path) -> None:
    odd = NOON + 600.25
    lake = store(tmp_path, batch(), missed(NOON + 300), batch(odd), batch(NOON + 900, symbol="QQQ"))
    assert lake.cycles("SPY", NOON + 1) == [NOON + 300, odd]
    assert lake.cycles("SPY", NOON) == [NOON, NOON + 300, odd]
    assert Lake(tmp_path / "nowhere").cycles("SPY", 0.0) == []


def test_a_reader_sees_each_commit_of_an_open_writer(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    with Writer(tmp_path, "desk") as writer:
        for n in range(1, 4):
            writer.accept(rows.of_batch(batch(NOON + 300 * n)))
            assert lake.get_snapshot_stats()["total_rows"] == 4 * (n - 1)
            writer.drain()
            assert lake.read_latest_chain("SPY")["cycle"].unique().to_list() == [rows.instant(NOON + 300 * n)]


def test_old_days_cost_nothing(tmp_path: Path) -> None:
    lake = store(tmp_path, *(batch(NOON + DAY * n) for n in range(5)))
    for old in (tmp_path / "option_snapshots").glob("date=2019-05-1[3-6]/*.parquet"):
        old.write_bytes(b"not read at all")
    newest = NOON + DAY * 4
    assert len(lake.read_latest_chain("SPY")) == 4
    assert len(lake.read_chain_at("SPY", newest + 60)) == 4
    assert lake.rows_by_symbol(date(2019, 5, 17)).rows() == [("SPY", 4)]
    assert lake.chains(start=date(2019, 5, 17)).get_column("cycle").unique().to_list() == [rows.instant(newest)]


def test_a_damaged_file_is_a_typed_error(tmp_path: Path) -> None:
    lake = store(tmp_path, batch())
    (file,) = (tmp_path / "option_snapshots").rglob("*.parquet")
    file.write_bytes(b"")
    with pytest.raises(ReadError, match="chain of SPY"):
        lake.read_latest_chain("SPY")


def test_collection_stats_are_those_of_the_schedule_in_force(tmp_path: Path) -> None:
    tasks = [
        tuple(Schedule(f"collect {name}", every, "open", 30, 300.0) for name in ("QQQ", "SPY"))
        for every in (60.0, 300.0)
    ]
    with Writer(tmp_path, "desk") as writer:
        for n, some in enumerate(tasks):
            writer.accept(rows.of_schedule(ScheduleInForce(some), NOON + n))
        writer.accept(rows.of_batch(batch()))
        writer.drain()
    stats = Lake(tmp_path).get_collection_stats(running=True)
    assert (stats["running"], stats["symbols"], stats["collection_interval"]) == (True, ["QQQ", "SPY"], 300.0)
    assert stats["table_stats"]["total_rows"] == 4
    assert Lake(tmp_path / "nowhere").get_collection_stats(running=False)["symbols"] == []


def test_readers_see_whole_cycles_in_order_while_others_are_written(tmp_path: Path) -> None:
    cycles, contracts = 25, 40

    def write() -> None:
        with Writer(tmp_path, "desk") as writer:
            for n in range(cycles):
                writer.accept(rows.of_batch(batch(NOON + 60 * n, contracts)))
                writer.drain()

    writing = Thread(target=write)
    writing.start()
    seen: list[datetime] = []
    lake = Lake(tmp_path)
    while writing.is_alive() or seen[-1:] != [rows.instant(NOON + 60 * (cycles - 1))]:
        chain = lake.read_latest_chain("SPY")
        if len(chain):
            assert len(chain) == contracts
            seen.append(chain.item(0, "cycle"))
            assert len(lake.read_chain_at("SPY", NOON + 59)) == contracts
    writing.join()
    assert seen == sorted(seen)
