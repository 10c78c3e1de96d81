"""F13: a second short on the same contract: who owns what of the account's one position?"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from pathlib import Path

import pytest

from desk.orders.ledger import Ledger, total
from tests.faults.drill import ONE, TWO, Drill, agree, at_rest, drilled
from tests.faults.protection import protected_by


def one_ledger(patch: pytest.MonkeyPatch) -> None:
    def first(ledgers: Iterable[Ledger]) -> object:
        return total(islice(ledgers, 1))

    patch.setattr("desk.orders.reconciler.total", first)


OWNED = "every strategy has its ledger; their sum, not one of them, is what IB must hold"


def _one_leaves_what_the_other_owns(drill: Drill) -> None:
    drill.pass_by(60.0)
    agree(drill)
    drill.exit(by=ONE)
    drill.until(lambda: drill.quantity(ONE) == 0 and drill.ended)
    drill.pass_by(60.0)
    assert drill.quantity(TWO) == 1
    assert sorted(drill.held.values()) == [-1.0, -1.0, 1.0, 1.0]
    agree(drill)
    drill.exit(by=TWO)
    drill.until(lambda: drill.held == {} and drill.ended)
    drill.pass_by(15.0)
    at_rest(drill)


@protected_by(OWNED, one_ledger)
def test_f13_two_short_the_same_contracts(tmp_path: Path) -> None:
    with drilled(tmp_path, pilots=(ONE, TWO)) as drill:
        drill.open(by=ONE)
        drill.open(by=TWO)
        assert sorted(drill.held.values()) == [-2.0, -2.0, 2.0, 2.0]
        _one_leaves_what_the_other_owns(drill)


@protected_by(OWNED, one_ledger)
def test_f13_one_is_short_what_the_other_is_long(tmp_path: Path) -> None:
    with drilled(tmp_path, pilots=(ONE, TWO)) as drill:
        drill.open(by=ONE, distance=10.0)
        drill.open(by=TWO, distance=20.0)
        assert len(drill.held) == 4  # two contracts net to nothing at IB
        _one_leaves_what_the_other_owns(drill)
