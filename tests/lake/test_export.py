from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from desk.lake import daily_iv, rows
from desk.lake.export import export
from desk.lake.export.days import FEATURES, TARGETS, realised
from desk.lake.export.smile import COLUMNS
from desk.lake.imports import import_file
from desk.lake.origin import claim
from desk.lake.queries import Lake
from desk.lake.writer import Writer
from desk.market.calendar import at, next_session
from desk.market.contracts import option, years
from desk.market.pricing import black76, greeks
from messages.contract import Bar, Quote
from messages.data import Batch, DailyBars, Slot

FIRST = date(2019, 3, 1)
KEY = ["symbol", "date", "cycle"]


def sessions(count: int) -> list[date]:
    found = [FIRST]
    while len(found) < count:
        found.append(next_session(found[-1]).date)
    return found


DAYS = sessions(60)


def level(n: int) -> float:
    return 280.0 * math.exp(0.002 * n + 0.01 * math.sin(n))


def chain(day: date, clock: str, spot: float, vol: float) -> Batch:
    cycle = at(day, clock)
    quotes = []
    for weeks, more in ((3, 0.01), (7, 0.0)):
        expiry = day.fromordinal(day.toordinal() + 7 * weeks)
        expiry = next_session(expiry.fromordinal(expiry.toordinal() - 1)).date
        for strike in np.arange(round(spot * 0.9), round(spot * 1.1), 4.0):
            for right in "PC":
                contract = option("SPY", f"{expiry:%Y%m%d}", float(strike), right, "SPY")
                t = years(contract, cycle)
                iv = vol + more - 0.3 * math.log(strike / spot)
                call = right == "C"
                value = float(black76(spot, strike, t, iv, 1.0, call))
                g = greeks(spot, strike, t, iv, 1.0, call, spot)
                quote = Quote(contract, cycle + 3, bid=max(value - 0.02, 0.0), ask=value + 0.02, underlying=spot)
                known = replace(quote, iv=iv, delta=float(g.delta), gamma=float(g.gamma), theta=float(g.theta))
                sized = replace(known, vega=float(g.vega), volume=10, open_interest=20 if call else 30)
                quotes.append(replace(sized, greeks_source="model"))
    return Batch("c", "1", Slot("SPY", cycle, "COMPLETE", vix=100 * vol), tuple(quotes))


def a_lake(root: Path, change: Callable[[date, float], float] = lambda _, x: x) -> Lake:
    """Sixty days of bars and volatilities, the last ten with two chains each; `change` alters figures by their day."""
    claim(root, "fitted")
    bars = []
    for n, day in enumerate(DAYS):
        close = change(day, level(n))
        bars.append(Bar(f"{day:%Y%m%d}", close, close, close, close))
    vix = tuple(
        replace(bar, close=change(day, 15 + n % 7)) for n, (day, bar) in enumerate(zip(DAYS, bars, strict=True))
    )
    vols = [Bar(bar.date, 0, v, v, v) for bar in bars[:-10] if (v := 0.15 + int(bar.date[-1]) / 100)]
    with Writer(root, "desk") as writer:
        writer.accept(rows.of_bars(DailyBars("", "", "SPY", tuple(bars))))
        writer.accept(rows.of_bars(DailyBars("", "", "VIX", vix)))
        writer.accept(daily_iv.of_bars("SPY", vols))
        for n, day in enumerate(DAYS[-10:], len(DAYS) - 10):
            for clock in ("10:00", "15:00"):
                writer.accept(rows.of_batch(chain(day, clock, change(day, level(n)), change(day, 0.16 + n % 3 / 100))))
        writer.drain()
    return Lake(root)


def read(folder: Path) -> tuple[pl.DataFrame, pl.DataFrame]:
    return tuple(pl.read_parquet(folder / f"{name}.parquet").sort(KEY) for name in ("features", "targets"))  # type: ignore[return-value]  # two of them


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> tuple[pl.DataFrame, pl.DataFrame]:
    folder = tmp_path_factory.mktemp("plain")
    report = export(a_lake(folder / "lake"), folder / "out")
    assert (report.rows, report.symbols) == (20, ("SPY",))
    return read(folder / "out")


@pytest.mark.parametrize("n", [3, 6])
def test_changing_the_future_moves_targets_and_no_feature(
    tmp_path: Path, plain: tuple[pl.DataFrame, pl.DataFrame], n: int
) -> None:
    """Everything from a day on is other: chains, bars, VIX, volatilities. What was exported of days before it stays."""
    turn = DAYS[-10 + n]
    lake = a_lake(tmp_path / "lake", lambda day, x: x * 1.3 if day >= turn else x)
    export(lake, tmp_path / "out")
    features, targets = read(tmp_path / "out")
    before = pl.col("date") < turn
    assert features.filter(before).equals(plain[0].filter(before))
    assert len(features.filter(before)) == 2 * n
    assert not features.filter(~before).equals(plain[0].filter(~before))
    last = pl.col("date") == DAYS[-10 + n - 1]
    assert not targets.filter(last).equals(plain[1].filter(last))


def test_a_later_cycle_of_the_same_day_moves_no_feature_of_an_earlier(
    tmp_path: Path, plain: tuple[pl.DataFrame, pl.DataFrame]
) -> None:
    lake, day = a_lake(tmp_path / "lake"), DAYS[-4]
    with Writer(tmp_path / "lake", "desk") as writer:
        writer.accept(rows.of_batch(chain(day, "15:00", 333.0, 0.9)))
        writer.drain()
    export(lake, tmp_path / "out")
    features, _ = read(tmp_path / "out")
    morning = pl.col("cycle") == rows.instant(at(day, "10:00"))
    assert features.filter(morning).equals(plain[0].filter(morning))
    afternoon = pl.col("cycle") == rows.instant(at(day, "15:00"))
    assert features.filter(afternoon)["underlying"].item() == 333.0


def test_features_are_what_they_are_said_to_be(plain: tuple[pl.DataFrame, pl.DataFrame]) -> None:
    features, _ = plain
    assert features.columns == [*KEY, *COLUMNS, *FEATURES]
    row = features.row(0, named=True)
    n = len(DAYS) - 10
    assert row["underlying"] == pytest.approx(level(n))
    assert row["timestamp"] == rows.instant(at(DAYS[n], "10:00") + 3)
    assert row["atm_iv"] == pytest.approx(0.17 + 0.01 * (n % 3) - 0.3 * 0.0, abs=0.01)
    assert row["iv_near"] - row["iv_far"] == pytest.approx(0.01, abs=1e-6)
    assert row["iv_far"] < row["iv30"] < row["iv_near"]
    assert row["term_slope"] == pytest.approx(-0.01 / 28 * 30, rel=0.1)
    assert row["skew"] > 0.01  # puts above calls
    assert abs(row["curvature"]) < 0.005
    assert (row["put_call_open_interest"], row["put_call_volume"]) == (1.5, 1.0)
    assert (row["iv_days"], row["iv_rank_sufficient"], row["trend"]) == (50, True, "uptrend")
    assert row["vix"] == pytest.approx(100 * (0.16 + n % 3 / 100))
    assert row["vix_change"] == pytest.approx(row["vix"] / (15 + (n - 1) % 7) - 1)
    assert row["realised_vol"] == pytest.approx(realised([level(k) for k in range(n - 21, n)]))


def test_targets_are_the_closes_after(plain: tuple[pl.DataFrame, pl.DataFrame]) -> None:
    _, targets = plain
    assert targets.columns == [*KEY, *TARGETS]
    first, last = targets.row(0, named=True), targets.row(-1, named=True)
    n = len(DAYS) - 10
    assert first["return_1d"] == pytest.approx(math.log(level(n + 1) / level(n)), abs=1e-9)
    assert first["return_5d"] == pytest.approx(math.log(level(n + 5) / level(n)), abs=1e-9)
    assert first["realised_vol_5d"] == pytest.approx(realised([level(k) for k in range(n, n + 6)]))
    assert first["return_21d"] is None
    assert all(last[name] is None for name in TARGETS)


def test_a_session_that_is_missing_does_not_shift_the_horizon(tmp_path: Path) -> None:
    claim(tmp_path / "lake", "fitted")
    with Writer(tmp_path / "lake", "desk") as writer:
        for n in (0, 1, 3):
            writer.accept(rows.of_batch(chain(DAYS[n], "15:00", 280.0 + n, 0.2)))
        writer.drain()
    report = export(Lake(tmp_path / "lake"), tmp_path / "out")
    _, targets = read(tmp_path / "out")
    assert targets["return_1d"].to_list() == [pytest.approx(math.log(281 / 280)), None, None]
    assert report.card["symbols"][0]["gaps"] == [DAYS[2].isoformat()]


def test_the_card_tells_coverage_gaps_and_sources(tmp_path: Path, cboe: Path, underlying: Path) -> None:
    chosen = pl.read_parquet(cboe).filter(pl.col("quotedate").dt.date().is_between(date(2019, 5, 7), date(2019, 5, 15)))
    chosen.write_parquet(tmp_path / "some.parquet")
    root = tmp_path / "lake"
    import_file(tmp_path / "some.parquet", "cboe_daily", root)
    import_file(underlying / "vix_daily_1990_2026_pddl.csv", "vix_daily", root)
    import_file(underlying / "SPX_History_cboe_close.csv", "ohlc_daily", root)
    report = export(Lake(root), tmp_path / "out", ("SPX", "SPY"))
    features, targets = read(tmp_path / "out")
    assert report.symbols == ("SPX",)
    (of,) = json.loads((tmp_path / "out/card.json").read_text())["symbols"]
    assert (of["days"], of["gaps"]) == (6, ["2019-05-10"])
    assert of["greeks"] == {"vendor": len(chosen)}
    assert (of["features_known"]["skew"], of["features_known"]["vix"], of["targets_known"]["return_21d"]) == (1, 1, 1)
    assert of["features_known"]["atm_vega"] == 0  # the vendor has none
    page = (tmp_path / "out/card.md").read_text()
    assert "Sessions without a chain: 2019-05-10." in page
    assert all(f"`{name}`" in page for name in (*COLUMNS, *FEATURES, *TARGETS))
    monday = features.filter(date=date(2019, 5, 13)).row(0, named=True)
    assert monday["vix"] == 16.04  # the close before, for a vendor's chain has none of its own
    assert monday["skew"] > 0.03
    assert targets.filter(date=date(2019, 5, 13))["realised_vol_21d"].item() == pytest.approx(0.13, abs=0.05)


def test_nothing_recorded_makes_empty_files(tmp_path: Path) -> None:
    report = export(Lake(tmp_path / "nowhere"), tmp_path / "out")
    assert (report.rows, report.symbols) == (0, ())
    assert (tmp_path / "out/card.md").exists()
