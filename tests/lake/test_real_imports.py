"""Real recordings through the shipped profiles."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import polars as pl
import pytest

from desk.lake.imports import ImportReport, import_file
from desk.lake.queries import Lake


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("real") / "lake"


@pytest.fixture(scope="module")
def spx(cboe: Path, root: Path) -> ImportReport:
    return import_file(cboe, "cboe_daily", root)


def test_the_2019_chains_arrive_whole_but_for_the_holiday(spx: ImportReport, root: Path) -> None:
    assert (spx.rows_in, spx.stored, spx.refused) == (467_342, 454_018, {"no_session": 13_324})
    assert spx.symbols == ("SPX",)
    assert len(spx.days) == 33
    assert date(2019, 5, 27) not in spx.days
    stats = Lake(root).get_snapshot_stats()
    assert stats["total_rows"] == 454_018
    assert stats["date_range"] == (date(2019, 4, 25), date(2019, 6, 13))


def test_13_may_2019_holds_both_classes_and_a_chain_that_expires_that_day(spx: ImportReport, root: Path) -> None:
    chain = Lake(root).chains("SPX", date(2019, 5, 13), date(2019, 5, 13))
    assert set(chain["trading_class"]) == {"SPX", "SPXW"}
    assert len(chain.filter(trading_class="SPXW", expiry="20190513")) > 0
    monthlies = chain.filter(trading_class="SPX")["expiry"].unique().sort().to_list()
    assert monthlies[:2] == ["20190516", "20190620"]
    assert set(chain["missing"]) == {"time"}
    key = ["timestamp", "symbol", "trading_class", "expiry", "strike", "right"]
    assert chain.select(key).is_duplicated().sum() == 0


def test_iv_history_of_the_2019_chains_follows_the_vix(spx: ImportReport, root: Path, underlying: Path) -> None:
    import_file(underlying / "vix_daily_1990_2026_pddl.csv", "vix_daily", root)
    iv = Lake(root).read_historical_iv("SPX", days=60)
    assert len(iv) == 33
    both = iv.join(Lake(root).daily_bars(("VIX",)), on="date")
    assert len(both) == 33
    correlation = both.select(pl.corr("avg_iv", "close")).item()
    assert correlation > 0.9
    # VIX weighs the whole smile, so it lies above at-the-money volatility, by a few points.
    assert both.select((pl.col("close") / 100 - pl.col("avg_iv")).mean()).item() == pytest.approx(0.025, abs=0.02)


def test_etf_chains_keep_every_quote_to_the_cent(tmp_path: Path, yahoo: Path) -> None:
    report = import_file(yahoo, "yahoo", tmp_path)
    assert (report.rows_in, report.stored, report.refused) == (22_391, 22_391, {})
    assert report.unquoted == 768 + 2  # zeros, and fields left out
    assert (report.symbols, report.days) == (("IWM", "QQQ", "SPY"), (date(2026, 7, 14),))
    source = pl.read_parquet(yahoo).select(
        "symbol",
        "strike",
        "bid",
        "ask",
        expiry=pl.col("expiration").str.replace_all("-", ""),
        right=pl.col("side").str.slice(0, 1).str.to_uppercase(),
    )
    quoted = (pl.col("ask") != 0) | (pl.col("bid") != 0)
    expected = source.with_columns(pl.when(quoted).then("bid"), pl.when(quoted).then("ask"))
    stored = Lake(tmp_path).chains().select(expected.columns)
    order = ["symbol", "expiry", "right", "strike"]
    assert stored.sort(order).equals(expected.sort(order))
    assert len(stored.filter(pl.col("bid") == 0)) == len(expected.filter(pl.col("bid") == 0)) > 0


def test_what_one_cycle_collects_on_14_july_2026_is_there(tmp_path: Path, yahoo: Path) -> None:
    import_file(yahoo, "yahoo", tmp_path)
    chain = Lake(tmp_path).chains()
    days = (pl.col("expiry").str.to_date("%Y%m%d") - pl.col("date")).dt.total_days()
    wanted = chain.filter(
        days.is_between(45, 75),
        pl.col("strike") % 5 == 0,
        (pl.col("strike") / pl.col("underlying") - 1).abs() <= 0.08,
    )
    assert dict(wanted.group_by("symbol").len().iter_rows()) == {"SPY": 127, "QQQ": 124, "IWM": 34}


def test_daily_bars_of_every_layout(tmp_path: Path, underlying: Path) -> None:
    files = {
        "vix_daily_1990_2026_pddl.csv": ("vix_daily", 9_235, {"no_session": 33}),
        "SPX_History_cboe_close.csv": ("ohlc_daily", 8_877, {}),
        "spx_daily_ohlc_2005_2025.csv": ("ohlc_daily", 5_282, {}),
        "spx_daily_ohlc_2019_2026.csv": ("ohlc_daily", 1_909, {}),
        "spy_daily_unadjusted_lean.parquet": ("ohlc_daily", 5_849, {}),
        "qqq_daily_unadjusted_lean.parquet": ("ohlc_daily", 3_964, {}),
        "iwm_daily_unadjusted_lean.parquet": ("ohlc_daily", 5_244, {}),
    }
    for name, (profile, rows_in, refused) in files.items():
        report = import_file(underlying / name, profile, tmp_path)
        assert (report.rows_in, report.refused) == (rows_in, refused), name
        assert report.stored == rows_in - sum(refused.values())
    bars = Lake(tmp_path).daily_bars()
    assert set(bars["symbol"]) == {"VIX", "SPX", "SPY", "QQQ", "IWM"}
    assert bars.select("symbol", "date").is_duplicated().sum() == 0
    closes = dict(bars.filter(symbol="VIX").select("date", "close").iter_rows())
    assert (closes[date(2019, 5, 10)], closes[date(2019, 5, 13)]) == (16.04, 20.55)
    assert bars.filter(symbol="SPX")["date"].min() == date(1985, 12, 31)
