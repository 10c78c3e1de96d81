"""F6: a request that timed out fires later, or its reply is taken for the next one's."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ib_async.wrapper import Wrapper

from tests.faults.drill import agree, drilled
from tests.faults.protection import protected_by

THREE_HOURS = 10_800.0


def no_deadlines(patch: pytest.MonkeyPatch) -> None:
    patch.setattr("actors.strategy._HOLDS", THREE_HOURS)
    patch.setattr("desk.orders.entries._ANSWER", THREE_HOURS)


@protected_by("wishes and questions carry a deadline; what is older is refused, whatever comes later", no_deadlines)
def test_f06_entry_is_not_sent_late(tmp_path: Path) -> None:
    with drilled(tmp_path) as drill:
        drill.arm("late kinds=openOrder seconds=30 times=1")  # the answer to the what-if
        drill.enter()
        drill.until(lambda: bool(drill.sent("placeOrder")))
        drill.pass_by(60.0)
        assert drill.orders == []
        assert drill.logs.intents == ()
        drill.open()
        agree(drill)


def whoever_waits(patch: pytest.MonkeyPatch) -> None:
    end: Callable[..., None] = Wrapper._endReq

    def ended(self: Wrapper, key: Any, result: Any = None, success: bool = True) -> None:
        end(self, key if key in self._futures else next(iter(self._futures), key), result, success)

    patch.setattr(Wrapper, "_endReq", ended)


@protected_by("an answer belongs to the request with its number, and to no other", whoever_waits)
def test_f06_late_reply_is_not_the_next_ones(tmp_path: Path) -> None:
    with drilled(tmp_path) as drill:
        drill.arm("late kinds=openOrder seconds=18 times=1", "late kinds=openOrder seconds=8 nth=2 times=1")
        drill.enter(quantity=50)
        drill.until(lambda: bool(drill.sent("placeOrder")))
        drill.pass_by(10.5)
        assert drill.logs.intents == ()
        drill.enter(quantity=1)
        drill.until(lambda: drill.quantity() == 1 and drill.ended)
        assert drill.health["halted"] == ""
        agree(drill)
