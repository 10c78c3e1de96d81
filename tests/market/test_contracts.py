from datetime import date

import pytest

from desk.market import calendar, contracts
from messages.contract import Contract

THURSDAY_CLASS = contracts.option("SPX", "20190516", 2800.0, "P", "SPX")
FRIDAY_CLASS = contracts.option("SPX", "20190517", 2800.0, "P", "SPXW")


@pytest.mark.parametrize(
    ("contract", "expected"),
    [
        (contracts.option("SPX", "20200116", 3205.0, "P", "SPX"), "SPX   200117P03205000"),
        (contracts.option("SPX", "20200117", 3205.0, "C", "SPXW"), "SPXW  200117C03205000"),
        (contracts.option("SPX", "20190417", 2900.0, "C", "SPX"), "SPX   190418C02900000"),
        (contracts.option("IWM", "20260918", 292.5, "P", "IWM"), "IWM   260918P00292500"),
        (contracts.option("SPY", "20260918", 10.01, "P", "2SPY"), "2SPY  260918P00010010"),
    ],
)
def test_osi_names(contract: Contract, expected: str) -> None:
    assert contracts.osi(contract) == expected
    assert len(contracts.osi(contract)) == 21


def test_am_settled_options_settle_on_the_next_morning() -> None:
    assert contracts.settlement(THURSDAY_CLASS) == calendar.at(date(2019, 5, 17), "09:30")


def test_pm_settled_options_settle_at_the_close() -> None:
    assert contracts.settlement(FRIDAY_CLASS) == calendar.at(date(2019, 5, 17), "16:00")
    assert contracts.settlement(contracts.option("SPX", "20190703", 2900, "C", "SPXW")) == calendar.at(
        date(2019, 7, 3), "13:00"
    )


def test_an_expiry_on_a_closed_day_settles_at_the_close_before() -> None:
    assert contracts.settlement(contracts.option("SPX", "20190419", 2900, "C", "SPXW")) == calendar.at(
        date(2019, 4, 18), "16:00"
    )


def test_years_to_settlement_end_at_zero() -> None:
    opens = calendar.at(date(2019, 5, 13), "09:30")
    today = contracts.option("SPX", "20190513", 2800, "P", "SPXW")
    assert contracts.years(today, opens) == pytest.approx(6.5 / 24 / 365, rel=1e-15)
    assert contracts.years(today, opens + 86_400) == 0.0


def test_days_to_expiry_are_counted_in_exchange_time() -> None:
    day = date(2026, 2, 4)
    assert contracts.dte("20260331", calendar.at(day, "00:00")) == 55
    assert contracts.dte("20260331", calendar.at(day, "23:59")) == 55
    assert contracts.dte("20260417", calendar.at(day, "12:29")) == 72
    assert contracts.dte("20260203", calendar.at(day, "12:29")) == -1


@pytest.mark.parametrize(
    ("trading_class", "expiration", "expiry"),
    [
        ("SPX", "2019-05-17", "20190516"),  # listed under the Friday it settles on
        ("SPX", "2012-05-19", "20120517"),  # under the Saturday after, as until 2015
        ("SPX", "2019-05-16", "20190516"),  # already the last trading day
        ("SPX", "2019-04-18", "20190417"),  # Good Friday week: it settles on the Thursday
        ("SPX", "2019-04-19", "20190417"),  # the same under the holiday itself
        ("SPX", "2019-04-17", "20190417"),
        ("SPX", "2026-06-18", "20260617"),  # Juneteenth on the third Friday
        ("SPXW", "2019-05-17", "20190517"),
        ("SPXW", "2019-04-19", "20190418"),
        ("SPY", "2012-05-19", "20120518"),
    ],
)
def test_vendors_expirations_become_last_trading_days(trading_class: str, expiration: str, expiry: str) -> None:
    assert contracts.last_trading_day(trading_class, date.fromisoformat(expiration)) == expiry


@pytest.mark.parametrize("text", ["", "2019-05-13", "20190231", "201905", "2019051x"])
def test_a_text_that_is_no_day_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        contracts.day(text)


def test_stocks_and_indices() -> None:
    assert contracts.stock("SPY").sec_type == "STK"
    assert contracts.stock("SPY").exchange == "SMART"
    vix = contracts.index("VIX")
    assert (vix.sec_type, vix.exchange, vix.currency) == ("IND", "CBOE", "USD")
