"""F4: an order is swallowed: no callback at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from desk.ib.orders.sending import Sending
from tests.faults.drill import ANY, agree, at_rest, drilled
from tests.faults.protection import protected_by

DEADLINE = 5.0
"""`[trading] acknowledge`."""


def no_deadline(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Sending, "_overdue", lambda self, record: None)


@protected_by("an order that is not acknowledged in time is looked for at IB", no_deadline)
def test_f04_swallowed_order(tmp_path: Path) -> None:
    with drilled(tmp_path) as drill:
        drill.arm("swallowed kinds=placeOrder nth=2 times=1")  # the first is the what-if
        drill.enter()
        drill.until(lambda: bool(drill.entries))
        reached = drill.now
        drill.pass_by(3.0)
        assert drill.held
        assert drill.quantity() == 0
        drill.clear()
        drill.until(lambda: drill.quantity() == 1, 3 * DEADLINE)
        assert drill.now - reached > 3.0
        drill.until(lambda: drill.ended)
        agree(drill)


@protected_by("an order that is not acknowledged in time is looked for at IB", no_deadline)
def test_f04_lost_entry_is_not_sent_again(tmp_path: Path) -> None:
    with drilled(tmp_path) as drill:
        drill.arm("lost-placement nth=2 times=1")
        drill.enter()
        drill.until(lambda: drill.logs.open == 1)
        drill.until(lambda: drill.ended, 8 * DEADLINE)
        drill.pass_by(60.0)
        assert drill.orders == []
        drill.open()
        agree(drill)


@protected_by("an order that is not acknowledged in time is looked for at IB", no_deadline)
def test_f04_lost_exit_is_sent_again(tmp_path: Path) -> None:
    with drilled(tmp_path) as drill:
        drill.open(2)
        drill.arm("lost-placement times=1")
        drill.exit(limit=ANY)
        drill.until(lambda: not drill.held, 8 * DEADLINE)
        drill.until(lambda: drill.ended)
        drill.pass_by(15.0)
        assert len(drill.exits) == len(drill.logs.intents) - 1 == 1
        at_rest(drill)
