"""F26: a trade is stored as done although its order failed: a position that nobody has."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from desk.orders.ledger import Ledger
from desk.orders.tracked import Tracked
from messages.orders import Executed
from tests.faults.drill import Drill, agree, at_rest, drilled
from tests.faults.protection import protected_by


def done_when_ended(patch: pytest.MonkeyPatch) -> None:
    executed, told = Tracked.bag, Ledger._told
    assert isinstance(executed, property)

    def claimed(self: Tracked) -> list[Executed]:
        order, rows = self.order, executed.__get__(self)
        if self.end is None or rows:
            return list(rows)
        made = f"{order.order_id}.1"
        return [Executed(order.order_id, made, made, 1, 0, True, order.quantity, -(order.limit or 0.0), order.at)]

    def ended(self: Ledger, tracked: Tracked | None, line: Any) -> None:
        told(self, tracked, line)
        if tracked is not None:
            self._moved(self.positions[tracked.order.position], None)

    patch.setattr(Tracked, "bag", property(claimed))
    patch.setattr(Ledger, "_told", ended)


EXECUTIONS = "positions are made of executions, never of orders or of how they ended"


def _nothing_is_owned(drill: Drill) -> None:
    drill.until(lambda: drill.logs.open == 1)
    drill.until(lambda: drill.ended, 60.0)
    drill.pass_by(45.0)
    assert drill.quantity() == 0
    assert drill.health["open_risk"] == 0
    assert drill.held == {}
    agree(drill)
    drill.clear()
    drill.open()
    agree(drill)


@protected_by(EXECUTIONS, done_when_ended)
def test_f26_rejected_entry(tmp_path: Path) -> None:
    with drilled(tmp_path) as drill:
        drill.arm("rejected-margin nth=2 times=1")  # the first is the what-if
        drill.enter()
        _nothing_is_owned(drill)


@protected_by(EXECUTIONS, done_when_ended)
def test_f26_lost_entry(tmp_path: Path) -> None:
    with drilled(tmp_path) as drill:
        drill.arm("lost-placement nth=2 times=1")
        drill.enter()
        _nothing_is_owned(drill)


@protected_by(EXECUTIONS, done_when_ended)
def test_f26_rejected_exit(tmp_path: Path) -> None:
    with drilled(tmp_path) as drill:
        drill.open(2)
        drill.arm("rejected-margin times=1")
        drill.exit()
        drill.until(lambda: drill.ended and len(drill.logs.intents) == 2)
        drill.pass_by(45.0)
        assert drill.quantity() == 2
        agree(drill)
        drill.exit()
        drill.until(lambda: drill.held == {} and drill.ended)
        drill.pass_by(15.0)
        at_rest(drill)
