"""Futures from the gateway to the lake: a morning of the desk in virtual time."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from actors.persistence import Commit
from desk.config import Config
from desk.lake.audit import audit
from desk.lake.schema import FUTURES, SLOTS
from desk.lake.tables import scan
from tests.acceptance.running import log_of
from tests.acceptance.simulated import DAY, SimulatedDesk, shipped, simulated, warnings

ROOTS = ["ES", "NQ", "VX"]


def futures_only(**changes: object) -> Config:
    return shipped(collectors=(), strategies=(), **changes)


@pytest.fixture(scope="module")
def morning(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimulatedDesk]:
    with simulated(futures_only(), tmp_path_factory.mktemp("morning")) as desk:
        desk.until("10:29")
        yield desk


def stored(desk: SimulatedDesk) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The rows of futures and the ledger."""
    desk.system.ask("persistence", Commit(), 60)
    rows, slots = (scan(desk.folder / "lake", table).collect() for table in (FUTURES, SLOTS))
    return rows.sort("symbol", "cycle", "expiry"), slots.sort("symbol", "cycle")


def test_every_slot_of_every_root_is_complete(morning: SimulatedDesk) -> None:
    rows, slots = stored(morning)
    counted = slots.group_by("symbol", "status").agg(pl.len(), pl.col("written").sum()).sort("symbol")
    assert counted.rows() == [(root, "COMPLETE", 12, 48) for root in ROOTS]
    assert rows.group_by("symbol").len().sort("symbol").rows() == [(root, 48) for root in ROOTS]
    assert set(rows["venue"]) == {"FITTED"}
    assert rows.filter(pl.any_horizontal(pl.col("bid", "ask", "last", "open_interest").is_null())).is_empty()
    assert warnings(log_of(morning.folder)) == []


def test_the_ledger_and_the_rows_agree(morning: SimulatedDesk) -> None:
    stored(morning)
    report = audit(morning.folder / "lake", DAY)
    assert report.findings == ()
    assert [(each.symbol, each.expected, each.share) for each in report.symbols] == [(root, 12, 1.0) for root in ROOTS]


def test_contango_goes_with_every_cycle_front_to_next(morning: SimulatedDesk) -> None:
    rows, _ = stored(morning)
    whole = rows.with_columns(middle=(pl.col("bid") + pl.col("ask")) / 2)
    for (_, _), month in whole.group_by("symbol", "cycle"):
        front, following = month.filter(place=0).row(0, named=True), month.filter(place=1).row(0, named=True)
        ratio = following["middle"] / front["middle"]
        days = (date.fromisoformat(following["expiry"]) - date.fromisoformat(front["expiry"])).days
        assert front["contango"] == pytest.approx(100 * (ratio - 1))
        assert front["contango_annual"] == pytest.approx(100 * (ratio ** (365 / days) - 1))
        assert set(month["contango"]) == {front["contango"]}
        assert month["place"].to_list() == [0, 1, 2, 3]
    first = whole.filter(cycle=whole["cycle"].min(), place=0)
    assert (first["contango"] > 0).all()  # VIX opened below its long run, and indices cost to carry
    facts = morning.report("futures-VX").facts
    assert facts["contango"] == rows.filter(symbol="VX").row(-1, named=True)["contango"]
    assert (facts["slots"], facts["degraded"]) == ({"COMPLETE": 12}, "")


def test_the_front_rolls_when_it_settles(tmp_path: Path) -> None:
    day = date(2019, 6, 21)
    config = futures_only(clock=shipped().clock.model_copy(update={"day": day}))
    with simulated(config, tmp_path) as desk:
        desk.until("09:36")
        rows, slots = stored(desk)
    assert set(slots["status"]) == {"COMPLETE"}
    fronts = rows.filter(place=0).group_by("symbol").agg(pl.col("expiry").unique()).sort("symbol").rows()
    assert fronts == [("ES", ["20190920"]), ("NQ", ["20190920"]), ("VX", ["20190717"])]


def test_a_start_in_the_morning_accounts_for_what_was_missed(tmp_path: Path) -> None:
    with simulated(futures_only(), tmp_path, start="09:42") as desk:
        desk.until("09:46")
        _, slots = stored(desk)
    es = slots.filter(symbol="ES").select("status", "reason").rows()
    assert es == [("MISSED", "the desk was not running")] * 3 + [("COMPLETE", "")]


def test_a_recording_without_futures_leaves_missed_slots_with_their_reason_and_no_rows(tmp_path: Path) -> None:
    spy = shipped().collectors[0].model_copy(update={"window": 0.01})
    config = shipped(collectors=(spy,), strategies=(), futures=())
    with simulated(config, tmp_path / "recorded") as desk:
        desk.until("09:31")
    replay = config.gateway.model_copy(update={"market": f"lake:{tmp_path / 'recorded'}", "replay_hold": 3600.0})
    replayed = shipped(collectors=(spy,), strategies=(), gateway=replay)
    with simulated(replayed, tmp_path / "replayed", start="09:34") as desk:
        desk.until("09:39")
        rows, slots = stored(desk)
        slots = slots.filter(cycle=slots["cycle"].max())
        facts = desk.report("futures-ES").facts
    assert rows.is_empty()
    assert slots.filter(symbol="SPY")["status"].to_list() == ["COMPLETE"]
    reason = "200: No security definition has been found for the request"
    missed = slots.filter(pl.col("symbol") != "SPY").select("symbol", "status", "reason", "asked", "written")
    assert missed.rows() == [(root, "MISSED", reason, 0, 0) for root in ROOTS]
    assert facts["degraded"] == reason
