"""Payoffs, increments and margin."""

from __future__ import annotations

from dataclasses import replace
from math import inf

import pytest

from desk.gateway.exchange.increments import conforms, increment, upwards
from desk.gateway.exchange.margin import requirement
from desk.gateway.exchange.payoff import Holding, extremes
from desk.market.contracts import stock
from messages.contract import Contract
from tests.gateway.exchange.floor import CONDOR, spx, spy

LONG = [(c, float(n if side == "BUY" else -n)) for c, n, side in CONDOR]


def _margin(*held: Holding) -> tuple[float, float]:
    def spot(symbol: str) -> tuple[float, bool]:
        return (2820.0, True) if symbol == "SPX" else (282.0, False)

    return requirement(held, lambda _: 5.0, spot)


def test_extremes_of_payoffs() -> None:
    assert extremes(LONG) == (-20, 0)
    assert extremes([(c, -n) for c, n in LONG]) == (0, 20)
    assert extremes([(spx(2800, "C"), 1.0)]) == (0, inf)
    assert extremes([(spx(2800, "C"), -1.0)]) == (-inf, 0)
    assert extremes([(spx(2800), -1.0)]) == (-2800, 0)
    assert extremes([(spx(2700), 1), (spx(2750), -2), (spx(2800), 1)]) == (0, 50)


def test_defined_risk_is_margined_by_its_greatest_loss() -> None:
    assert _margin(*LONG) == (2000, 2000)
    assert _margin(*((c, 3 * n) for c, n in LONG)) == (6000, 6000)
    wide = [(spx(2740), 1.0), (spx(2780), -1.0), (spx(2860, "C"), -1.0), (spx(2880, "C"), 1.0)]
    assert _margin(*wide) == (4000, 4000)
    assert _margin((spx(2780), 1.0)) == (0, 0)
    assert _margin(*((c, -n) for c, n in LONG)) == (0, 0)


def test_two_expiries_do_not_cover_each_other() -> None:
    late = [(replace(c, expiry="20190621"), -n) for c, n in LONG]
    assert _margin(*LONG, *late) == _margin(*LONG)


@pytest.mark.parametrize(
    ("contract", "per_share"),
    [
        (spx(2780), 5 + 0.15 * 2820 - 40),
        (spx(2300), 5 + 0.10 * 2300),
        (spx(2900, "C"), 5 + 0.15 * 2820 - 80),
        (spx(3500, "C"), 5 + 0.10 * 2820),
        (spy(280), 5 + 0.20 * 282 - 2),
    ],
)
def test_a_naked_option_is_margined_by_regulation_t(contract: Contract, per_share: float) -> None:
    assert _margin((contract, -1.0)) == pytest.approx((per_share * 100,) * 2)


def test_stocks_are_margined_long_and_short() -> None:
    assert _margin((stock("SPY"), -100.0)) == (250, 125)
    assert _margin((stock("SPY"), 0.0)) == (0, 0)


def test_increments() -> None:
    bag = Contract("SPX", "BAG")
    assert [increment(spx(2800), p, index=True) for p in (0.05, 2.95, 3.0, 40.0)] == [0.05, 0.05, 0.1, 0.1]
    assert increment(spy(280), 5.0, index=False) == 0.01
    assert (increment(bag, -3.0, index=True), increment(bag, -3.0, index=False)) == (0.05, 0.01)
    assert conforms(-7.05, 0.05)
    assert not conforms(7.01, 0.05)
    assert (upwards(-7.99, 0.05), upwards(7.96, 0.05), upwards(8.0, 0.05)) == (-7.95, 8.0, 8.0)
