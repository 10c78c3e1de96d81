from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from desk.lake import rows
from desk.lake.audit import AuditReport, audit
from desk.lake.imports import import_file
from desk.lake.schema import SNAPSHOTS
from desk.lake.writer import Writer
from desk.market.calendar import at
from messages.data import Batch, Schedule, ScheduleInForce
from tests.lake.batches import batch, missed, partial

DAY = date(2019, 5, 13)
OPEN, CLOSE = at(DAY, "09:30"), at(DAY, "16:00")
HOUR = 3600.0
SLOTS = [OPEN + HOUR * n for n in range(7)]


def schedule(interval: float = HOUR) -> rows.Item:
    tasks = tuple(Schedule(f"collect {name}", interval, "market_open", 30, 300.0) for name in ("SPY", "QQQ"))
    return rows.of_schedule(ScheduleInForce(tasks), OPEN - 60)


def a_day(symbol: str = "SPY") -> list[Batch]:
    whole = [batch(cycle, symbol=symbol) for cycle in SLOTS]
    whole[2] = missed(SLOTS[2], symbol)
    whole[3] = partial(whole[3], "deadline x2", 2)
    return whole


def kept(root: Path, batches: list[Batch], change: Callable[[rows.Item], rows.Item] = lambda item: item) -> Path:
    with Writer(root, "desk") as writer:
        writer.accept(schedule())
        for one in batches:
            writer.accept(change(rows.of_batch(one)))
        writer.drain()
    return root


def said(report: AuditReport) -> list[tuple[str, str, str]]:
    return [(found.symbol, f"{found.cycle:%H:%M}", found.what) for found in report.findings]


def test_a_day_whose_ledger_and_rows_agree_passes(tmp_path: Path) -> None:
    report = audit(kept(tmp_path, a_day() + a_day("QQQ")), DAY, CLOSE)
    assert (report.ok, report.exit_code, report.kept, said(report)) == (True, 0, True, [])
    qqq, spy = report.symbols
    assert (qqq.symbol, spy.symbol) == ("QQQ", "SPY")
    assert (spy.expected, spy.accounted, spy.complete, spy.partial, spy.missed, spy.extra) == (7, 7, 5, 1, 1, 0)
    assert (spy.asked, spy.rows, spy.two_sided) == (26, 24, 24)
    assert spy.share == pytest.approx(24 / 26)
    assert report.frame().height == 2


def test_the_share_counts_contracts_with_a_bid_and_an_ask_of_those_listed(tmp_path: Path) -> None:
    quotes = batch(SLOTS[0]).quotes
    bids = (0.0, None, 1.0, 1.0)
    one = replace(batch(SLOTS[0]), quotes=tuple(replace(q, bid=b) for q, b in zip(quotes, bids, strict=True)))
    (spy,) = audit(kept(tmp_path, [one]), DAY).symbols
    assert (spy.two_sided, spy.share, spy.doubts["zero_bid"]) == (2, 0.5, 1)


def test_a_slot_without_an_entry_is_a_hole(tmp_path: Path) -> None:
    whole = [one for one in a_day() if one.slot.cycle != SLOTS[4]]
    report = audit(kept(tmp_path, whole), DAY, CLOSE)
    assert said(report) == [("SPY", "17:30", "no entry")]
    assert report.exit_code == 1


def test_on_the_newest_day_slots_are_due_whose_time_was_up_at_the_newest_entry(tmp_path: Path) -> None:
    root = kept(tmp_path, a_day()[:5] + a_day("QQQ")[:3])
    assert said(audit(root, DAY)) == [("QQQ", "16:30", "no entry")]  # that of 17:30 may be on its way
    assert len(audit(root, DAY, CLOSE).findings) == 2 + 4
    kept(root, [batch(OPEN + 86_400)])
    assert len(audit(root, DAY).findings) == 2 + 4  # the day is over


def test_rows_that_are_committed_before_their_entry_are_no_fault_while_the_desk_runs(tmp_path: Path) -> None:
    root = kept(tmp_path, a_day()[:3])
    kept(root, a_day()[3:4], lambda item: {SNAPSHOTS.name: item[SNAPSHOTS.name]})
    assert audit(root, DAY).ok
    assert said(audit(root, DAY, SLOTS[3])) == [("SPY", "16:30", "rows without a slot")]


def test_rows_that_the_ledger_does_not_know(tmp_path: Path) -> None:
    def unledgered(item: rows.Item) -> rows.Item:
        return {SNAPSHOTS.name: item[SNAPSHOTS.name]}

    root = kept(tmp_path, a_day())
    stray = kept(root, [batch(OPEN + 90, contracts=3)], unledgered)
    assert said(audit(stray, DAY)) == said(audit(stray, DAY, CLOSE)) == [("SPY", "13:31", "rows without a slot")]


def test_rows_that_are_not_there(tmp_path: Path) -> None:
    def lossy(item: rows.Item) -> rows.Item:
        return {**item, SNAPSHOTS.name: item[SNAPSHOTS.name].head(3)}

    report = audit(kept(tmp_path, a_day()[:1], lossy), DAY)
    assert said(report) == [("SPY", "13:30", "rows differ")]
    assert "says 4 rows (COMPLETE), the table has 3" in report.findings[0].detail


def test_an_entry_that_contradicts_itself(tmp_path: Path) -> None:
    one = batch(SLOTS[0])
    report = audit(kept(tmp_path, [replace(one, slot=replace(one.slot, asked=9))]), DAY)
    assert said(report) == [("SPY", "13:30", "entry contradicts itself")]


@pytest.mark.parametrize(("seconds", "wrong"), [(-0.5, True), (0.0, False), (305.0, False), (311.0, True)])
def test_quotes_belong_into_the_window_of_their_slot(tmp_path: Path, seconds: float, wrong: bool) -> None:
    one = batch(SLOTS[0], contracts=1)
    late = replace(one, quotes=(replace(one.quotes[0], received=SLOTS[0] + seconds),))
    expected = [("SPY", "13:30", "outside the slot")] if wrong else []
    assert said(audit(kept(tmp_path, [late]), DAY)) == expected


def test_a_contract_twice_in_a_slot(tmp_path: Path) -> None:
    """The writer never does this; a table that something else has written may hold it."""
    from deltalake import write_deltalake

    item = rows.of_batch(batch(SLOTS[0]))
    root = kept(tmp_path, [batch(SLOTS[0])])
    write_deltalake(root / SNAPSHOTS.name, item[SNAPSHOTS.name].head(2), mode="append")
    assert said(audit(root, DAY)) == [("SPY", "13:30", "rows differ"), ("SPY", "13:30", "twice")]


def test_a_one_off_cycle_is_extra_and_no_fault(tmp_path: Path) -> None:
    (spy,) = audit(kept(tmp_path, [*a_day(), batch(OPEN + 17.5)]), DAY, CLOSE).symbols
    assert (spy.expected, spy.accounted, spy.extra) == (7, 7, 1)


def test_a_day_of_which_there_is_nothing_does_not_pass(tmp_path: Path) -> None:
    report = audit(kept(tmp_path, a_day()), date(2019, 5, 14))
    assert (report.symbols, report.ok, report.exit_code) == ((), False, 1)
    assert not audit(tmp_path / "nowhere", DAY).ok


def test_imported_chains_have_no_ledger_and_are_looked_at_alone(tmp_path: Path, yahoo: Path) -> None:
    import_file(yahoo, "yahoo", tmp_path / "lake")
    report = audit(tmp_path / "lake", date(2026, 7, 14))
    assert (report.ok, report.kept, report.until) == (True, False, None)
    shares = {each.symbol: each.share for each in report.symbols}
    assert set(shares) == {"IWM", "QQQ", "SPY"}
    assert all(share is not None and 0.8 < share < 1 for share in shares.values())
    doubts = pl.DataFrame([each.doubts for each in report.symbols]).sum().row(0, named=True)
    assert doubts["zero_bid"] == 912
