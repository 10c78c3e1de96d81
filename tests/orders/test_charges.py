"""FILL and COMMISSION lines: each commission once, whatever the order in which IB tells."""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations

import pytest

from desk.orders.charges import Charges
from desk.orders.ledger import Ledger
from desk.orders.lines import CommissionLine, ExecLine, FillLine, OrderLine
from desk.orders.money import Dollars
from messages.orders import Action, Charged
from tests.orders.made import OPENED, order, rows

NAMES = [f"o1/1.{n}" for n in (1, 2, 3, 4)]
TOLD = [Charged("o1", "o1/1", name, 0.65) for name in NAMES]
LATER = OPENED + 1 + 10


def executed(count: int = 5) -> Ledger:
    opening = order()
    return Ledger.of("dte0_ic", [OrderLine(opening), *rows(opening, 1.5, 1)[:count]])


def test_a_fill_is_written_when_all_legs_are_charged() -> None:
    ledger, charges = executed(), Charges()
    for one in TOLD[:3]:
        charges.told(one)
        assert charges.due(ledger, OPENED + 2) == ()
    charges.told(TOLD[3])
    (fill,) = charges.due(ledger, OPENED + 2)
    assert fill == FillLine("o1", "o1/1", 1.5, 1, 2.6, OPENED + 2, tuple(NAMES))
    ledger.apply(fill)
    assert charges.due(ledger, OPENED + 3) == ()


def test_charges_of_some_legs_do_not_end_the_wait_while_other_legs_are_not_executed() -> None:
    ledger, charges = executed(count=3), Charges()
    for one in TOLD[:2]:
        charges.told(one)
    assert charges.due(ledger, OPENED + 2) == ()


def test_after_ten_seconds_a_fill_is_written_with_what_is_known_and_the_rest_follows() -> None:
    ledger, charges = executed(), Charges()
    charges.told(TOLD[0])
    assert charges.due(ledger, LATER - 0.5) == ()
    (fill,) = charges.due(ledger, LATER)
    assert isinstance(fill, FillLine)
    assert (fill.commission, fill.charged) == (0.65, ("o1/1.1",))
    ledger.apply(fill)
    for one in TOLD:
        charges.told(one)
    late = charges.due(ledger, LATER + 5)
    assert late == tuple(CommissionLine("o1", "o1/1", name, 0.65, LATER + 5) for name in NAMES[1:])
    ledger.apply(*late)
    assert ledger.orders["o1"].commission == Dollars(2.6)
    assert charges.due(ledger, LATER + 6) == ()


@pytest.mark.parametrize("order_of_telling", list(permutations(range(4))))
def test_told_again_in_any_order_after_any_of_them_nothing_counts_twice(order_of_telling: tuple[int, ...]) -> None:
    ledger, charges = executed(), Charges()
    now = LATER
    for n in order_of_telling:
        for one in (TOLD[n], TOLD[order_of_telling[0]]):
            charges.told(one)
            ledger.apply(*charges.due(ledger, now))
            now += 1
    assert ledger.orders["o1"].commission.amount == pytest.approx(2.6)
    assert ledger.unpaired == ()


def test_charges_before_their_executions_and_of_unknown_orders_wait() -> None:
    charges = Charges()
    for one in (*TOLD, Charged("stranger", "s/1", "s/1.1", 1.0)):
        charges.told(one)
    assert charges.due(Ledger("dte0_ic"), LATER) == ()
    (fill,) = charges.due(executed(), OPENED + 1)
    assert fill.commission == 2.6


def test_a_corrected_price_is_written_again_with_the_same_commission() -> None:
    ledger, charges = executed(), Charges()
    for one in TOLD:
        charges.told(one)
    ledger.apply(*charges.due(ledger, LATER))
    bag = rows(order(), 1.4, 1)[0].row
    ledger.apply(ExecLine(Action.OPEN, replace(bag, revision=2)))
    (fill,) = charges.due(ledger, LATER + 60)
    assert fill == FillLine("o1", "o1/1", 1.4, 1, 2.6, LATER + 60, tuple(NAMES))
    ledger.apply(fill)
    assert ledger.orders["o1"].commission == Dollars(2.6)
    assert ledger.unpaired == ()


def test_a_correction_and_late_charges_are_one_line() -> None:
    ledger, charges = executed(), Charges()
    charges.told(TOLD[0])
    ledger.apply(*charges.due(ledger, LATER))
    ledger.apply(ExecLine(Action.OPEN, replace(rows(order(), 1.4, 1)[0].row, revision=2)))
    for one in TOLD:
        charges.told(one)
    assert charges.due(ledger, LATER + 60) == (FillLine("o1", "o1/1", 1.4, 1, 2.6, LATER + 60, tuple(NAMES)),)
