"""F8: going to market after a partial fill sends the quantity of the first order."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from desk.config.model import Trading
from desk.orders.account import Account
from desk.orders.exits import Exits
from messages.orders import Action, Exit
from tests.faults.drill import ANY, Drill, at_rest, drilled
from tests.faults.protection import protected_by

QUANTITY = 4
REST = "what follows a confirmed cancel is what the executions have left of the position"


def original_quantity(patch: pytest.MonkeyPatch) -> None:
    def pursue(self: Exits, account: Account) -> None:
        for position, then in tuple(account.next.items()):
            if not account.orders(position, Action.CLOSE) and (holding := account.holding(position)):
                del account.next[position]
                whole = replace(holding, quantity=account.ledger.orders[position].order.quantity)
                self._close(account, whole, Exit(position, whole.quantity, then.reason))

    patch.setattr(Exits, "pursue", pursue)


def _closed_by_two(drill: Drill) -> None:
    drill.until(lambda: len(drill.exits) == 2 and not any(order.working for order in drill.exits))
    limit, market = drill.exits
    assert 0 < limit.filled < QUANTITY
    assert limit.filled + market.filled == QUANTITY
    drill.pass_by(30.0)
    at_rest(drill)


@protected_by(REST, original_quantity)
def test_f08_urged_after_a_partial_fill(tmp_path: Path) -> None:
    with drilled(tmp_path) as drill:
        drill.open(QUANTITY)
        drill.arm("thin size=1 sec_type=OPT")
        drill.exit(limit=ANY)
        drill.until(lambda: any(0 < order.filled < QUANTITY for order in drill.exits))
        drill.exit()
        _closed_by_two(drill)


@protected_by(REST, original_quantity)
def test_f08_ladder_at_its_end_after_a_partial_fill(tmp_path: Path) -> None:
    with drilled(tmp_path, trading=Trading(every=2.0)) as drill:
        drill.open(QUANTITY)
        drill.arm("thin size=1 sec_type=OPT")
        drill.exit(limit=ANY, then_market=True)
        _closed_by_two(drill)
