from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from desk.lake import rows
from desk.lake.daily_iv import CHAIN, IB, backfill, known_days, missing_days, of_bars, of_chains, of_volatility
from desk.lake.imports import import_file
from desk.lake.queries import Lake
from desk.lake.schema import DAILY_IV
from desk.lake.writer import Writer
from messages.contract import Bar
from messages.data import Batch, DailyVolatility, Slot
from tests.lake.batches import NOON, quote

TODAY = date(2019, 5, 13)
DAY = 86_400.0


def store(root: Path, *items: rows.Item) -> Lake:
    with Writer(root, "desk") as writer:
        for item in items:
            writer.accept(item)
        writer.drain()
    return Lake(root)


def bar(day: str, iv: float) -> Bar:
    return Bar(day, iv, iv + 0.01, iv - 0.01, iv)


def chain(cycle: float, expiries: dict[str, float]) -> rows.Item:
    """At-the-money volatility by expiry, between two others."""
    quotes = []
    for expiry, iv in expiries.items():
        for strike, off in ((275.0, 0.05), (282.0, 0.0), (290.0, -0.02)):
            for right in "PC":
                one = quote(strike, cycle + 1, 1.0, right=right)
                contract = replace(one.contract, expiry=expiry)
                quotes.append(replace(one, contract=contract, iv=iv + off, underlying=281.5))
    return rows.of_batch(Batch("c", "1", Slot("SPY", cycle, "COMPLETE"), tuple(quotes)))


def test_what_is_missing_of_a_year_are_sessions() -> None:
    missing = missing_days((), TODAY)
    assert len(missing) == 252
    assert (missing[-1], missing[0]) == (date(2019, 5, 10), date(2018, 5, 10))
    assert date(2018, 12, 5) not in missing  # a day of mourning
    assert missing_days(missing[:-2], TODAY) == [date(2019, 5, 9), date(2019, 5, 10)]


def test_a_backfill_asks_once_per_symbol_and_resumes_where_it_was_cut_off(tmp_path: Path) -> None:
    wanted = missing_days((), TODAY)
    assert backfill(known_days(tmp_path, ("SPY", "QQQ")), TODAY) == {"SPY": 252, "QQQ": 252}
    store(tmp_path, of_bars("SPY", [bar(f"{day:%Y%m%d}", 0.15) for day in wanted], wanted))
    assert backfill(known_days(tmp_path, ("SPY", "QQQ")), TODAY) == {"QQQ": 252}
    texts = tuple(f"{day:%Y%m%d}" for day in wanted[:-3])
    store(tmp_path, of_volatility(DailyVolatility("", "", "QQQ", tuple(bar(text, 0.2) for text in texts[5:]), texts)))
    assert backfill(known_days(tmp_path, ("SPY", "QQQ")), TODAY) == {"QQQ": 3}
    tuesday = date(2019, 5, 14)
    assert backfill(known_days(tmp_path, ("SPY", "QQQ")), tuesday) == {"SPY": 1, "QQQ": 4}


def test_days_that_the_broker_has_nothing_of_are_not_asked_for_again(tmp_path: Path) -> None:
    wanted = missing_days((), TODAY, 5)
    lake = store(tmp_path, of_bars("IWM", [bar("20190510", 0.17), bar("20190509", 0.0)], wanted))
    assert backfill(known_days(tmp_path, ["IWM"]), TODAY, 5) == {}
    assert lake.daily_iv("IWM")["avg_iv"].to_list() == [None, None, None, None, 0.17]
    assert lake.read_historical_iv("IWM").rows() == [(date(2019, 5, 10), 0.17, 0.17 - 0.01, 0.17 + 0.01)]


def test_the_same_backfill_twice_leaves_one_row_a_day(tmp_path: Path) -> None:
    item = of_bars("SPY", [bar("20190510", 0.17)])
    lake = store(tmp_path, item, of_bars("SPY", [bar("20190510", 0.18)]), item)
    assert lake.daily_iv("SPY")["avg_iv"].to_list() == [0.17]


def test_thirty_days_are_interpolated_in_variance(tmp_path: Path) -> None:
    store(tmp_path, *(chain(NOON + 300 * n, {"20190603": 0.20, "20190702": 0.15, "20190920": 0.3}) for n in range(2)))
    item = of_chains(tmp_path, TODAY)[DAILY_IV.name]
    (row,) = item.rows(named=True)
    expected = np.sqrt((0.04 * 21 * 20 / 29 + 0.0225 * 50 * 9 / 29) / 30)
    assert row["iv30"] == pytest.approx(expected, rel=1e-4)
    assert (row["method"], row["cycles"], row["expiries"], row["contracts"]) == ("interpolated", 2, 2, 8)
    assert (row["series"], row["symbol"], row["source"]) == ("SPY chain", "SPY", CHAIN)
    assert row["avg_iv"] == pytest.approx(0.20, rel=1e-4)  # 21 days are nearer to 30 than 50 are


def test_chains_of_45_to_75_days_have_the_nearest_expirys_and_say_so(tmp_path: Path) -> None:
    store(tmp_path, chain(NOON, {"20190628": 0.16, "20190719": 0.15}))
    (row,) = of_chains(tmp_path, TODAY)[DAILY_IV.name].rows(named=True)
    assert (row["iv30"], row["method"], row["expiries"], row["contracts"]) == (
        pytest.approx(0.16, rel=1e-4),
        "nearest",
        1,
        2,
    )


def test_history_is_the_chains_then_the_brokers(tmp_path: Path) -> None:
    rolled = store(tmp_path, chain(NOON - 3 * DAY, {"20190603": 0.25}))
    item = of_chains(tmp_path, date(2019, 5, 10))
    bars = of_bars("SPY", [bar("20190508", 0.11), bar("20190509", 0.12), bar("20190510", 0.13)])
    lake = store(tmp_path, item, bars, chain(NOON, {"20190603": 0.30}))
    assert rolled.root == lake.root
    iv = lake.read_historical_iv("SPY", days=3)
    assert iv["date"].to_list() == [date(2019, 5, 9), date(2019, 5, 10), TODAY]
    assert iv["avg_iv"].to_list() == pytest.approx([0.12, 0.25, 0.30], rel=1e-4)
    assert lake.read_historical_iv("SPY", source=IB)["avg_iv"].to_list() == pytest.approx([0.11, 0.12, 0.13])
    assert lake.read_historical_iv("SPY", source=CHAIN)["date"].to_list() == [date(2019, 5, 10), TODAY]


def test_the_rollup_says_what_the_rows_say(tmp_path: Path, cboe: Path) -> None:
    days = pl.read_parquet(cboe).filter(pl.col("quotedate").dt.date().is_between(date(2019, 5, 8), TODAY))
    days.write_parquet(tmp_path / "days.parquet")
    import_file(tmp_path / "days.parquet", "cboe_daily", tmp_path / "lake")
    lake = Lake(tmp_path / "lake")
    from_rows = lake.read_historical_iv("SPX")
    assert len(from_rows) == 3
    store(tmp_path / "lake", *(of_chains(tmp_path / "lake", day) for day in from_rows["date"]))
    assert lake.read_historical_iv("SPX").equals(from_rows)
    rolled = lake.daily_iv("SPX")
    assert set(rolled["method"]) == {"interpolated"}
    # VIX closed at 19.10 on the 9th and at 20.55 on the 13th; at the money lies some points below.
    assert dict(rolled.select("date", "iv30").iter_rows())[TODAY] == pytest.approx(0.18, abs=0.02)
