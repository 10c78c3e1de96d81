"""The tables beside chains and ledger: futures, positions, views."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

import polars as pl
import pytest

from desk.lake import rows
from desk.lake.audit import audit
from desk.lake.rungs import of_rungs, per_rung, read_rungs
from desk.lake.schema import FUTURES, POSITIONS, RUNGS, VIEWS
from desk.lake.tables import scan
from desk.lake.views import of_seen, read_views
from desk.lake.writer import Writer
from messages.contract import Contract, Quote
from messages.data import Batch, PositionMark, Rung, Rungs, Seen, Slot
from messages.market import ChainQuotes, Selection
from tests.lake.batches import NOON, batch, quote


def store(root: Path, *items: rows.Item) -> None:
    with Writer(root, "desk") as writer:
        for item in items:
            writer.accept(item)
        writer.drain()


def months(cycle: float = NOON) -> Batch:
    listed = {"20190522": (16.0, 16.1), "20190619": (16.8, 16.9), "20190717": (17.2, None)}
    quotes = tuple(
        Quote(Contract("VX", "FUT", "CFE", expiry=e), cycle + 1, bid=b, ask=a, volume=9) for e, (b, a) in listed.items()
    )
    return Batch("futures", "1", Slot("VX", cycle, "COMPLETE", asked=3, written=3), quotes)


def test_futures_are_rows_of_their_own_with_their_ledger_entry(tmp_path: Path) -> None:
    store(tmp_path, rows.of_batch(months()), rows.of_batch(months()), rows.of_batch(batch()))
    stored = scan(tmp_path, FUTURES).sort("expiry").collect()
    assert stored.schema == FUTURES.schema
    assert stored["place"].to_list() == [0, 1, 2]
    assert stored["contango"].to_list() == pytest.approx([(16.85 / 16.05 - 1) * 100] * 3)
    assert stored["contango_annual"][0] == pytest.approx(((16.85 / 16.05) ** (365 / 28) - 1) * 100)
    assert stored["ask"].to_list() == [16.1, 16.9, None]
    report = audit(tmp_path, date(2019, 5, 13))
    assert report.ok
    assert [(each.symbol, each.rows, each.two_sided) for each in report.symbols] == [("SPY", 4, 4), ("VX", 3, 2)]


def test_a_settled_month_has_no_place(tmp_path: Path) -> None:
    later = NOON + 86_400 * 10
    store(tmp_path, rows.of_batch(months(later)))
    assert scan(tmp_path, FUTURES).sort("expiry").collect()["place"].to_list() == [None, 0, 1]


def test_without_every_month_there_is_no_contango_and_the_root_names_the_rows(tmp_path: Path) -> None:
    whole = months()
    slot = Slot("VX", NOON, "PARTIAL", "timeout x1", asked=3, written=2, failed=1)
    named = tuple(
        replace(each, contract=replace(each.contract, symbol="VIX", trading_class="VX")) for each in whole.quotes[1:]
    )
    store(tmp_path, rows.of_batch(replace(whole, slot=slot, quotes=named)))
    stored = scan(tmp_path, FUTURES).collect()
    assert set(stored["symbol"]) == {"VX"}
    assert stored.select(pl.col("place", "contango", "contango_annual").is_null().all()).row(0) == (True, True, True)
    assert audit(tmp_path, date(2019, 5, 13)).ok


def test_positions_keep_every_change_of_every_leg(tmp_path: Path) -> None:
    legs = [PositionMark("dte0", "dte0-1", "fill", NOON, -1.0, quote(280.0 + n, NOON, 1.0), price=1.02) for n in (0, 5)]
    marks = [replace(leg, event="mark", at=NOON + 45, price=None) for leg in legs]
    store(tmp_path, rows.of_positions(legs), rows.of_positions(marks))
    stored = scan(tmp_path, POSITIONS).collect()
    assert stored.schema == POSITIONS.schema
    assert stored.group_by("event").len().sort("event").rows() == [("fill", 2), ("mark", 2)]
    fill = stored.filter(event="fill", strike=285.0).row(0, named=True)
    assert (fill["quantity"], fill["price"], fill["mark"], fill["delta"]) == (-1.0, 1.02, 1.025, -0.3)
    assert fill["date"] == date(2019, 5, 13)


def test_a_view_comes_back_as_it_was_seen(tmp_path: Path) -> None:
    chain = ChainQuotes(
        "c",
        Selection("SPX", "IND", "CBOE", "SPXW", 0, 0),
        asked=5,
        quotes=batch().quotes,
        failed=(("200", 1),),
        underlying=Quote(Contract("SPX", "IND"), NOON, last=2811.87),
    )
    vix = Quote(Contract("VIX", "IND"), NOON, last=20.55, missing=("bid", "ask"))
    spot = Quote(Contract("SPX", "IND"), NOON, last=2811.87)
    leg = Quote(Contract("SPX", "OPT", expiry="20190513", strike=2850.0, right="C"), NOON, last=0.35)
    seen = Seen("", "", "dte0", NOON + 0.25, json.dumps({"vetoes": ["vix"]}), (vix, spot, leg), (chain,))
    store(tmp_path, of_seen(seen), of_seen(replace(seen, at=NOON + 45)))
    start, end = rows.instant(NOON), rows.instant(NOON + 1)
    assert list(read_views(tmp_path, "dte0", start, end)) == [seen]
    (row,) = scan(tmp_path, VIEWS).filter(pl.col("timestamp") < end).collect().rows(named=True)
    assert (row["underlying"], row["vix"], row["contracts"]) == (2811.87, 20.55, 7)


def test_a_view_of_a_hundred_quotes_is_small() -> None:
    chain = ChainQuotes("c", Selection("SPY"), 100, batch(contracts=100).quotes)
    view = of_seen(Seen("", "", "dte0", NOON, "{}", (), (chain,)))[VIEWS.name]["view"][0]
    assert len(view) < 3_000


def test_empty_items_are_frames_of_their_tables() -> None:
    assert rows.of_positions([])[POSITIONS.name].schema == POSITIONS.schema


def leg(strike: float, right: str, bid: float | None, ask: float | None, at: float = NOON) -> Quote:
    contract = Contract("SPX", "OPT", expiry="20190621", strike=strike, right=right, trading_class="SPXW", con_id=7)
    return Quote(contract, at, bid=bid, ask=ask, bid_size=5.0, ask_size=9.0, iv=0.2, delta=-0.1, underlying=2830.0)


def rung(action: str = "open", number: int = 0, at: float = NOON, limit: float | None = 1.3, **of: float) -> Rung:
    legs = (
        leg(2700.0, "P", 2.0, 2.1, at - 3),
        leg(2675.0, "P", 1.5, 1.6, at - 1),
        leg(2900.0, "C", 1.8, 1.9, at),
        leg(2925.0, "C", 0.9, 1.0, at),
    )
    return Rung("desk-20190513T120000-1", "ic", "p", action, "entry", number, at, 2, limit, legs)


def test_rungs_are_rows_per_leg_however_often_they_are_sent(tmp_path: Path) -> None:
    ladder = [rung(), rung(number=1, at=NOON + 5, limit=1.25)]
    store(tmp_path, of_rungs(Rungs("me", "1", tuple(ladder))), of_rungs(Rungs("me", "2", tuple(ladder[1:]))))
    rows = read_rungs(tmp_path, "ic")
    assert rows.schema == RUNGS.schema
    assert rows.select("rung", "leg", "side", "strike", "limit").rows() == [
        (number, n, side, strike, limit)
        for number, limit in ((0, 1.3), (1, 1.25))
        for n, (side, strike) in enumerate([("SELL", 2700.0), ("BUY", 2675.0), ("SELL", 2900.0), ("BUY", 2925.0)])
    ]
    assert read_rungs(tmp_path, "ic", start=rows_at(1), end=rows_at(5))["rung"].unique().to_list() == [1]
    assert read_rungs(tmp_path, "other").is_empty()
    assert read_rungs(tmp_path / "nothing").is_empty()


def rows_at(seconds: float) -> datetime:
    return rows.instant(NOON + seconds)


def test_a_rung_tells_the_combinations_market(tmp_path: Path) -> None:
    closing = rung("close", number=1, at=NOON + 9, limit=None)
    unquoted = replace(rung(at=NOON + 20), legs=(*rung().legs[:3], leg(2925.0, "C", None, 1.0, 0.0)))
    store(tmp_path, of_rungs(Rungs("me", "1", (rung(), closing, unquoted))))
    opened, closed, doubtful = per_rung(read_rungs(tmp_path)).rows(named=True)
    assert (opened["natural"], opened["best"], opened["mid"]) == pytest.approx((1.2, 1.6, 1.4))
    assert (opened["yielded"], opened["least_size"], opened["oldest"]) == pytest.approx((0.5, 5.0, 3.0))
    assert (closed["natural"], closed["best"]) == pytest.approx((1.6, 1.2))
    assert (closed["limit"], closed["yielded"]) == (None, None)
    assert (doubtful["natural"], doubtful["mid"], doubtful["oldest"]) == (None, None, pytest.approx(23.0))
