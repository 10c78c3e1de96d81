from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
import pytest

from desk.lake.errors import ImportFileError, OriginError, ProfileError
from desk.lake.imports import import_file, load, profiles
from desk.lake.origin import claim, origin_of
from desk.lake.queries import Lake

HEADER = (
    "underlying,underlying_last,optionroot,type,expiration,quotedate,strike,last,bid,ask,volume,openinterest,"
    "impliedvol,delta,gamma"
)


def cboe_row(
    root: str = "SPXW190520C02800000",
    right: str = "call",
    expiration: str = "05/20/2019",
    day: str = "05/13/2019",
    strike: str = "2800",
    bid: str = "30.10",
    ask: str = "30.60",
    last: str = "0",
    volume: str = "",
) -> str:
    return f'SPX,2812.5,{root},{right},{expiration},{day},{strike},{last},{bid},{ask},{volume},"1,204",0.181,0.61,0.004'


def write(path: Path, *lines: str) -> Path:
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def imported(root: Path) -> pl.DataFrame:
    return Lake(root).chains()


def test_a_good_row_keeps_what_the_vendor_gave(tmp_path: Path) -> None:
    report = import_file(write(tmp_path / "x.csv", HEADER, cboe_row()), "cboe_daily", tmp_path / "lake")
    assert (report.rows_in, report.stored, report.refused) == (1, 1, {})
    assert (report.symbols, report.days) == (("SPX",), (date(2019, 5, 13),))
    (row,) = imported(tmp_path / "lake").rows(named=True)
    assert row["timestamp"] == row["cycle"] == datetime(2019, 5, 13, 19, 45, tzinfo=UTC)
    assert (row["missing"], row["greeks_source"], row["venue"]) == ("time", "vendor", "")
    assert (row["bid"], row["ask"], row["open_interest"], row["underlying"]) == (30.1, 30.6, 1204, 2812.5)
    assert (row["last"], row["volume"], row["theta"]) == (None, None, None)
    assert (row["trading_class"], row["expiry"], row["right"]) == ("SPXW", "20190520", "C")
    assert origin_of(tmp_path / "lake") == "import"


def test_an_am_settled_class_carries_its_last_trading_day(tmp_path: Path) -> None:
    line = cboe_row(root="SPX190621P02800000", right="put", expiration="06/21/2019")
    import_file(write(tmp_path / "x.csv", HEADER, line), "cboe_daily", tmp_path / "lake")
    (row,) = imported(tmp_path / "lake").rows(named=True)
    assert (row["trading_class"], row["expiry"], row["yearmonth"]) == ("SPX", "20190620", 201906)


def test_an_early_close_brings_the_assumed_time_forward(tmp_path: Path) -> None:
    line = cboe_row(day="07/03/2019", expiration="07/19/2019")
    import_file(write(tmp_path / "x.csv", HEADER, line), "cboe_daily", tmp_path / "lake")
    assert imported(tmp_path / "lake")["timestamp"].to_list() == [datetime(2019, 7, 3, 16, 45, tzinfo=UTC)]


@pytest.mark.parametrize(
    ("reason", "line"),
    [
        ("negative", cboe_row(bid="-1")),
        ("negative", cboe_row(strike="0")),
        ("crossed", cboe_row(bid="31", ask="30")),
        ("nan", cboe_row(bid="NaN")),
        ("nan", cboe_row(ask="inf")),
        ("zero_ask", cboe_row(bid="0.05", ask="0")),
        ("zero_ask", cboe_row(bid="", ask="0")),
        ("expired", cboe_row(expiration="05/10/2019")),
        ("no_session", cboe_row(day="05/27/2019", expiration="06/21/2019")),
        ("no_session", cboe_row(day="05/12/2019")),
        ("unknown_right", cboe_row(right="straddle")),
        ("unreadable", cboe_row(ask="n/a")),
        ("unreadable", cboe_row(expiration="soon")),
        ("incomplete", cboe_row(strike="")),
    ],
)
def test_rows_that_make_no_sense_are_counted_by_reason(tmp_path: Path, reason: str, line: str) -> None:
    report = import_file(write(tmp_path / "x.csv", HEADER, line, cboe_row()), "cboe_daily", tmp_path / "lake")
    assert (report.rows_in, report.stored, report.refused) == (2, 1, {reason: 1})
    assert len(imported(tmp_path / "lake")) == 1


def test_of_rows_with_one_key_the_last_is_kept_and_bad_ones_do_not_count(tmp_path: Path) -> None:
    lines = [cboe_row(bid="30.00"), cboe_row(bid="30.20"), cboe_row(bid="99")]
    report = import_file(write(tmp_path / "x.csv", HEADER, *lines), "cboe_daily", tmp_path / "lake")
    assert (report.stored, report.refused) == (1, {"crossed": 1, "duplicate": 1})
    assert imported(tmp_path / "lake")["bid"].to_list() == [30.2]


def test_no_bid_is_not_a_bad_row(tmp_path: Path) -> None:
    report = import_file(
        write(tmp_path / "x.csv", HEADER, cboe_row(bid="0"), cboe_row(strike="2805", bid="")),
        "cboe_daily",
        tmp_path / "lake",
    )
    assert report.stored == 2
    assert imported(tmp_path / "lake").select("bid", "missing").rows() == [(0.0, "time"), (None, "bid,time")]


def test_zeros_on_both_sides_are_a_listing_without_a_quote(tmp_path: Path) -> None:
    path = write(tmp_path / "x.csv", HEADER, cboe_row(bid="0", ask="0"), cboe_row(strike="2805"))
    report = import_file(path, "cboe_daily", tmp_path / "lake")
    assert (report.stored, report.refused, report.unquoted) == (2, {}, 1)
    (row, _) = imported(tmp_path / "lake").rows(named=True)
    assert (row["bid"], row["ask"], row["missing"]) == (None, None, "bid,ask,time")


def test_a_file_of_bad_rows_only_makes_no_lake(tmp_path: Path) -> None:
    report = import_file(write(tmp_path / "x.csv", HEADER, cboe_row(ask="0")), "cboe_daily", tmp_path / "lake")
    assert (report.stored, report.symbols, report.days) == (0, (), ())
    assert not (tmp_path / "lake").exists()


def test_the_same_file_again_changes_nothing(tmp_path: Path) -> None:
    path = write(tmp_path / "x.csv", HEADER, cboe_row(), cboe_row(strike="2805"))
    first = import_file(path, "cboe_daily", tmp_path / "lake")
    before = imported(tmp_path / "lake")
    assert import_file(path, "cboe_daily", tmp_path / "lake") == first
    assert imported(tmp_path / "lake").equals(before)


def test_a_chain_split_over_files_comes_together_and_corrections_win(tmp_path: Path) -> None:
    calls = write(tmp_path / "calls.csv", HEADER, cboe_row(), cboe_row(strike="2805"))
    puts = write(tmp_path / "puts.csv", HEADER, cboe_row(right="put"), cboe_row(strike="2805", bid="29"))
    for path in (calls, puts):
        import_file(path, "cboe_daily", tmp_path / "lake")
    got = imported(tmp_path / "lake").select("right", "strike", "bid").rows()
    assert got == [("C", 2800.0, 30.1), ("C", 2805.0, 29.0), ("P", 2800.0, 30.1)]


def test_a_lake_of_another_origin_is_refused_before_the_work(tmp_path: Path) -> None:
    claim(tmp_path / "lake", "live")
    with pytest.raises(OriginError, match="live IB account"):
        import_file(tmp_path / "not there.csv", "cboe_daily", tmp_path / "lake")


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("empty.csv", b"", "it is empty"),
        ("header.csv", HEADER.encode() + b"\n", "no rows"),
        ("other.csv", b"a,b\n1,2\n", "expected columns quotedate, expiration, type, strike, bid, ask, found a, b"),
        ("torn.parquet", b"PAR1 torn", "cannot import"),
        ("binary.csv", bytes(range(256)) * 8, "cannot import"),
    ],
)
def test_a_damaged_file_is_named_with_what_was_expected(tmp_path: Path, name: str, content: bytes, said: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(ImportFileError, match=said) as caught:
        import_file(path, "cboe_daily", tmp_path / "lake")
    assert name in str(caught.value)
    assert "cboe_daily" in str(caught.value)
    assert not (tmp_path / "lake").exists()


def test_a_truncated_real_file_leaves_nothing_behind(tmp_path: Path, yahoo: Path) -> None:
    torn = tmp_path / "torn.parquet"
    torn.write_bytes(yahoo.read_bytes()[:400_000])
    with pytest.raises(ImportFileError, match=r"torn\.parquet with profile yahoo"):
        import_file(torn, "yahoo", tmp_path / "lake")
    assert not (tmp_path / "lake").exists()


def test_a_missing_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(ImportFileError, match="no such file"):
        import_file(tmp_path / "x.csv", "yahoo", tmp_path / "lake")


def test_stages_are_told(tmp_path: Path) -> None:
    told: list[str] = []
    import_file(write(tmp_path / "x.csv", HEADER, cboe_row()), "cboe_daily", tmp_path / "lake", progress=told.append)
    assert told == ["reading x.csv", "checking 1 rows", "storing 1 rows"]


def test_profiles_are_listed_with_what_they_read() -> None:
    assert {"cboe_daily", "cboe_quotedata", "lean", "ohlc_daily", "vix_daily", "yahoo"} <= set(profiles())
    assert all(load(name).name == name for name in profiles())
    assert all(profiles().values())


def test_a_profile_of_ones_own(tmp_path: Path) -> None:
    profile = tmp_path / "mine.toml"
    profile.write_text(
        'description = "mine"\ntable = "option_snapshots"\nsymbol = "SPY"\ntime_zone = "America/Chicago"\n'
        '[columns]\ntimestamp = "when"\nexpiry = "exp"\nright = "cp"\nstrike = "k"\nbid = "b"\nask = "a"\n'
    )
    path = write(tmp_path / "x.csv", "when,exp,cp,K,b,a", "2026-02-13 14:30:00.5,20260320,P,600,1.23,1.25")
    import_file(path, profile, tmp_path / "lake")
    (row,) = imported(tmp_path / "lake").rows(named=True)
    assert row["timestamp"] == datetime(2026, 2, 13, 20, 30, 0, 500_000, tzinfo=UTC)
    assert (row["symbol"], row["trading_class"], row["missing"], row["greeks_source"]) == ("SPY", "SPY", "", "")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("table =", "mine.toml"),
        ('description = "x"\ntable = "trades"\n[columns]\n', "table"),
        ('description = "x"\ntable = "daily_bars"\n[columns]\ndate = "d"\n', "lacks open, high, low, close"),
        ('description = "x"\ntable = "daily_bars"\nsymbl = "X"\n[columns]\n', "symbl"),
        ('description = "x"\ntable = "daily_bars"\n[columns]\nvwap = "v"\n', "vwap: no column of daily_bars"),
        ('description = "x"\ntable = "daily_bars"\nassumed_time = "25:00"\n[columns]\n', "assumed_time"),
    ],
)
def test_a_profile_that_makes_no_sense_is_said(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(text)
    with pytest.raises(ProfileError, match=said):
        load(path)


def test_an_unknown_profile_names_the_known() -> None:
    with pytest.raises(ProfileError, match=r"shipped are cboe_daily, .*vix_daily, yahoo"):
        load("cboe")


BARS = "Date,Open,High,Low,Close"


def test_bars_take_their_symbol_from_the_option_the_profile_or_the_file(tmp_path: Path) -> None:
    path = write(tmp_path / "ndx_daily.csv", BARS, "5/13/2019,1,2,1,2")
    reports = [
        import_file(path, "ohlc_daily", tmp_path / "lake"),
        import_file(path, "ohlc_daily", tmp_path / "lake", symbol="rut"),
        import_file(path, "vix_daily", tmp_path / "lake"),
    ]
    assert [report.symbols for report in reports] == [("NDX",), ("RUT",), ("VIX",)]
    nameless = write(tmp_path / "2019.csv", BARS, "5/13/2019,1,2,1,2")
    with pytest.raises(ProfileError, match="say which"):
        import_file(nameless, "ohlc_daily", tmp_path / "lake")
    with pytest.raises(ProfileError, match="leave out 'SPY'"):
        import_file(write(tmp_path / "x.csv", HEADER, cboe_row()), "cboe_daily", tmp_path / "lake", symbol="SPY")


def test_bars_that_make_no_sense_are_counted_by_reason(tmp_path: Path) -> None:
    lines = [
        "2019-05-13,1,2,1,2",
        "2019-05-13,1,3,1,2",
        "2019-05-14,NaN,2,1,2",
        "2019-05-15,1,2,1,",
        "2019-05-16,1,-2,1,2",
        "2019-05-17,1,2,3,2",
        "2019-05-27,1,2,1,2",
        "later,1,2,1,2",
    ]
    report = import_file(write(tmp_path / "spx.csv", BARS, *lines), "ohlc_daily", tmp_path / "lake")
    assert (report.rows_in, report.stored) == (8, 1)
    reasons = ("duplicate", "high_below_low", "incomplete", "nan", "negative", "no_session", "unreadable")
    assert report.refused == dict.fromkeys(reasons, 1)
    assert Lake(tmp_path / "lake").daily_bars()["high"].to_list() == [3.0]
