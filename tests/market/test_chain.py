from datetime import date
from pathlib import Path

import pytest

from desk.market.calendar import at
from desk.market.chain import choose_contracts, choose_expiries, is_multiple
from desk.market.contracts import option
from messages.contract import Contract
from messages.market import Selection
from tests.market.recorded import yahoo_2026

NOON = at(date(2026, 2, 4), "12:29")
SEEDS_LIST = ["20260515", "20260320", "20260331", "20260417"]


def chain(strikes: list[float], expiry: str = "20260331", trading_class: str = "SPY") -> list[Contract]:
    return [option("SPY", expiry, k, right, trading_class) for k in strikes for right in "CP"]


def test_the_seeds_list_gives_two_expiries_and_the_first_is_one_of_them() -> None:
    assert choose_expiries(SEEDS_LIST, Selection("SPY"), NOON) == ["20260331", "20260417"]
    assert choose_expiries(SEEDS_LIST, Selection("SPY", expiries="first"), NOON) == ["20260331"]


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [(55, 72, ["20260331", "20260417"]), (56, 72, ["20260417"]), (55, 71, ["20260331"]), (56, 71, [])],
)
def test_both_ends_of_the_range_are_in(low: int, high: int, expected: list[str]) -> None:
    assert choose_expiries(SEEDS_LIST, Selection("SPY", dte_min=low, dte_max=high), NOON) == expected


def test_days_are_the_exchanges_even_when_utc_is_a_day_ahead() -> None:
    late = at(date(2026, 2, 4), "23:30")
    assert choose_expiries(["20260331"], Selection("SPY", dte_min=55, dte_max=55), late) == ["20260331"]


def test_strikes_within_the_window_both_edges_included() -> None:
    found = choose_contracts(chain([640, 644, 644.05, 700, 755.95, 756, 760]), Selection("SPY", strike_step=0), 700.0)
    assert sorted({c.strike for c in found}) == [644, 644.05, 700, 755.95, 756]
    assert len(found) == 10


def test_window_edges_do_not_depend_on_binary_noise() -> None:
    assert 100 * 1.13 < 113
    wide = Selection("SPY", window_low=0.13, window_high=0.13, strike_step=0)
    assert {c.strike for c in choose_contracts(chain([87, 113]), wide, 100.0)} == {87, 113}


@pytest.mark.parametrize(
    ("strike", "step", "whole"),
    [
        (295.0, 5.0, True),
        (297.0, 5.0, False),
        (292.5, 2.5, True),
        (0.3, 0.1, True),
        (29.95, 0.05, True),
        (7.3, 0.0, True),
    ],
)
def test_multiples_are_safe_against_binary_fractions(strike: float, step: float, whole: bool) -> None:
    assert is_multiple(strike, step) is whole


def test_only_the_selections_own_class_counts() -> None:
    listed = chain([700]) + chain([616, 700], trading_class="2SPY")
    assert {c.trading_class for c in choose_contracts(listed, Selection("SPY", strike_step=0), 660.0)} == {"SPY"}
    index = [option("SPX", "20190516", 2800, "P", "SPX"), option("SPX", "20190516", 2800, "P", "SPXW")]
    assert choose_contracts(index, Selection("SPX", "IND", trading_class="SPXW"), 2800.0) == index[1:]


def test_out_of_the_money_keeps_puts_below_and_calls_above() -> None:
    found = choose_contracts(chain([695, 700, 705]), Selection("SPY", out_of_the_money=True), 700.0)
    assert [(c.strike, c.right) for c in found] == [(695, "P"), (705, "C")]


def test_contracts_come_by_expiry_strike_and_right() -> None:
    listed = chain([705, 700], "20260417") + chain([705, 700])
    keys = [(c.expiry, c.strike, c.right) for c in choose_contracts(listed, Selection("SPY"), 700.0)]
    assert keys == sorted(keys)
    assert len(keys) == 8


def test_no_price_chooses_nothing() -> None:
    assert choose_contracts(chain([700]), Selection("SPY"), float("nan")) == []


@pytest.mark.parametrize(("symbol", "count"), [("SPY", 127), ("QQQ", 124), ("IWM", 34)])
def test_the_recorded_chains_of_2026_07_14(shared: Path, symbol: str, count: int) -> None:
    listed, price = yahoo_2026(shared, symbol)
    selection = Selection(symbol)
    expiries = choose_expiries({c.expiry for c in listed}, selection, at(date(2026, 7, 14), "15:56"))
    found = choose_contracts([c for c in listed if c.expiry in expiries], selection, price)
    assert len(found) == len(set(found)) == count
