"""The fitted market through the gateway's eyes."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from desk.gateway.model import FittedMarket, FittedSource
from desk.gateway.source import FITTED, Floats, Quotes
from desk.market import calendar
from desk.market.contracts import index, option, settlement, stock, years
from desk.market.pricing import black76
from messages.contract import Contract

DAY = date(2019, 5, 13)
NOON = calendar.at(DAY, "12:00")
ETFS = ("SPY", "QQQ", "IWM")


def arrays(quotes: Quotes) -> Floats:
    return np.array([getattr(quotes, name) for name in Quotes.__slots__ if name != "kind"])


def on_ticks(prices: Floats, tick: float) -> bool:
    return bool(np.allclose(prices / tick, np.round(prices / tick), atol=1e-6))


def test_listing_of_13_may_is_the_recorded_one(source: FittedSource) -> None:
    listed = source.listed("SPX", calendar.at(DAY, "09:25"))
    assert len(listed) == len(set(listed)) == 13_522
    assert {c.trading_class for c in listed} == {"SPX", "SPXW"}
    assert any(c.expiry == "20190513" and c.trading_class == "SPXW" for c in listed)
    assert min(c.expiry for c in listed if c.trading_class == "SPX") == "20190516"


def test_what_has_settled_is_no_longer_listed(source: FittedSource) -> None:
    after = source.listed("SPX", calendar.at(DAY, "16:00"))
    assert len(after) == 13_522 - 294
    assert min(settlement(c) for c in after) > calendar.at(DAY, "16:00")


@pytest.mark.parametrize("clock", ["09:30", "12:00", "15:45", "15:59"])
def test_quotes_of_the_whole_chain_are_sound(source: FittedSource, clock: str) -> None:
    at = calendar.at(DAY, clock)
    listed = source.listed("SPX", at)
    q = source.quotes(listed, at)
    assert set(q.kind) == {FITTED}
    for name in ("bid", "ask", "bid_size", "ask_size", "iv", "delta", "gamma", "theta", "vega", "open_interest"):
        assert np.isfinite(getattr(q, name)).all(), name
    assert (q.bid >= 0).all()
    assert (q.ask > q.bid).all()
    assert 0.01 < (q.bid == 0).mean() < 0.2
    for prices in (q.bid, q.ask):
        assert on_ticks(prices[prices < 3.0], 0.05)
        assert on_ticks(prices[prices >= 3.0], 0.10)
    call = np.array([c.right == "C" for c in listed])
    assert (q.delta[call] >= 0).all()
    assert (q.delta[~call] <= 0).all()
    assert (q.iv > 0.02).all()


@pytest.mark.parametrize("symbol", ETFS)
def test_etf_chains_follow_the_index(source: FittedSource, symbol: str) -> None:
    listed = source.listed(symbol, NOON)
    expiries = {c.expiry for c in source.listed("SPX", NOON) if c.trading_class == "SPXW"}
    assert {c.expiry for c in listed} == expiries
    assert {c.trading_class for c in listed} == {symbol}
    q = source.quotes(listed, NOON)
    spot = q.underlying[0]
    near = {c.strike for c in listed if abs(c.strike / spot - 1) < 0.08}
    assert near == {float(k) for k in range(int(min(near)), int(max(near)) + 1)}
    assert (q.ask > q.bid).all()
    assert on_ticks(q.bid, 0.01)
    money = np.array([abs(c.strike / spot - 1) < 0.01 and c.expiry == "20190628" for c in listed])
    assert 0.12 < np.median(q.iv[money]) < 0.35
    assert np.median((q.ask - q.bid)[money]) < 0.1


def test_quotes_lie_about_the_price_of_their_own_volatility(source: FittedSource) -> None:
    listed = [c for c in source.listed("SPX", NOON) if c.expiry > "20190520"]
    q = source.quotes(listed, NOON)
    call = np.array([c.right == "C" for c in listed])
    strike, time = (np.array(x) for x in ([c.strike for c in listed], [years(c, NOON) for c in listed]))
    middle = 0.5 * (q.bid + q.ask)
    # Discount and forward as parity in the quotes themselves has them, expiry by expiry.
    for expiry in sorted({(c.expiry, c.trading_class) for c in listed}):
        own = np.array([(c.expiry, c.trading_class) == expiry for c in listed])
        gap = middle[own & call] - middle[own & ~call]
        slope, level = np.polyfit(strike[own & call], gap, 1)
        price = black76(-level / slope, strike[own], time[own], q.iv[own], -slope, call[own])
        tolerance = 0.35 * (q.ask - q.bid)[own] + 0.3
        assert (np.abs(price - middle[own]) <= tolerance).mean() > 0.98


def test_at_the_snapshot_most_quotes_touch_what_was_recorded(source: FittedSource, market: FittedMarket) -> None:
    """No shared data here: the fitted price itself must lie between the quoted bid and ask."""
    snapshot = market.snapshot(DAY)
    for s in snapshot.slices[1:20]:
        assert s.smile is not None
        options = [option("SPX", s.expiry, k, "P", s.trading_class) for k in s.strikes if k < s.forward]
        q = source.quotes(options, snapshot.at)
        k = np.array([o.strike for o in options]) / s.forward
        price = s.forward * s.discount * s.smile.out_of_the_money(k)
        assert (q.bid <= price + 1e-3).all()
        assert (q.ask >= price - 1e-3).all()


def test_a_condor_of_the_expiring_day_pays_what_one_did(source: FittedSource) -> None:
    at = calendar.at(DAY, "10:00")
    listed = [c for c in source.listed("SPX", at) if c.expiry == "20190513"]
    q = source.quotes(listed, at)
    middle = dict(zip(((c.right, c.strike) for c in listed), (0.5 * (q.bid + q.ask)).tolist(), strict=True))

    def short(right: str, sign: float) -> float:
        own = [
            (abs(sign * float(d) - 0.06), c.strike) for c, d in zip(listed, q.delta, strict=True) if c.right == right
        ]
        return min(own)[1]

    put, call = short("P", -1.0), short("C", 1.0)
    credit = middle["P", put] - middle["P", put - 10] + middle["C", call] - middle["C", call + 10]
    assert 0.4 < credit < 1.5


def test_expiring_options_end_at_their_intrinsic_value(source: FittedSource) -> None:
    at = calendar.at(DAY, "15:59") + 59.9
    listed = [c for c in source.listed("SPX", at) if c.expiry == "20190513"]
    q = source.quotes(listed, at)
    inner = np.array([max(0.0, (q.underlying[0] - c.strike) * (1 if c.right == "C" else -1)) for c in listed])
    assert np.abs(0.5 * (q.bid + q.ask) - inner).max() < 3.0


def test_the_same_seed_gives_the_same_quotes_and_another_gives_others(market: FittedMarket) -> None:
    wanted: list[Contract] = [index("SPX"), index("VIX"), stock("IWM"), option("SPX", "20190621", 2800, "P", "SPXW")]
    one, same, other = (FittedSource(market, seed) for seed in (1, 1, 2))
    one.quotes(wanted, calendar.at(DAY, "10:00"))  # what was asked before makes no difference
    first, again = (arrays(source.quotes(wanted, NOON)) for source in (one, same))
    assert np.array_equal(first, again, equal_nan=True)
    assert one.quotes(wanted, NOON).last[0] != other.quotes(wanted, NOON).last[0]


def test_contracts_may_be_mixed_and_carry_ids(source: FittedSource) -> None:
    known = option("SPX", "20190621", 2800, "P", "SPXW")
    numbered = Contract("SPX", "OPT", expiry="20190621", strike=2800, right="P", trading_class="SPXW", con_id=7)
    bogus = option("SPX", "20190621", 2801, "P", "SPXW")
    q = source.quotes([stock("SPY"), known, bogus, numbered, index("VIX")], NOON)
    assert q.bid[1] == q.bid[3] > 0
    assert np.isnan(q.bid[2])
    assert q.ask[0] - q.bid[0] == pytest.approx(0.02)
    assert np.isnan(q.bid[4])
    assert q.last[4] > 15
    assert source.quotes([], NOON).kind == ()


def test_outside_the_session_options_have_no_bid_and_ask(source: FittedSource) -> None:
    q = source.quotes([option("SPX", "20190621", 2800, "P", "SPXW")], calendar.at(DAY, "09:29"))
    assert np.isnan([q.bid[0], q.ask[0], q.last[0]]).all()
    assert q.close[0] > 0


def test_days_without_a_snapshot_are_modelled_from_one(source: FittedSource) -> None:
    for day in (date(2019, 5, 10), date(2019, 5, 17), date(2018, 12, 24), date(2020, 3, 16)):
        at = calendar.at(day, "11:00")
        listed = source.listed("SPX", at)
        q = source.quotes(listed, at)
        spot, vix = source.quotes([index("SPX"), index("VIX")], at).last
        assert (q.ask > q.bid).all()
        month = np.array([25 <= (date.fromisoformat(c.expiry) - day).days <= 35 for c in listed])
        money = np.array([abs(c.strike / spot - 1) < 0.01 for c in listed])
        # VIX weighs the whole smile and lies a few points above at-the-money volatility.
        assert 0.6 * vix / 100 < np.median(q.iv[month & money]) < 1.1 * vix / 100


def test_volume_grows_through_the_day_and_open_interest_stays(source: FittedSource) -> None:
    listed = source.listed("SPX", NOON)
    early, late = (source.quotes(listed, calendar.at(DAY, clock)) for clock in ("10:00", "15:00"))
    assert (late.volume >= early.volume).all()
    assert late.volume.sum() > early.volume.sum()
    assert (late.open_interest == early.open_interest).all()


def test_daily_history_reaches_a_year_back(source: FittedSource) -> None:
    at = calendar.at(DAY, "09:25")
    for contract in (index("SPX"), stock("SPY"), stock("QQQ"), stock("IWM")):
        bars, implied = (source.daily(contract, what, at) for what in ("TRADES", "OPTION_IMPLIED_VOLATILITY"))
        assert bars[-1].date == implied[-1].date == "20190510"
        assert len(bars) > 252
        assert len(implied) > 252
        assert all(0.05 < bar.close < 0.8 for bar in implied)
    assert source.daily(index("SPX"), "OPTION_IMPLIED_VOLATILITY", at)[-1].close == pytest.approx(0.1604)
    assert source.daily(index("VIX"), "TRADES", at)[-1].close == 16.04
    assert source.daily(index("SPX"), "TRADES", calendar.at(DAY, "16:00"))[-1].date == "20190513"
    assert source.daily(index("SPX"), "MIDPOINT", at) == []
