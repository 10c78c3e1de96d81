"""What is left of a condor when it expires."""

from __future__ import annotations

from dataclasses import replace

import pytest

from desk.market.contracts import settlement
from desk.orders.ledger import Ledger
from desk.orders.lines import SettledLine
from desk.orders.settling import expired, settled, settlement_cost
from messages.orders import Condor
from tests.orders.made import condor, filled, order


@pytest.mark.parametrize(
    ("level", "cost"),
    [(2850, 0), (2800, 0), (2797.5, 2.5), (2790, 10), (2500, 10), (2900, 0), (2904, 4), (2910, 10), (3500, 10)],
)
def test_cost_at_expiry_is_what_the_short_side_is_in_the_money_at_most_the_wing(level: float, cost: float) -> None:
    assert settlement_cost(condor(), level) == cost


def test_a_position_settles_when_its_class_does_and_then_is_gone() -> None:
    ledger = Ledger.of("dte0_ic", filled(order(quantity=2), 1.5))
    (holding,) = ledger.holdings
    close = settlement(holding.condor.short_put)
    assert not expired(holding, close - 1)
    assert expired(holding, close)
    line = settled(holding, 2797.5, close + 60)
    assert line == SettledLine("o1", 2, 2.5, close + 60)
    ledger.apply(line)
    assert ledger.holdings == ()


def test_options_on_shares_do_not_settle_in_cash() -> None:
    (holding,) = Ledger.of("swing_ic", filled(order(), 1.5)).holdings
    legs = (replace(leg, symbol="SPY", trading_class="SPY") for leg in holding.condor.legs)
    assert not expired(replace(holding, condor=Condor(*legs)), 2e9)
