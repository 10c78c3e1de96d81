"""F19: profit and loss are off by 100, because the multiplier counts twice or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from desk.orders import money
from desk.orders.money import Dollars, PerShare
from desk.orders.summary import summarise
from messages.orders import Condor
from tests.faults.drill import ONE, Drill, agree, at_rest, drilled
from tests.faults.pilot import WING
from tests.faults.protection import protected_by

QUANTITY = 3
SHARES = 100
TYPED = "per share, per contract and dollars are three types; the multiplier is applied in one place"


def multiplier_twice(patch: pytest.MonkeyPatch) -> None:
    once = money.worth

    def worth(condor: Condor, price: PerShare, quantity: int) -> Dollars:
        return once(condor, PerShare(price.amount * SHARES), quantity)

    for module in ("position", "standing", "money"):
        patch.setattr(f"desk.orders.{module}.worth", worth)


def earned(drill: Drill) -> float:
    """What the gateway's account has more in cash than it began with."""
    return drill.blotter.ledger.cash - drill.blotter.ledger.start


@protected_by(TYPED, multiplier_twice)
def test_f19_credit_and_greatest_loss_make_the_width(tmp_path: Path) -> None:
    with drilled(tmp_path) as drill:
        drill.open(QUANTITY)
        (held,) = drill.health["strategies"][ONE]["positions"]
        credit = held.credit * SHARES * QUANTITY
        assert credit + held.risk == pytest.approx(WING * SHARES * QUANTITY)
        agree(drill)


@protected_by(TYPED, multiplier_twice)
def test_f19_the_day_s_result_is_the_cash_that_came_in(tmp_path: Path) -> None:
    with drilled(tmp_path) as drill:
        drill.open(QUANTITY)
        drill.exit(1)
        drill.until(lambda: drill.quantity() == QUANTITY - 1 and drill.ended)
        drill.exit()
        drill.until(lambda: drill.held == {} and drill.ended)
        drill.pass_by(15.0)
        at_rest(drill)
        told = [done.commission.realized for done in drill.blotter.executions if done.commission]
        assert earned(drill) == pytest.approx(sum(filter(None, told)))
        assert drill.health["strategies"][ONE]["pnl_today"] == pytest.approx(earned(drill))
        assert summarise(ONE, drill.lines()).net_pnl == pytest.approx(earned(drill))
