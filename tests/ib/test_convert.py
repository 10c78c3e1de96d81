from __future__ import annotations

import math
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from ib_async import BarData, OptionComputation, Ticker

from desk.ib.convert import from_ib, model, price, to_bar, to_ib, to_quote, whole
from desk.ib.errors import NoData, NoSuchContract, NotSubscribed, PacingViolation, Refused, from_code
from desk.market.contracts import option
from messages.contract import Contract

CALL = option("SPY", "20190621", 280.0, "C", "SPY")
GREEKS = OptionComputation(0, 0.2, 0.5, 3.0, 0.0, 0.01, 0.4, -0.05, 281.5)


def _ticker(**values: object) -> Ticker:
    ticker = Ticker()
    for name, value in values.items():
        setattr(ticker, name, value)
    return ticker


def test_what_was_not_sent_is_none_and_zero_is_a_price() -> None:
    assert [price(v) for v in (None, math.nan, -1.0, math.inf, 0.0, 1.5)] == [None, None, None, None, 0.0, 1.5]
    assert [whole(v) for v in (math.nan, -1.0, 0.0, 12.0)] == [None, None, 0, 12]
    quote = to_quote(CALL, Ticker(), 1.0)
    assert (quote.bid, quote.ask, quote.last, quote.volume, quote.open_interest, quote.iv) == (None,) * 6
    assert (quote.greeks_source, quote.venue) == ("", "")


def test_open_interest_is_that_of_the_right() -> None:
    ticker = _ticker(callOpenInterest=7.0, putOpenInterest=0.0)
    assert to_quote(CALL, ticker, 1.0).open_interest == 7
    assert to_quote(option("SPY", "20190621", 280.0, "P", "SPY"), ticker, 1.0).open_interest == 0


@pytest.mark.parametrize("field", ["impliedVol", "delta", "gamma", "vega", "theta"])
@pytest.mark.parametrize("value", [None, math.nan, -2.0])
def test_greeks_count_only_when_all_of_them_are_computed(field: str, value: float | None) -> None:
    assert model(_ticker(modelGreeks=GREEKS)) is GREEKS
    spoiled: dict[str, Any] = {field: value}
    assert model(_ticker(modelGreeks=replace(GREEKS, **spoiled))) is None


def test_a_known_contract_is_named_by_its_con_id_alone() -> None:
    known = Contract("SPY", "OPT", expiry="20190621", strike=280.0, right="C", trading_class="SPY", con_id=42)
    named = to_ib(known)
    assert (named.conId, named.symbol, named.secType, named.exchange) == (42, "SPY", "OPT", "SMART")
    assert (named.lastTradeDateOrContractMonth, named.strike, named.right, named.tradingClass) == ("", 0.0, "", "")


def test_contracts_come_back_as_they_were() -> None:
    assert from_ib(to_ib(CALL), "SMART") == CALL


def test_bars() -> None:
    bar = to_bar(BarData(date=date(2019, 5, 10), open=1.0, high=2.0, low=0.5, close=1.5, volume=-1.0))
    assert (bar.date, bar.close, bar.volume) == ("20190510", 1.5, None)


def test_codes_become_typed_errors() -> None:
    assert isinstance(from_code(200, ""), NoSuchContract)
    assert isinstance(from_code(354, ""), NotSubscribed)
    assert isinstance(from_code(162, "HMDS query returned no data"), NoData)
    assert isinstance(from_code(162, "Historical data request pacing violation"), PacingViolation)
    assert isinstance(from_code(320, ""), Refused)
    assert str(from_code(200, "No security definition")) == "200: No security definition"
