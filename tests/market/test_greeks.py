from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from desk.market.american import american
from desk.market.calendar import at
from desk.market.contracts import dte, option, years
from desk.market.greeks import fill_greeks, forward_from_parity
from desk.market.pricing import black76
from messages.contract import Contract, Quote
from tests.market.recorded import spx_2019

DAY = date(2019, 5, 13)
NOON = at(DAY, "12:00")
STRIKES = np.arange(2600.0, 3001.0, 25.0)


def chain(
    forward: float, spread: float = 0.2, rate: float = 0.02, vol: float = 0.2, spot: float = 2800.0
) -> list[Quote]:
    """Quotes of one expiry around their Black-76 value, calls then puts."""
    found = []
    for right in "CP":
        for strike in STRIKES:
            contract = option("SPX", "20190628", float(strike), right, "SPXW")
            t = years(contract, NOON)
            value = float(black76(forward, strike, t, vol, np.exp(-rate * t), right == "C"))
            found.append(Quote(contract, NOON, bid=value - spread / 2, ask=value + spread / 2, underlying=spot))
    return found


def test_the_forward_is_the_medians_near_the_money() -> None:
    calls, puts = np.array([55.0, 30.0, 12.0, np.nan]), np.array([4.0, 9.0, 16.0, 40.0])
    assert forward_from_parity([2750, 2780, 2806, 2850], calls, puts, 1.0) == 2801.0
    assert forward_from_parity([2750, 2780, 2806, 2850], calls, puts, 0.5) == 2780 + 42


def test_one_absurd_quote_does_not_move_the_forward() -> None:
    strike = np.arange(2700.0, 2900.0, 5.0)
    call, put = np.maximum(2800 - strike, 0) + 20, np.maximum(strike - 2800, 0) + 20
    call[20] += 400
    assert forward_from_parity(strike, call, put, 1.0) == 2800.0


def test_no_forward_without_a_pair() -> None:
    assert np.isnan(forward_from_parity([], [], [], 1.0))
    assert np.isnan(forward_from_parity([2800], [10.0], [np.nan], 1.0))


def test_volatility_and_greeks_come_back_from_the_mid() -> None:
    filled = fill_greeks(chain(forward=2812.0), NOON, rate=0.02)
    assert {q.greeks_source for q in filled} == {"mid"}
    assert [q.iv for q in filled] == pytest.approx([0.2] * len(filled), abs=1e-7)
    for quote in filled:
        assert quote.delta is not None
        assert (quote.delta > 0) is (quote.contract.right == "C")
        assert quote.theta is not None
        assert quote.theta < 0


def test_what_the_broker_sent_is_left_alone() -> None:
    quotes = chain(forward=2812.0)
    quotes[3] = replace(quotes[3], iv=0.3, delta=0.5, gamma=0.1, theta=-1.0, vega=2.0, greeks_source="model")
    filled = fill_greeks(quotes, NOON, rate=0.02)
    assert filled[3] is quotes[3]
    assert [q.contract for q in filled] == [q.contract for q in quotes]


@pytest.mark.parametrize(
    ("bid", "ask"), [(None, 2.0), (2.0, None), (3.0, 2.0), (0.0, 0.0), (float("nan"), 2.0), (-1.0, -1.0)]
)
def test_a_bad_quote_stays_as_it_is(bid: float | None, ask: float | None) -> None:
    quotes = chain(forward=2812.0)
    quotes[5] = replace(quotes[5], bid=bid, ask=ask)
    filled = fill_greeks(quotes, NOON, rate=0.02)
    assert filled[5] is quotes[5]
    assert filled[6].iv == pytest.approx(0.2, abs=1e-7)


def test_a_mid_that_no_volatility_explains_stays_as_it_is() -> None:
    quotes = chain(forward=2812.0)
    quotes[0] = replace(quotes[0], bid=100.0, ask=101.0)
    filled = fill_greeks(quotes, NOON, rate=0.02)[0]
    assert (filled.iv, filled.missing) == (None, ("no_time_value",))
    quotes[0] = replace(quotes[0], bid=3000.0, ask=3001.0)
    assert fill_greeks(quotes, NOON, rate=0.02)[0].missing == ("no_volatility",)


def test_without_pairs_the_underlying_is_carried() -> None:
    t = years(option("SPX", "20190628", 2800.0, "C", "SPXW"), NOON)
    calls = [q for q in chain(forward=2800.0 * np.exp(0.02 * t)) if q.contract.right == "C"]
    assert [q.iv for q in fill_greeks(calls, NOON, rate=0.02)] == pytest.approx([0.2] * len(calls), abs=1e-7)


def test_without_pairs_and_underlying_nothing_is_made_up() -> None:
    calls = [replace(q, underlying=None) for q in chain(forward=2800.0) if q.contract.right == "C"]
    explained = [replace(q, missing=("no_forward",)) for q in calls]
    assert fill_greeks(calls, NOON, rate=0.02) == explained
    assert fill_greeks(explained, NOON, rate=0.02) == explained


def test_expired_options_say_so_and_stocks_pass_through() -> None:
    quotes = chain(forward=2812.0)
    filled = fill_greeks(quotes, at(date(2019, 7, 1), "12:00"), rate=0.02)
    assert filled == [replace(q, missing=("expired",)) for q in quotes]
    assert fill_greeks([], NOON, rate=0.02) == []
    stock = Quote(Contract("SPY", "STK"), NOON, bid=281.0, ask=281.1)
    assert fill_greeks([stock], NOON, rate=0.02) == [stock]


def test_an_etfs_chain_comes_back_from_its_american_mids() -> None:
    t = years(option("SPY", "20190628", 280.0, "C", "SPY"), NOON)
    forward, discount = 280.0 * np.exp(0.01 * t), np.exp(-0.024 * t)
    quotes = []
    for right in "CP":
        for strike in np.arange(262.0, 299.0, 2.0):
            value = float(american(280.0, forward, strike, t, 0.17, discount, right == "C"))
            contract = option("SPY", "20190628", float(strike), right, "SPY")
            quotes.append(Quote(contract, NOON, bid=value - 0.01, ask=value + 0.01, underlying=280.0))
    filled = fill_greeks(quotes, NOON, rate=0.024)
    found = [q.iv for q in filled if q.iv is not None]
    assert len(found) >= len(quotes) - 2  # puts that are best exercised now tell nothing
    assert found == pytest.approx([0.17] * len(found), abs=0.0015)
    assert all(q.iv is not None or q.missing == ("no_time_value",) for q in filled)


def test_a_recorded_chain_agrees_with_cboes_own_figures(shared: Path) -> None:
    t = at(DAY, "15:45")
    quotes, rows = spx_2019(shared, DAY, t)
    filled = fill_greeks(quotes, t, rate=0.024)
    iv_gap, delta_gap = [], []
    for quote, theirs_iv, theirs_delta in zip(filled, rows["impliedvol"], rows["delta"], strict=True):
        near = 7 <= dte(quote.contract.expiry, t) <= 75 and quote.underlying is not None
        if near and quote.iv is not None and quote.delta is not None and 0.05 <= abs(quote.delta) <= 0.95:
            iv_gap.append(abs(quote.iv - theirs_iv))
            delta_gap.append(abs(quote.delta - theirs_delta))
    assert len(iv_gap) > 2_000
    assert np.median(iv_gap) < 0.0005
    assert np.quantile(iv_gap, 0.9) < 0.003
    assert np.quantile(delta_gap, 0.9) < 0.003


def test_volatilities_of_45_to_75_days_on_every_recorded_day(shared: Path) -> None:
    """Every tenth of the 33 days; those of the bound are |delta| 0.05 to 0.95 of SPX and SPXW."""
    iv_gap, delta_gap = [], []
    for day in (date(2019, 4, 25), date(2019, 5, 9), date(2019, 5, 24), date(2019, 6, 13)):
        t = at(day, "15:45")
        quotes, rows = spx_2019(shared, day, t)
        for quote, iv, delta in zip(fill_greeks(quotes, t, 0.024), rows["impliedvol"], rows["delta"], strict=True):
            if not 45 <= dte(quote.contract.expiry, t) <= 75 or quote.iv is None or quote.delta is None:
                continue
            if 0.05 <= abs(quote.delta) <= 0.95 and iv > 0:
                iv_gap.append(abs(quote.iv - iv))
                delta_gap.append(abs(quote.delta - delta))
    assert len(iv_gap) > 2_000
    assert np.median(iv_gap) < 0.0005
    assert np.median(delta_gap) < 0.001
