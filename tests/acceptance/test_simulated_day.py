"""A whole trading day of the whole desk in virtual time: nothing sleeps, nothing depends on the machine."""

from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest

from actors.backfill import Start
from desk.lake.audit import audit
from desk.market.calendar import at
from desk.orders.journal import read
from desk.orders.lines import OrderLine
from desk.orders.summary import Summary, summarise
from tests.acceptance.running import log_of
from tests.acceptance.simulated import DAY, SimulatedDesk, shipped, simulated, warnings

pytestmark = pytest.mark.timeout(900)  # the whole day is made once, in the first test's set-up


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimulatedDesk]:
    with simulated(shipped(), tmp_path_factory.mktemp("day")) as desk:
        desk.until("16:15")
        yield desk


def rows(desk: SimulatedDesk) -> pl.DataFrame:
    desk.system.ask("persistence", _commit(), 60)
    return desk.lake.chains()


def summary(desk: SimulatedDesk, strategy: str) -> Summary:
    return summarise(strategy, read(desk.folder / "logs" / strategy))


def _commit() -> object:
    from actors.persistence import Commit

    return Commit()


def test_every_slot_of_the_day_is_complete(day: SimulatedDesk) -> None:
    rows(day)
    ledger = {row["symbol"]: row for row in day.lake.slots_summary().to_dicts()}
    assert {symbol: (row["expected"], row["complete"]) for symbol, row in ledger.items()} == dict.fromkeys(
        ("SPY", "QQQ", "IWM", "ES", "NQ", "VX"), (78, 78)
    )


def test_every_row_is_there_once_with_its_own_time(day: SimulatedDesk) -> None:
    found = rows(day)
    key = ["symbol", "trading_class", "strike", "expiry", "right", "cycle"]
    assert found.select(key).is_duplicated().sum() == 0
    late = (pl.col("timestamp") - pl.col("cycle")).dt.total_seconds(fractional=True)
    assert found.select(late.min().alias("first"), late.max().alias("last")).row(0) == pytest.approx((2, 30), abs=25)
    assert found.filter(late < 0).is_empty()
    assert found["timestamp"].min().timestamp() >= at(DAY, "09:30")  # type: ignore[union-attr]  # a datetime column
    assert found["timestamp"].max().timestamp() < at(DAY, "16:00")  # type: ignore[union-attr]  # see above


def test_quotes_are_whole_and_say_that_they_are_modelled(day: SimulatedDesk) -> None:
    found = rows(day)
    assert set(found["venue"]) == {"FITTED"}
    assert found.filter(pl.col("bid").is_null() | pl.col("ask").is_null()).height < 0.01 * found.height
    assert found.filter(pl.col("open_interest").is_null()).height < 0.01 * found.height
    greeks = found.filter(pl.col("iv").is_not_null())
    assert greeks.height > 0.98 * found.height
    assert set(greeks["greeks_source"]) <= {"model", "mid"}


def test_both_strategies_entered_and_named_every_veto(day: SimulatedDesk) -> None:
    same_day, monthly = (summary(day, name) for name in ("dte0_ic", "monthly_ic"))
    assert (same_day.total_trades, same_day.open_positions) == (1, 0)
    assert (monthly.total_trades, monthly.open_positions) == (0, 1)
    polls = {name: day.report(f"strategy-{name}").facts for name in ("dte0_ic", "monthly_ic")}
    assert polls["dte0_ic"]["polls"] == 520
    assert polls["dte0_ic"]["veto_counts"]["window"] >= 490
    (held,) = polls["monthly_ic"]["holdings"]
    assert held.condor.short_put.expiry >= "20190701"
    vetoes = [line for line in log_of(day.folder) if line["event"] == "veto"]
    assert {line["actor"] for line in vetoes} == {"strategy-dte0_ic", "strategy-monthly_ic"}
    assert all(line["veto"] and line["text"] for line in vetoes)


def test_every_order_is_in_the_gateway_s_book_once_and_nothing_is_unexplained(day: SimulatedDesk) -> None:
    lines = [line for name in ("dte0_ic", "monthly_ic") for line in read(day.folder / "logs" / name)]
    intents = [line.order.order_id for line in lines if isinstance(line, OrderLine)]
    booked = [order.request.order_ref for order in day.gateway.blotter.orders.values()]
    assert sorted(booked) == sorted(intents)
    trader = day.report("trader").facts
    assert trader["ready"]
    assert not trader["unexplained"]
    assert not trader["trouble"]


def test_nothing_went_wrong(day: SimulatedDesk) -> None:
    assert warnings(log_of(day.folder)) == []
    assert {each.restarts for each in day.system.reports()} == {0}


def test_a_stop_leaves_nothing_unsaid(tmp_path: Path) -> None:
    with simulated(shipped(collectors=(), futures=()), tmp_path, start="09:40") as desk:
        desk.until("09:46")
    assert warnings(log_of(tmp_path)) == []


def test_indicators_and_daily_bars_are_there(day: SimulatedDesk) -> None:
    rows(day)
    assert set(day.lake.daily_bars()["symbol"]) == {"SPY", "QQQ", "IWM", "SPX", "VIX"}
    last = day.report("collector-SPY").facts["last"]
    assert last.trend in {"uptrend", "downtrend", "neutral"}
    assert last.iv_rank_sufficient
    assert 14 < last.vix < 25


def test_a_year_of_daily_volatility_is_there_and_the_day_s_own_beside_it(day: SimulatedDesk) -> None:
    rows(day)
    for symbol in ("SPY", "QQQ", "IWM"):
        assert len(day.lake.read_historical_iv(symbol, 400, "ib")) == 252
        own = day.lake.read_historical_iv(symbol, 400, "chain")
        assert own["date"].to_list() == [DAY]
        assert 0.1 < own["avg_iv"][0] < 0.5
    assert day.report("backfill").facts == {"missing": [], "days_stored": 756}


def test_a_backfill_that_is_done_asks_for_nothing(day: SimulatedDesk) -> None:
    history = [number for tap in day.taps for number in tap.ids].count(20)
    day.system.tell("backfill", Start())
    day.system.run_for(30)
    assert [number for tap in day.taps for number in tap.ids].count(20) == history


def test_ledger_and_rows_agree(day: SimulatedDesk) -> None:
    rows(day)
    report = audit(day.lake.root, DAY)
    assert report.findings == ()
    assert report.ok


def test_the_same_seed_gives_the_same_day(tmp_path: Path) -> None:
    def first_slots(folder: Path) -> tuple[pl.DataFrame, list[dict[str, object]]]:
        with simulated(shipped(), folder, start="09:44") as desk:
            desk.until("09:51")
            found = rows(desk)
        return found, [{**line, "seconds": 0} for line in log_of(folder)]

    first, second = first_slots(tmp_path / "1"), first_slots(tmp_path / "2")
    assert first[0].equals(second[0])
    assert len(first[0]) > 300
    assert first[1] == second[1]
