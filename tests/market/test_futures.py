from datetime import date

import pytest

from desk.market.calendar import at
from desk.market.futures import contango, front_to_next, months
from messages.contract import Contract, Quote

LISTED = ["20190619", "20190522", "20190717"]


def vx(expiry: str, bid: float | None, ask: float | None, last: float | None = None) -> Quote:
    return Quote(Contract("VX", "FUT", "CFE", expiry=expiry), 0.0, bid=bid, ask=ask, last=last)


def test_contango_in_percent_and_per_year() -> None:
    found = contango(16.0, 16.8, 28)
    assert found is not None
    assert found.percent == pytest.approx(5.0)
    assert found.annual == pytest.approx((1.05 ** (365 / 28) - 1) * 100)


def test_backwardation_is_negative() -> None:
    found = contango(20.55, 19.0, 30)
    assert found is not None
    assert found.percent == pytest.approx(-7.5426, abs=1e-4)
    assert -100 < found.annual < found.percent


@pytest.mark.parametrize(("front", "following", "days"), [(0.0, 1.0, 30), (1.0, float("nan"), 30), (1.0, 1.0, 0)])
def test_no_contango_without_prices_and_days(front: float, following: float, days: float) -> None:
    assert contango(front, following, days) is None


@pytest.mark.parametrize(
    ("moment", "front"),
    [
        (at(date(2019, 5, 21), "16:00"), "20190522"),
        (at(date(2019, 5, 22), "09:29"), "20190522"),
        (at(date(2019, 5, 22), "09:30"), "20190619"),
        (at(date(2019, 6, 20), "10:00"), "20190717"),
    ],
)
def test_the_front_rolls_when_it_settles(moment: float, front: str) -> None:
    assert months(LISTED, moment)[0] == front


def test_front_to_next_is_by_mids_else_last_prices() -> None:
    t = at(date(2019, 5, 13), "12:00")
    quotes = [vx("20190619", 16.9, 17.1), vx("20190522", None, None, last=16.0), vx("20190717", 30.0, 31.0)]
    found = front_to_next(quotes, t)
    assert found is not None
    assert found.percent == pytest.approx(6.25)
    assert front_to_next(quotes, at(date(2019, 6, 19), "12:00")) is None  # one month is left
    assert front_to_next([vx("20190522", None, 1.0), quotes[0]], t) is None


def test_equity_futures_carry_by_interest_less_dividends() -> None:
    """ES at 2811.87: 2.4 % interest less 1.9 % dividends over a quarter is about 0.12 %."""
    found = contango(2813.0, 2813.0 * 1.00125, 91)
    assert found is not None
    assert found.annual == pytest.approx(0.5, abs=0.01)
