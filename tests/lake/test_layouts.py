"""Every recorded chain of ../shared through its profile: rows in are rows stored and rows refused by reason."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from desk.lake.errors import ImportFileError
from desk.lake.imports import ImportReport, import_file
from desk.lake.queries import Lake
from tests.lake.conftest import SHARED, shared

EOD, INTRADAY = "chains_eod", "chains_intraday"
LEAN = f"{INTRADAY}/lean/Data"
MINUTES = f"{LEAN}/indexoption/usa/minute"

Refused = dict[str, int]
LAYOUTS: list[tuple[str, str, int, Refused]] = [
    (f"{EOD}/spxw_eod_2018-01_2018-02.parquet", "historical_option_data", 14_438, {}),
    (
        f"{EOD}/cboe_quotedata_snapshots.parquet",
        "cboe_quotedata_long",
        456_456,
        {"duplicate": 18_810, "expired": 1_106, "zero_ask": 27},
    ),
    (f"{EOD}/sepp_SPX_20240524160000.parquet", "sepp_index", 15_856, {}),
    (f"{EOD}/sepp_SPY_20240614152847.parquet", "sepp_etf", 7_396, {"zero_ask": 3}),
    (f"{EOD}/spy_2021_20contracts_per_day_lambdaclass_mit.parquet", "cboe_daily", 5_040, {"crossed": 17}),
    (f"{EOD}/spy_2026-01-17_dyuman_mit.parquet", "etf_calls", 2_540, {"no_session": 2_540}),
    (f"{EOD}/spy_ivolatility_2025-01_greeks.parquet", "ivolatility", 16_604, {}),
    (f"{EOD}/yahoo_spy_qqq_2026-02-11_2026-02-12_intraday.parquet", "yfinance", 32_054, {"crossed": 16}),
    (f"{EOD}/yahoo_spy_qqq_iwm_2026-07-08_2026-07-10_incl_zero_bid_outage.parquet", "yahoo", 21_722, {"zero_ask": 23}),
    (f"{INTRADAY}/ib_0dte_options_bidask_20260213.parquet", "ib_bidask_bars", 48_495, {}),
    (f"{INTRADAY}/ib_0dte_options_data_20260128.parquet", "ib_trade_bars", 38_086, {}),
    (f"{INTRADAY}/ib_0dte_options_data_20260129.parquet", "ib_trade_bars", 64_261, {}),
    (f"{INTRADAY}/spx_0dte_gamma_oi_profile_15min_2026-08.parquet", "open_interest_profile", 2 * 5_721, {}),
    (f"{INTRADAY}/spxw_0dte_midpoints_2023-11-06_2025-06-30.parquet", "mids_same_day", 2 * 62_730, {}),
    (f"{LEAN}/indexoption/usa/daily/spx_2021_openinterest_european.zip", "lean", 12, {}),
    (f"{LEAN}/indexoption/usa/daily/spx_2021_quote_european.zip", "lean", 12, {"crossed": 1}),
    (f"{LEAN}/indexoption/usa/daily/spx_2021_trade_european.zip", "lean", 8, {}),
    (f"{MINUTES}/spx/20210104_openinterest_european.zip", "lean", 6, {}),
    (f"{MINUTES}/spx/20210104_quote_european.zip", "lean", 2_428, {}),
    (f"{MINUTES}/spx/20210104_trade_european.zip", "lean", 348, {}),
    (f"{MINUTES}/spxw/20210104_openinterest_european.zip.zip", "lean", 12, {}),
    (f"{MINUTES}/spxw/20210104_quote_european.zip", "lean", 4_565, {}),
    (f"{MINUTES}/spxw/20210104_trade_european.zip.zip", "lean", 1_918, {}),
    (f"{MINUTES}/spxw/20210105_quote_european.zip", "lean", 3_239, {}),
    (f"{MINUTES}/spxw/20210105_trade_european.zip", "lean", 1_096, {}),
    (f"{MINUTES}/spxw/20210106_quote_european.zip", "lean", 6_305, {"crossed": 7}),
    (f"{MINUTES}/spxw/20210106_trade_european.zip", "lean", 1_842, {}),
    (f"{MINUTES}/spxw/20210107_quote_european.zip", "lean", 1_618, {"crossed": 1}),
    (f"{MINUTES}/spxw/20210107_trade_european.zip", "lean", 920, {}),
    (f"{MINUTES}/spxw/20210108_quote_european.zip", "lean", 6_307, {"crossed": 48}),
    (f"{MINUTES}/spxw/20210108_trade_european.zip", "lean", 1_974, {}),
    (f"{LEAN}/index/usa/daily/spx.zip", "lean_index", 2, {}),
    (f"{LEAN}/indexoption/usa/universes/spx/20151222.csv", "lean", 233, {}),
    (f"{LEAN}/indexoption/usa/universes/spx/20151223.csv", "lean", 272, {}),
    *(
        (f"{LEAN}/indexoption/usa/universes/spx/{day}.csv", "lean", 7, {"incomplete": 1})
        for day in (20201230, 20201231, *range(20210104, 20210109), *range(20210111, 20210114))
    ),
    (f"{LEAN}/indexoption/usa/universes/spxw/20201231.csv", "lean", 13, {"incomplete": 1}),
    (f"{LEAN}/indexoption/usa/universes/spxw/20230623.csv", "lean", 13, {"incomplete": 1}),
]
ELSEWHERE = {
    "spx_cboe_daily_snapshot_2019-04-25_2019-06-13.parquet": "test_real_imports",
    "yahoo_spy_qqq_iwm_2026-07-14_1555.parquet": "test_real_imports",
    "cboe_quotedata_snapshots_index.csv": "says where the snapshots come from",
    "20210104_trade.zip": "minutes of an index: refused below",
}


BringIn = Callable[[str, str], tuple[ImportReport, pl.DataFrame]]


@pytest.fixture(scope="module")
def bring_in(tmp_path_factory: pytest.TempPathFactory) -> BringIn:
    """Import a file into a lake of its own, once for all tests."""
    done: dict[str, tuple[ImportReport, pl.DataFrame]] = {}

    def bring(name: str, profile: str) -> tuple[ImportReport, pl.DataFrame]:
        if name not in done:
            root = tmp_path_factory.mktemp("imported")
            report = import_file(shared(name), profile, root / "lake")
            lake = Lake(root / "lake")
            done[name] = (report, lake.chains() if report.table == "option_snapshots" else lake.daily_bars())
        return done[name]

    return bring


@pytest.mark.parametrize(("name", "profile", "rows_in", "refused"), LAYOUTS, ids=lambda v: Path(str(v)).name[:40])
def test_every_row_is_stored_or_refused_by_reason(
    bring_in: BringIn, name: str, profile: str, rows_in: int, refused: Refused
) -> None:
    report, rows = bring_in(name, profile)
    assert (report.rows_in, report.refused) == (rows_in, refused)
    assert report.stored == len(rows) == rows_in - sum(refused.values())
    for column in rows.select(pl.col(pl.Float64)):
        assert not column.is_nan().any(), column.name


def test_no_file_of_shared_is_forgotten() -> None:
    shared(EOD)
    files = {path.name for room in (EOD, INTRADAY) for path in (SHARED / room).rglob("*") if path.is_file()}
    assert files == {Path(name).name for name, *_ in LAYOUTS} | set(ELSEWHERE)


def test_an_outage_is_kept_as_listings_without_quotes(bring_in: BringIn) -> None:
    name = f"{EOD}/yahoo_spy_qqq_iwm_2026-07-08_2026-07-10_incl_zero_bid_outage.parquet"
    report, rows = bring_in(name, "yahoo")
    assert report.unquoted == 7_287
    start, end = (datetime(2026, 7, 10, 5, minute, tzinfo=UTC) for minute in (47, 48))
    pull = rows.filter(pl.col("timestamp").is_between(start, end))
    assert len(pull) > 5_000
    assert pull["ask"].null_count() / len(pull) > 0.95
    assert (rows.filter(pl.col("bid").is_null())["missing"].str.contains("bid")).all()


def test_open_interest_of_ivolatility_is_not_the_spot(bring_in: BringIn) -> None:
    _, rows = bring_in(f"{EOD}/spy_ivolatility_2025-01_greeks.parquet", "ivolatility")
    assert rows["open_interest"].max() == 152_127
    assert rows["underlying"].to_list() != rows["open_interest"].to_list()
    assert rows["volume"].null_count() == len(rows)


def test_bars_stamped_in_chicago_and_new_york_meet_and_count_when_they_end(bring_in: BringIn) -> None:
    _, rows = bring_in(f"{INTRADAY}/ib_0dte_options_bidask_20260213.parquet", "ib_bidask_bars")
    for symbol in ("SPX", "XSP", "SPY"):
        stamps = rows.filter(symbol=symbol)["timestamp"]
        assert stamps.min() == datetime(2026, 2, 13, 14, 31, tzinfo=UTC), symbol
    assert set(rows.filter(symbol="SPX")["trading_class"]) == {"SPXW"}
    assert set(rows["expiry"]) == {"20260213"}


def test_mids_are_mids_and_no_quotes(bring_in: BringIn) -> None:
    name = f"{INTRADAY}/spxw_0dte_midpoints_2023-11-06_2025-06-30.parquet"
    _, rows = bring_in(name, "mids_same_day")
    assert rows["bid"].null_count() == rows["ask"].null_count() == len(rows)
    assert rows["mid"].null_count() == 1_545 + 2_995
    assert set(rows["missing"]) == {"bid,ask"}


def test_a_download_after_hours_is_the_quotes_of_the_close_and_says_so(bring_in: BringIn) -> None:
    _, rows = bring_in(f"{EOD}/cboe_quotedata_snapshots.parquet", "cboe_quotedata_long")
    qqq = rows.filter(symbol="QQQ").select("timestamp", "missing").unique().sort("timestamp", "missing").rows()
    assert (datetime(2023, 5, 10, 19, 10, tzinfo=UTC), "") in qqq  # while the market was open
    assert (datetime(2023, 5, 10, 20, 0, tzinfo=UTC), "time") in qqq  # at 17:39
    sunday = rows.filter(symbol="SPX", timestamp=datetime(2023, 4, 14, 20, 0, tzinfo=UTC))  # Sunday 22:59
    assert len(sunday) > 17_000
    assert sunday.filter(pl.col("expiry") < "20230414").is_empty()


def test_leans_ten_thousandths_are_dollars(bring_in: BringIn) -> None:
    _, rows = bring_in(f"{MINUTES}/spxw/20210104_quote_european.zip", "lean")
    first = rows.filter(expiry="20210104", strike=3700.0, right="C").sort("timestamp").row(0, named=True)
    assert (first["timestamp"], first["bid"], first["ask"]) == (datetime(2021, 1, 4, 14, 31, tzinfo=UTC), 64.9, 67.9)
    assert (first["symbol"], first["trading_class"]) == ("SPX", "SPXW")


def test_greeks_per_year_and_whole_volatility_become_ours(bring_in: BringIn) -> None:
    for name, profile in [
        (f"{EOD}/spxw_eod_2018-01_2018-02.parquet", "historical_option_data"),
        (f"{EOD}/sepp_SPY_20240614152847.parquet", "sepp_etf"),
    ]:
        _, rows = bring_in(name, profile)
        days = (pl.col("expiry").str.to_date("%Y%m%d") - pl.col("date")).dt.total_days()
        near = rows.filter(days.is_between(20, 40), (pl.col("delta").abs() - 0.5).abs() < 0.05)
        usual = (pl.col("underlying") * (days / 365).sqrt() * 0.4 / 100).alias("usual")
        ratio = near.select((pl.col("vega") / usual).median()).item()
        assert 0.9 < ratio < 1.1, profile
        if profile == "historical_option_data":
            decay = -pl.col("theta") * 2 * days / (pl.col("vega") * 100 * pl.col("iv"))
            assert 0.8 < near.select(decay.median()).item() < 1.3


def test_minutes_of_an_index_are_no_daily_bars(tmp_path: Path) -> None:
    with pytest.raises(ImportFileError, match="bars are of minutes"):
        import_file(shared(f"{LEAN}/index/usa/minute/spx/20210104_trade.zip"), "lean_index", tmp_path)


ABOVE = [
    'Standard & Poors 500 Index,Last: 4505.1001,Change:  37.6601\n"Date: September 14, 2023 at 4:31 PM EDT",Bid: 1',
    "^SPX (Standard & Poors 500 Index),4505.1001,37.66\nSep 14 2023 @ 16:31 ET,Bid,4483.25,Ask,4526.27,Size,1x1,Vol,",
    "S&P,Last: 4505.1001,Change: 3\nDate: 14 September 2023, 16:31 UTC-4,Bid: 4061.71",
]


@pytest.mark.parametrize("above", ABOVE)
def test_a_download_from_cboes_quote_table(tmp_path: Path, above: str) -> None:
    header = "Expiration Date,Calls,Last Sale,Net,Bid,Ask,Volume,IV,Delta,Gamma,Open Interest,Strike,Puts,Last Sale,Net"
    line = (
        "Fri Oct 20 2023,SPXW231020C04500000,90.1,1.0,89.9,90.5,12,0.1311,0.53,0.0018,345,4500.00,"
        "SPXW231020P04500000,63.5,-2.0,62.1,62.6,34,0.1320,-0.47,0.0018,456"
    )
    path = tmp_path / "spx_quotedata.csv"
    path.write_text(f"\n{above}\n{header},Bid,Ask,Volume,IV,Delta,Gamma,Open Interest\n{line}\n", encoding="utf-8")
    report = import_file(path, "cboe_quotedata", tmp_path / "lake")
    assert (report.rows_in, report.stored) == (2, 2)
    call, put = Lake(tmp_path / "lake").chains().sort("right").rows(named=True)
    assert (call["symbol"], call["trading_class"], call["expiry"]) == ("SPX", "SPXW", "20231020")
    assert (call["bid"], put["ask"], put["open_interest"], call["underlying"]) == (89.9, 62.6, 456, 4505.1001)
    assert (call["timestamp"], call["missing"]) == (datetime(2023, 9, 14, 20, 0, tzinfo=UTC), "time")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a,b\n1,2\n", "no line begins"),
        ("no date\nExpiration Date,Calls\n1,2\n", "22"),
        ("\nExpiration Date\n", "no rows"),
    ],
)
def test_what_is_no_such_download_is_said(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "x.csv"
    path.write_text(text)
    with pytest.raises(ImportFileError, match=said):
        import_file(path, "cboe_quotedata", tmp_path / "lake")
