"""F1: an order is changed while connectivity is lost, and there are two."""

from __future__ import annotations

from pathlib import Path

import pytest

from desk.config.model import Trading
from desk.ib.orders.orders import Orders
from desk.ib.orders.record import Record
from desk.ib.orders.sending import Sending
from desk.orders.trader import Trader
from tests.faults.drill import ANY, NEVER, agree, drilled
from tests.faults.protection import protected_by

OUTAGE = 40.0
AT_ONCE = Trading(step=ANY - NEVER)
"""The ladder's second rung is its last."""


def change_in_any_weather(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Trader, "able", property(lambda self: True))
    patch.setattr(Sending, "healthy", property(lambda self: self._session.ready.is_set()))
    patch.setattr(Orders, "_unsynced", lambda self: "")


@protected_by(
    "nothing is sent while the session is not healthy, nor before all orders were looked up after that",
    change_in_any_weather,
)
def test_f01_no_change_during_an_outage(tmp_path: Path) -> None:
    with drilled(tmp_path) as drill:
        drill.enter(limit=ANY, worst=ANY - 1)
        drill.until(lambda: any(order.working for order in drill.entries))
        drill.arm("two-orders", "say code=1100")
        lost = drill.now
        drill.pass_by(OUTAGE)
        assert len(drill.entries) == 1
        assert drill.sent("placeOrder", lost) == []
        drill.clear()
        drill.arm("say code=1102")
        drill.pass_by(20.0)
        assert len(drill.sent("placeOrder", lost)) > 1
        assert [order.working for order in drill.entries] == [True]
        agree(drill)


def newest_word_only(patch: pytest.MonkeyPatch) -> None:
    saw = Record.saw

    def newest(self: Record, perm_id: int, status: str, filled: int, now: float) -> None:
        self.perms.clear()
        saw(self, perm_id, status, filled, now)

    patch.setattr(Record, "saw", newest)


BOTH = (
    "an order is all permIds ever seen for its orderRef: alive until the last has ended, and cancelled if there are two"
)


@protected_by(BOTH, newest_word_only)
def test_f01_both_are_cancelled(tmp_path: Path) -> None:
    with drilled(tmp_path) as drill:
        drill.open()
        drill.arm("two-orders")
        drill.exit(limit=NEVER, worst=2 * NEVER)
        drill.until(lambda: len(drill.exits) == 2)
        drill.until(lambda: sum(order.working for order in drill.exits) == 1)
        drill.clear()
        drill.until(lambda: not any(order.working for order in drill.exits), 20.0)
        drill.until(lambda: drill.ended)
        drill.exit()
        drill.until(lambda: not drill.held and not drill.quantity())
        assert drill.unexplained == []


@protected_by(BOTH, newest_word_only)
def test_f01_survivor_is_cancelled_before_it_flips_the_position(tmp_path: Path) -> None:
    with drilled(tmp_path, trading=AT_ONCE) as drill:
        drill.open()
        drill.arm("two-orders", "lost-cancel times=1")
        drill.exit(limit=NEVER, worst=ANY)
        drill.until(lambda: drill.held == {})
        drill.clear()
        drill.until(lambda: not any(order.working for order in drill.exits), 20.0)
        drill.until(lambda: drill.ended)
        assert drill.held == {}
        assert drill.quantity() == 0
        assert drill.unexplained == []
