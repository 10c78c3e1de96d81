"""Commissions and fees."""

from __future__ import annotations

import pytest

from desk.gateway.exchange.costs import cost
from desk.market.contracts import stock
from tests.gateway.exchange.floor import spx, spy


@pytest.mark.parametrize(("quantity", "price", "expected"), [(1, 11.0, 1.63028), (1, 1.55, 1.63028), (2, 4.5, 2.56056)])
def test_what_ib_reported_for_a_fly_of_spxw(quantity: float, price: float, expected: float) -> None:
    assert cost(spx(2800), quantity, price) == expected


@pytest.mark.parametrize(
    ("quantity", "price", "expected"),
    [(1, 2.0, 1.0), (2, 5.0, 1.3), (3, 0.075, 1.5), (5, 0.03, 1.25)],
)
def test_ibs_own_examples_before_fees(quantity: float, price: float, expected: float) -> None:
    fees = quantity * 0.05028
    assert cost(spy(280), quantity, price) == pytest.approx(expected + fees)


def test_fees_of_a_cheap_spx_option_are_lower_and_of_an_am_settled_one_without_surcharge() -> None:
    dear, cheap = cost(spx(2800), 10, 1.0), cost(spx(2800), 10, 0.95)
    assert dear - cheap == pytest.approx(10 * 0.09)
    monthly = spx(2800, expiry="20190516", trading_class="SPX")
    assert dear - cost(monthly, 10, 1.0) == pytest.approx(10 * 0.13)


def test_the_minimum_counts_once_for_an_order() -> None:
    parts = [cost(spx(2800), 1, 5.0, before=float(before)) for before in range(5)]
    assert sum(parts) == pytest.approx(cost(spx(2800), 5, 5.0))
    assert parts[0] > parts[4] > parts[1] > 0


@pytest.mark.parametrize(("quantity", "price", "expected"), [(100, 50.0, 1.0), (1000, 50.0, 5.0), (10, 1.0, 0.1)])
def test_stocks(quantity: float, price: float, expected: float) -> None:
    assert cost(stock("SPY"), quantity, price) == expected
