"""A replayed market shows what was recorded, while it holds, and nothing else."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from desk.gateway.recording import by_day
from desk.gateway.replay import ReplaySource
from desk.gateway.source import FITTED, REPLAY
from desk.market import calendar
from desk.market.contracts import YEAR, index, option, settlement, stock
from desk.market.pricing import greeks
from messages.contract import Contract

DAY = date(2026, 7, 14)
TEN = calendar.at(DAY, "10:00")
PUT = option("SPY", "20260821", 600.0, "P", "SPY")
CALL = option("SPY", "20260714", 610.0, "C", "SPY")
FIGURES = ("bid", "ask", "last", "iv", "delta", "gamma", "theta", "vega", "underlying")


def row(at: float, contract: Contract = PUT, **figures: float | None) -> dict[str, Any]:
    named = {
        "timestamp": datetime.fromtimestamp(at, UTC),
        "symbol": contract.symbol,
        "strike": contract.strike,
        "expiry": contract.expiry,
        "right": contract.right,
        "trading_class": contract.trading_class,
    }
    return named | {name: figures.get(name) for name in (*FIGURES, "volume", "open_interest")}


def lake(*rows: dict[str, Any]) -> pl.DataFrame:
    types: dict[str, Any] = dict.fromkeys(FIGURES, pl.Float64) | dict.fromkeys(("volume", "open_interest"), pl.Int64)
    return pl.DataFrame(rows, schema_overrides=types | {"timestamp": pl.Datetime("us", "UTC")})


BARS = pl.DataFrame(
    {
        "symbol": ["SPY", "SPY", "VIX", "VIX"],
        "date": [date(2026, 7, 13), DAY] * 2,
        "open": [600.0, 602.0, 15.0, 16.0],
        "high": [606.0, 607.0, 17.0, 18.0],
        "low": [599.0, 598.0, 14.0, 15.5],
        "close": [603.5, 601.0, 16.5, 17.5],
        "volume": pl.Series([1000, 2000, None, None], dtype=pl.Int64),
    }
)


@pytest.fixture
def source() -> ReplaySource:
    rows = lake(
        row(
            TEN, bid=3.17, ask=3.29, last=3.2, volume=12, open_interest=3400, iv=0.2113, delta=-0.31, underlying=602.37
        ),
        row(TEN, CALL, bid=0.0, ask=0.01, underlying=602.37),
        row(TEN + 240, bid=3.01, ask=3.11, underlying=603.02),
        row(calendar.at(date(2026, 7, 15), "10:00"), bid=9.0, ask=9.5, underlying=590.0),
    )
    return ReplaySource(by_day(rows), BARS, hold=300.0)


def test_a_quote_is_returned_exactly_and_what_is_missing_stays_so(source: ReplaySource) -> None:
    q = source.quotes([PUT, CALL], TEN)
    assert (q.bid[0], q.ask[0], q.last[0], q.iv[0], q.delta[0]) == (3.17, 3.29, 3.2, 0.2113, -0.31)
    assert (q.volume[0], q.open_interest[0], q.underlying[0]) == (12, 3400, 602.37)
    assert np.isnan([q.close[0], q.bid_size[0]]).all()
    assert (q.bid[1], q.ask[1]) == (0.0, 0.01)
    assert np.isnan([q.last[1], q.volume[1], q.iv[1], q.gamma[1], q.theta[1], q.vega[1]]).all()
    assert q.kind == (REPLAY, REPLAY)


def test_greeks_recorded_in_part_are_completed_at_the_recorded_volatility() -> None:
    partly = row(TEN, iv=0.2, delta=-0.3, underlying=602.0)
    source = ReplaySource(by_day(lake(partly, row(TEN, CALL, iv=0.2, underlying=602.0))), None)
    q = source.quotes([PUT, CALL], TEN)
    years = (settlement(PUT) - TEN) / YEAR
    own = greeks(602.0, 600.0, years, 0.2, 1.0, call=False, spot=602.0)
    assert (q.iv[0], q.delta[0]) == (0.2, -0.3)
    assert (q.gamma[0], q.theta[0], q.vega[0]) == pytest.approx((float(own.gamma), float(own.theta), float(own.vega)))
    assert np.isnan([q.delta[1], q.gamma[1], q.theta[1], q.vega[1]]).all()
    whole = row(TEN, iv=0.2, delta=-0.3, gamma=1.0, theta=2.0, vega=3.0, underlying=602.0)
    q = ReplaySource(by_day(lake(whole)), None).quotes([PUT], TEN)
    assert (q.gamma[0], q.theta[0], q.vega[0]) == (1.0, 2.0, 3.0)


@pytest.mark.parametrize(
    ("after", "bid"),
    [(-0.001, np.nan), (0, 3.17), (239.9, 3.17), (240, 3.01), (539.9, 3.01), (540, np.nan), (3600, np.nan)],
)
def test_it_holds_until_the_next_recording_or_its_time_is_up(source: ReplaySource, after: float, bid: float) -> None:
    assert source.quotes([PUT], TEN + after).bid[0] == pytest.approx(bid, nan_ok=True, abs=0)


def test_contracts_stay_listed_all_day_until_they_settle(source: ReplaySource) -> None:
    assert set(source.listed("SPY", calendar.at(DAY, "09:31"))) == {PUT, CALL}
    assert list(source.listed("SPY", calendar.at(DAY, "16:00"))) == [PUT]
    assert list(source.listed("QQQ", TEN)) == []


def test_the_underlying_is_what_was_recorded_beside_the_options(source: ReplaySource) -> None:
    first, later = (source.quotes([stock("SPY")], TEN + s) for s in (10, 539))
    assert (first.last[0], first.bid[0], first.ask[0], first.close[0]) == (602.37, 602.36, 602.38, 603.5)
    assert (later.last[0], later.kind) == (603.02, (REPLAY,))
    assert source.quotes([stock("SPY")], TEN + 540).kind == (FITTED,)
    bar = source.day(stock("SPY"), TEN + 300)
    assert bar is not None
    assert (bar.open, bar.close) == (602.0, 603.02)
    assert 598.0 <= bar.low <= 602.0
    assert 603.02 <= bar.high <= 607.0


def test_without_a_daily_bar_the_newest_recorded_price_stands() -> None:
    rows = lake(row(TEN, bid=1.0, ask=1.1, underlying=602.37), row(TEN + 240, bid=1.0, ask=1.1, underlying=603.02))
    bare = ReplaySource(by_day(rows), None)
    q = bare.quotes([stock("SPY")], TEN + 1000)
    assert (q.last[0], q.kind) == (603.02, (REPLAY,))
    bar = bare.day(stock("SPY"), TEN + 1000)
    assert bar is not None
    assert (bar.open, bar.high, bar.low, bar.close) == (602.37, 603.02, 602.37, 603.02)


def test_a_path_through_the_daily_bar_shows_the_day_and_says_that_it_is_modelled(source: ReplaySource) -> None:
    vix = index("VIX")
    times = [calendar.at(DAY, "09:30") + 60 * n for n in range(391)]
    shown = [source.quotes([vix], t) for t in times]
    levels = [float(q.last[0]) for q in shown]
    assert (levels[0], max(levels), min(levels), levels[-1]) == (16.0, 18.0, 15.5, 17.5)
    assert [q.kind[0] for q in shown] == [FITTED] * 390 + [REPLAY]
    outside = [source.quotes([vix], calendar.at(DAY, c)).last[0] for c in ("09:00", "16:00", "20:00")]
    assert outside == [16.5, 17.5, 17.5]
    assert {float(q.close[0]) for q in shown} == {16.5}
    assert np.isnan(shown[0].bid[0])


def test_nobody_sees_a_day_s_range_or_close_before_it_happened(source: ReplaySource) -> None:
    vix = index("VIX")
    for n in range(391):
        t = calendar.at(DAY, "09:30") + 60 * n
        bar = source.day(vix, t)
        seen = [float(source.quotes([vix], calendar.at(DAY, "09:30") + 60 * m).last[0]) for m in range(0, n + 1, 30)]
        assert bar is not None
        assert bar.close == source.quotes([vix], t).last[0]
        assert bar.low - 0.005 <= min(seen)  # levels are shown in cents
        assert bar.high + 0.005 >= max(seen)
        assert [b.date for b in source.daily(vix, "TRADES", t)] == (
            ["20260713"] if n < 390 else ["20260713", "20260714"]
        )
    early = source.day(vix, calendar.at(DAY, "09:30"))
    assert early is not None
    assert (early.high, early.low) == (16.0, 16.0)


def test_another_seed_is_another_path_through_the_same_prices() -> None:
    rows = by_day(lake(row(TEN, bid=1.0, ask=1.1, underlying=602.37)))
    one, same, other = (ReplaySource(rows, BARS, seed=seed) for seed in (1, 1, 2))

    def at(source: ReplaySource, t: float) -> float:
        return float(source.quotes([stock("SPY")], t).last[0])

    later = [TEN + 3600 * n for n in range(1, 6)]
    assert [at(one, t) for t in later] == [at(same, t) for t in later] != [at(other, t) for t in later]
    for t in (calendar.at(DAY, "09:30"), TEN, calendar.at(DAY, "16:00")):
        assert at(one, t) == at(other, t)


def test_known_are_what_was_recorded_that_day_and_what_has_a_price(source: ReplaySource) -> None:
    assert [c.symbol for c in source.underlyings(TEN)] == ["SPY", "VIX"]
    bare = ReplaySource(by_day(lake(row(TEN, bid=1.0, ask=1.1, underlying=600.0))), None)
    assert [c.symbol for c in bare.underlyings(calendar.at(DAY, "09:30"))] == ["SPY"]
    assert np.isnan(bare.quotes([stock("SPY")], calendar.at(DAY, "09:30")).last[0])
    assert bare.day(stock("SPY"), calendar.at(DAY, "09:30")) is None


def test_daily_bars_are_those_of_closed_sessions(source: ReplaySource) -> None:
    assert [bar.date for bar in source.daily(stock("SPY"), "TRADES", TEN)] == ["20260713"]
    assert [bar.date for bar in source.daily(stock("SPY"), "TRADES", calendar.at(DAY, "16:00"))] == [
        "20260713",
        "20260714",
    ]
    assert source.daily(stock("SPY"), "OPTION_IMPLIED_VOLATILITY", TEN) == []
    assert source.daily(PUT, "TRADES", TEN) == []


def test_over_several_days_each_shows_its_own(source: ReplaySource) -> None:
    first, second, third = DAY, date(2026, 7, 15), date(2026, 7, 16)
    assert source.quotes([PUT], calendar.at(second, "10:00")).bid[0] == 9.0
    assert np.isnan(source.quotes([PUT], calendar.at(second, "09:59")).bid[0])
    assert list(source.listed("SPY", calendar.at(second, "12:00"))) == [PUT]
    assert source.quotes([stock("SPY")], calendar.at(second, "10:01")).last[0] == 590.0
    assert source.quotes([stock("SPY")], calendar.at(second, "09:00")).close[0] == 601.0
    assert source.quotes([PUT], TEN).bid[0] == 3.17, f"{first} can be asked for again"
    assert np.isnan(source.quotes([PUT], calendar.at(third, "10:00")).bid[0])


def test_a_day_without_a_recording_has_contracts_and_no_quotes(source: ReplaySource) -> None:
    missing, weekend, long_after = date(2026, 7, 16), date(2026, 7, 18), date(2026, 7, 24)
    for day in (missing, weekend):
        assert list(source.listed("SPY", calendar.at(day, "10:00"))) == [PUT]
        assert np.isnan(source.quotes([PUT], calendar.at(day, "10:00")).bid[0])
        assert stock("SPY") in source.underlyings(calendar.at(day, "10:00"))
    assert list(source.listed("SPY", calendar.at(long_after, "10:00"))) == []
    settled = [c for c in source.listed("SPY", calendar.at(missing, "10:00")) if c.expiry < "20260716"]
    assert settled == []


def test_recordings_on_a_holiday_are_not_replayed() -> None:
    holiday = date(2019, 5, 27)
    rows = lake(row(calendar.at(holiday, "15:45"), bid=1.0, ask=1.1, underlying=280.0))
    source = ReplaySource(by_day(rows), None)
    assert np.isnan(source.quotes([PUT], calendar.at(holiday, "15:45")).bid[0])


def test_an_am_settled_monthly_is_listed_until_its_morning() -> None:
    monthly = option("SPX", "20190516", 2800.0, "P", "SPX")
    at = calendar.at(date(2019, 5, 16), "15:45")
    source = ReplaySource(by_day(lake(row(at, monthly, bid=1.0, ask=1.2, underlying=2876.0))), None)
    assert list(source.listed("SPX", at)) == [monthly]
    assert source.underlyings(at) == [index("SPX")]


def test_a_whole_recorded_chain_is_replayed_to_the_cent(shared: Path) -> None:
    raw = pl.read_parquet(shared / "data/chains_eod/yahoo_spy_qqq_iwm_2026-07-14_1555.parquet")
    columns = ("symbol", "expiration", "strike", "side", "bid", "ask")
    at = calendar.at(DAY, "15:55")
    recorded = {}
    for symbol, expiration, strike, side, bid, ask in raw.select(columns).drop_nulls().iter_rows():
        recorded[option(symbol, expiration.replace("-", ""), strike, side[0].upper(), symbol)] = bid, ask
    rows = lake(*(row(at, c, bid=bid, ask=ask) for c, (bid, ask) in recorded.items()))
    source = ReplaySource(by_day(rows), None)
    q = source.quotes(list(recorded), at + 60)
    assert len(recorded) > 20_000
    assert list(zip(q.bid.tolist(), q.ask.tolist(), strict=True)) == list(recorded.values())
