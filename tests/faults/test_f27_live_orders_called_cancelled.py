"""F27: ib_async calls live orders cancelled on 10349, 10147, 10148 and 161; who believes it sends them again."""

from __future__ import annotations

from pathlib import Path

import pytest

from desk.config.model import Trading
from desk.ib.orders.records import Records
from messages.orders import OrderState
from tests.faults.drill import ANY, NEVER, Drill, at_rest, drilled
from tests.faults.protection import protected_by

SOON = Trading(every=2.0)
CODES = frozenset({10349, 399, 2109, 10147, 10148, 161})


def as_ib_async_does(patch: pytest.MonkeyPatch) -> None:
    error = Records.error

    def believed(self: Records, number: int, code: int, text: str) -> None:
        record = self._by_number.get(number)
        if code in CODES and record is not None:
            record.state = OrderState.CANCELLED
            self.emit(record)
            return
        error(self, number, code, text)

    patch.setattr(Records, "error", believed)


ORDER_STATUS = "an order has ended when its status says so, whatever an error about it says; in doubt it is looked up"


def _noted(folder: Path, note: str) -> None:
    """An exit works on through the warning; wishes to close beside it are refused."""
    with drilled(folder) as drill:
        drill.open()
        drill.arm(note)
        drill.exit(limit=NEVER)
        drill.until(lambda: len(drill.exits) == 1)
        for _ in range(3):
            drill.exit(limit=ANY)
            drill.pass_by(1.5)
        assert [order.working for order in drill.exits] == [True]
        assert drill.quantity() == 1
        drill.clear()
        drill.exit()  # at market takes its place, and its cancel is confirmed
        _closed_once(drill)


def _not_cancelled(folder: Path, refusal: str) -> None:
    """Until its cancel is confirmed no market order takes the place of an exit."""
    with drilled(folder, trading=SOON) as drill:
        drill.open()
        drill.arm(refusal)
        drill.exit(limit=NEVER, then_market=True)
        drill.until(lambda: bool(drill.sent("cancelOrder")))
        drill.always(lambda: len(drill.exits) == 1, 20.0)
        assert drill.exits[0].working
        drill.clear()
        _closed_once(drill)


def _closed_once(drill: Drill) -> None:
    drill.until(lambda: drill.held == {} and drill.ended)
    drill.pass_by(15.0)
    assert len(drill.exits) == 2
    assert sum(order.filled for order in drill.exits) == 1
    at_rest(drill)


@protected_by(ORDER_STATUS, as_ib_async_does)
def test_f27_10349_time_in_force_was_set(tmp_path: Path) -> None:
    _noted(tmp_path, "tif-preset")


@protected_by(ORDER_STATUS, as_ib_async_does)
def test_f27_399_not_before_the_open(tmp_path: Path) -> None:
    _noted(tmp_path, "outside-hours")


@protected_by(ORDER_STATUS, as_ib_async_does)
def test_f27_2109_outside_hours_is_ignored(tmp_path: Path) -> None:
    _noted(tmp_path, "outside-rth-ignored")


@protected_by(ORDER_STATUS, as_ib_async_does)
def test_f27_10147_order_to_cancel_is_not_found(tmp_path: Path) -> None:
    _not_cancelled(tmp_path, "cancel-not-found")


@protected_by(ORDER_STATUS, as_ib_async_does)
def test_f27_10148_order_can_not_be_cancelled(tmp_path: Path) -> None:
    _not_cancelled(tmp_path, "cancel-too-late")


@protected_by(ORDER_STATUS, as_ib_async_does)
def test_f27_161_cancel_attempted_when_not_possible(tmp_path: Path) -> None:
    _not_cancelled(tmp_path, "cancel-not-possible")
