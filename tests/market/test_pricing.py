import csv
import gzip
import json
from pathlib import Path

import numpy as np
import pytest
import QuantLib
from hypothesis import given, settings
from hypothesis import strategies as st

from desk.market.pricing import black76, greeks, implied_vol


def test_quantlibs_reference_values(shared: Path) -> None:
    with (shared / "data/pricing/quantlib_european_option_values.csv").open() as file:
        rows = [row for row in csv.DictReader(file) if row["test"] == "testValues"]
    assert len(rows) > 20
    spot, strike, q, r, t, vol = (
        np.array([float(row[k]) for row in rows]) for k in ("spot", "strike", "q", "r", "t", "vol")
    )
    call = np.array([row["type"] == "Call" for row in rows])
    found = black76(spot * np.exp((r - q) * t), strike, t, vol, np.exp(-r * t), call)
    expected, tolerance = (np.array([float(row[k]) for row in rows]) for k in ("result", "tol"))
    assert (np.abs(found - expected) <= tolerance).all()


def test_py_vollibs_prices_and_greeks(shared: Path) -> None:
    table = json.loads((shared / "data/pricing/py_vollib_test_data.json").read_text())
    column = dict(zip(table["columns"], np.array(table["data"], dtype=float).T, strict=True))
    spot, strike, rate, t, vol = (column[k] for k in "SKRtv")
    forward, discount = spot * np.exp(rate * t), np.exp(-rate * t)
    for call, side in ((True, "C"), (False, "P")):
        found = black76(forward, strike, t, vol, discount, call)
        np.testing.assert_allclose(found, column["bs_call" if call else "bs_put"], rtol=1e-5, atol=1e-9)
        g = greeks(forward, strike, t, vol, discount, call, spot)
        np.testing.assert_allclose(g.delta, column[f"{side}D"], rtol=1e-5, atol=1e-9)
        np.testing.assert_allclose(g.gamma, column[f"{side}G"], rtol=1e-3, atol=1e-9)
        np.testing.assert_allclose(g.vega, column[f"{side}V"] / 100, rtol=1e-5, atol=1e-9)
        np.testing.assert_allclose(g.theta, column[f"{side}T"] / 365, rtol=1e-5, atol=1e-9)


def test_lets_be_rationals_values(shared: Path) -> None:
    with gzip.open(shared / "data/pricing/lets_be_rational_TestValues.json.gz") as file:
        table = json.load(file)
    column = {k: np.array([row[k] for row in table["input"]], dtype=float) for k in table["input"][0]}
    price = np.array([row["black"] for row in table["output"]])
    f, k, t, call = column["F"], column["K"], column["T"], column["q"] > 0
    np.testing.assert_allclose(black76(f, k, t, column["sigma"], 1.0, call), price, rtol=1e-12, atol=1e-14)
    expected = np.array([row["implied_volatility_from_a_transformed_rational_guess"] for row in table["output"]])
    found = implied_vol(price, f, k, t, 1.0, call)
    # An in-the-money price has lost the digits that its intrinsic value takes: compare as far as vega allows.
    vega = np.maximum(greeks(f, k, t, expected, 1.0, call, f).vega * 100, 1e-300)
    told = np.spacing(price) / vega < 1e-12
    assert told.sum() > 800
    np.testing.assert_allclose(found[told], expected[told], rtol=0, atol=1e-9)


def test_greeks_agree_with_quantlib() -> None:
    today = QuantLib.Date(13, 5, 2019)
    QuantLib.Settings.instance().evaluationDate = today
    days = QuantLib.Actual365Fixed()
    spot, rate, carry, vol = 2811.87, 0.024, 0.019, 0.21
    for strike, right, tenor in [(2500, "P", 53), (2985, "C", 53), (2800, "P", 3), (2900, "C", 3), (2811.87, "C", 400)]:
        process = QuantLib.BlackScholesMertonProcess(
            QuantLib.QuoteHandle(QuantLib.SimpleQuote(spot)),
            QuantLib.YieldTermStructureHandle(QuantLib.FlatForward(today, carry, days)),
            QuantLib.YieldTermStructureHandle(QuantLib.FlatForward(today, rate, days)),
            QuantLib.BlackVolTermStructureHandle(QuantLib.BlackConstantVol(today, QuantLib.NullCalendar(), vol, days)),
        )
        payoff = QuantLib.PlainVanillaPayoff(QuantLib.Option.Call if right == "C" else QuantLib.Option.Put, strike)
        option = QuantLib.VanillaOption(payoff, QuantLib.EuropeanExercise(today + tenor))
        option.setPricingEngine(QuantLib.AnalyticEuropeanEngine(process))
        t = tenor / 365
        forward, discount = spot * np.exp((rate - carry) * t), np.exp(-rate * t)
        call = right == "C"
        g = greeks(forward, strike, t, vol, discount, call, spot)
        found = [
            float(black76(forward, strike, t, vol, discount, call)),
            *map(float, (g.delta, g.gamma, g.theta, g.vega)),
        ]
        theirs = [option.NPV(), option.delta(), option.gamma(), option.thetaPerDay(), option.vega() / 100]
        assert found == pytest.approx(theirs, rel=1e-9, abs=1e-12)


@settings(max_examples=300, deadline=None, derandomize=True)
@given(
    moneyness=st.floats(-1.5, 1.5),
    years=st.floats(1 / 365 / 24, 3.0),
    vol=st.floats(0.01, 3.0),
    discount=st.floats(0.8, 1.02),
    call=st.booleans(),
)
def test_a_price_implies_the_volatility_it_was_made_with(
    moneyness: float, years: float, vol: float, discount: float, call: bool
) -> None:
    forward, strike = 2800.0, 2800.0 * np.exp(moneyness)
    price = black76(forward, strike, years, vol, discount, call)
    vega = float(greeks(forward, strike, years, vol, discount, call, forward).vega) * 100
    found = float(implied_vol(price, forward, strike, years, discount, call))
    noise = 8 * float(np.spacing(max(float(price), forward, strike))) / max(vega, 1e-300)
    if noise < 1e-3:
        assert found == pytest.approx(vol, abs=1e-9 + noise)


def test_out_of_the_money_volatility_is_exact_far_into_the_tail() -> None:
    generator = np.random.default_rng(7)
    n = 5_000
    strike = 100 * np.exp(generator.normal(0, 0.5, n))
    years, vol, call = generator.uniform(1 / 8760, 3, n), generator.uniform(0.01, 3, n), strike > 100
    price = black76(100.0, strike, years, vol, 0.97, call)
    told = price > 1e-290
    np.testing.assert_allclose(
        implied_vol(price, 100.0, strike, years, 0.97, call)[told], vol[told], rtol=0, atol=1e-11
    )


@pytest.mark.parametrize(
    ("price", "strike", "years", "call"),
    [
        (0.0, 110.0, 0.5, True),  # worth nothing
        (-1.0, 110.0, 0.5, True),
        (10.0, 90.0, 0.5, True),  # intrinsic value
        (9.0, 90.0, 0.5, True),  # below it
        (100.0, 90.0, 0.5, True),  # the forward itself
        (90.0, 90.0, 0.5, False),  # the strike itself
        (5.0, 100.0, 0.0, True),  # no time left
        (np.nan, 100.0, 0.5, True),
        (np.inf, 100.0, 0.5, True),
        (5.0, np.nan, 0.5, True),
        (5.0, 0.0, 0.5, True),
    ],
)
def test_no_volatility_where_none_exists(price: float, strike: float, years: float, call: bool) -> None:
    assert np.isnan(implied_vol(price, 100.0, strike, years, 1.0, call))


def test_at_expiry_an_option_is_its_intrinsic_value() -> None:
    strike = np.array([90.0, 100.0, 110.0])
    np.testing.assert_array_equal(black76(100.0, strike, 0.0, 0.2, 1.0, [True]), [10.0, 0.0, 0.0])
    np.testing.assert_array_equal(black76(100.0, strike, 0.0, 0.2, 1.0, [False]), [0.0, 0.0, 10.0])
    g = greeks(100.0, strike, 0.0, 0.2, 1.0, True, 100.0)
    np.testing.assert_array_equal(g.delta, [1.0, 0.5, 0.0])
    for each in (g.gamma, g.theta, g.vega):
        np.testing.assert_array_equal(each, 0.0)


def test_arguments_broadcast() -> None:
    assert black76(100.0, np.ones((3, 1)) * 100, [0.1, 0.2], 0.2, 1.0, True).shape == (3, 2)
    assert implied_vol(5.0, 100.0, np.ones((3, 1)) * 100, [0.1, 0.2], 1.0, True).shape == (3, 2)
