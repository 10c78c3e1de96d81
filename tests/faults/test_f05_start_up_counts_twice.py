"""F5: reconciliation at a start counts twice, or invents orders."""

from __future__ import annotations

from itertools import count
from pathlib import Path

import pytest

from desk.orders.reconcile import Watch
from desk.orders.tracked import Tracked
from messages.orders import Executed
from tests.faults.drill import NEVER, ONE, TWO, Drill, agree, at_rest, drilled
from tests.faults.protection import protected_by

LOOKS = 90.0
"""Three regular looks at positions."""


def every_row_counts(patch: pytest.MonkeyPatch) -> None:
    number = count()

    def execute(self: Tracked, row: Executed) -> None:
        self.rows[f"{row.exec_id} {next(number)}"] = row

    patch.setattr(Tracked, "execute", execute)


@protected_by("executions count once by their exec_id, however often IB tells them", every_row_counts)
def test_f05_restarts_count_fills_once(tmp_path: Path) -> None:
    with drilled(tmp_path) as drill:
        drill.open(2)
        drill.exit(limit=NEVER, worst=NEVER, quantity=1)
        drill.until(lambda: any(order.working for order in drill.exits))
        for _ in range(2):
            drill.restart()
            drill.pass_by(LOOKS)
            assert drill.quantity() == 2
            agree(drill)
        drill.exit()
        drill.until(lambda: not drill.held and drill.ended)
        drill.pass_by(15.0)
        at_rest(drill)


def no_quarantine(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Watch, "quarantined", lambda self, symbol: ())


def by_hand(drill: Drill) -> None:
    """Somebody sells a call of the pilot's in another window, and never tells."""
    contract = drill.entries[0].leg_contracts[0]
    drill.blotter.ledger.trade(contract, -1.0, 3.0, 1.0)


@protected_by("what no ledger explains quarantines its underlying: nothing is entered, exits go on", no_quarantine)
def test_f05_unexplained_position_stops_entries_not_exits(tmp_path: Path) -> None:
    with drilled(tmp_path, pilots=(ONE, TWO)) as drill:
        drill.open()
        by_hand(drill)
        drill.until(lambda: bool(drill.unexplained), LOOKS)
        before = len(drill.orders)
        drill.enter(by=TWO)
        drill.pass_by(30.0)
        assert len(drill.orders) == before
        assert drill.quantity(TWO) == 0
        drill.exit()
        drill.until(lambda: drill.quantity() == 0 and drill.ended)
        assert list(drill.held.values()) == [-1.0]
        assert len(drill.unexplained) == 1
