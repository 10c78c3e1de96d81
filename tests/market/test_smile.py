from datetime import date

import pytest

from desk.market.calendar import at
from desk.market.contracts import option
from desk.market.smile import atm_iv, skew, term_structure
from messages.contract import Quote

NOON = at(date(2019, 5, 13), "12:00")
NEAR, FAR = "20190614", "20190719"  # 32 and 67 days


def quote(strike: float, right: str, iv: float | None, delta: float | None = None, expiry: str = NEAR) -> Quote:
    return Quote(option("SPX", expiry, strike, right, "SPXW"), NOON, iv=iv, delta=delta)


def test_at_the_money_lies_between_the_strikes_on_either_side() -> None:
    quotes = [quote(2800, "C", 0.18), quote(2800, "P", 0.20), quote(2810, "C", 0.17), quote(2700, "P", 0.30)]
    assert atm_iv(quotes, 2805.0, NOON) == pytest.approx(0.18)
    assert atm_iv(quotes, 2800.0, NOON) == pytest.approx(0.19)


def test_at_the_money_is_none_without_both_sides() -> None:
    assert atm_iv([quote(2800, "C", 0.18)], 2805.0, NOON) is None
    assert atm_iv([quote(2800, "C", None), quote(2810, "C", float("nan"))], 2805.0, NOON) is None
    assert atm_iv([], 2805.0, NOON) is None


def test_the_expiry_nearest_thirty_days_is_read_unless_one_is_given() -> None:
    quotes = [quote(k, "C", 0.25, expiry=FAR) for k in (2800, 2810)] + [quote(k, "C", 0.15) for k in (2800, 2810)]
    assert atm_iv(quotes, 2805.0, NOON) == pytest.approx(0.15)
    assert atm_iv(quotes, 2805.0, NOON, expiry=FAR) == pytest.approx(0.25)
    assert atm_iv(quotes, 2805.0, NOON, expiry="20300101") is None


def test_term_structure_lists_expiries_that_have_one() -> None:
    quotes = [quote(k, "C", 0.25, expiry=FAR) for k in (2800, 2810)] + [quote(k, "C", 0.15) for k in (2800, 2810)]
    quotes.append(quote(2900, "C", 0.5, expiry="20190621"))
    assert [(t.expiry, t.dte) for t in term_structure(quotes, 2805.0, NOON)] == [(NEAR, 32), (FAR, 67)]


def test_skew_is_put_over_call_at_a_quarter_delta() -> None:
    quotes = [
        quote(2700, "P", 0.24, -0.20),
        quote(2720, "P", 0.22, -0.30),
        quote(2880, "C", 0.15, 0.30),
        quote(2900, "C", 0.13, 0.20),
    ]
    assert skew(quotes, NEAR) == pytest.approx(0.23 - 0.14)
    assert skew(quotes[:3], NEAR) is None
    assert skew(quotes, FAR) is None
