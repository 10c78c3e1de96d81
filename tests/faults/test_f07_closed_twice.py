"""F7: the same action is given twice, and trades twice."""

from __future__ import annotations

from pathlib import Path

import pytest

from desk.orders.account import Account
from desk.orders.trader import Trader
from tests.faults.drill import NEVER, at_rest, drilled
from tests.faults.protection import protected_by


def every_wish_counts(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Trader, "_stale", lambda self, account, wishes: None)
    patch.setattr(Account, "closing", lambda self, position: False)


ONCE = "one writer: wishes on an old book are refused, and a position has one closing order at a time"


@protected_by(ONCE, every_wish_counts)
def test_f07_exit_given_twice_and_halts(tmp_path: Path) -> None:
    with drilled(tmp_path) as drill:
        drill.open(2)
        drill.exit(copies=2)
        drill.until(lambda: len(drill.logs.intents) > 1)
        drill.throw(flatten=True)
        drill.throw(flatten=True)
        drill.pass_by(5.0)
        drill.throw(flatten=True)
        drill.pass_by(60.0)
        assert sum(order.filled for order in drill.exits) == 2
        at_rest(drill)


@protected_by(ONCE, every_wish_counts)
def test_f07_flattened_from_two_sides_while_an_exit_works(tmp_path: Path) -> None:
    with drilled(tmp_path) as drill:
        drill.open(2)
        drill.exit(limit=NEVER)
        drill.until(lambda: any(order.working for order in drill.exits))
        drill.exit(copies=2)
        drill.until(lambda: len(drill.logs.intents) > 2)
        drill.throw(flatten=True)
        drill.pass_by(60.0)
        assert sum(order.filled for order in drill.exits) == 2
        at_rest(drill)
