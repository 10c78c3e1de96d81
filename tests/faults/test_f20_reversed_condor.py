"""F20: the legs say SELL short, BUY wing, and the order says SELL as well: the opposite of a condor is opened."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from ib_async import Order as IBOrder

from desk.ib.orders import bag
from messages.orders import Order
from tests.faults.drill import ANY, Drill, drilled
from tests.faults.protection import protected_by


@contextmanager
def sold() -> Iterator[None]:
    """Have the broker sell every BAG, at the credit: the market takes that at once."""
    made = bag.terms

    def terms(order: Order, limit: float | None, account: str) -> IBOrder:
        found = made(order, limit, account)
        found.action = "SELL"
        return found

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bag, "terms", terms)
        yield


def any_margin(patch: pytest.MonkeyPatch) -> None:
    patch.setattr("desk.orders.limits.encoding_veto", lambda margin, widest: None)


def any_fill(patch: pytest.MonkeyPatch) -> None:
    patch.setattr("desk.orders.worker.contradiction", lambda order, row: "")


def stays_halted(drill: Drill, orders: int) -> None:
    """Nothing more is entered, whoever wishes it."""
    drill.until(lambda: drill.health["halted"] != "", 20.0)
    drill.enter()
    drill.pass_by(30.0)
    assert len(drill.orders) == orders


@protected_by("the what-if must show a condor's margin; what shows another halts the desk", any_margin)
def test_f20_what_if_of_a_reversed_condor(tmp_path: Path) -> None:
    with drilled(tmp_path) as drill, sold():
        drill.enter(limit=ANY)
        stays_halted(drill, orders=0)
        assert drill.held == {}
        assert drill.logs.intents == ()


@protected_by("the first fill must be what the encoding says, side by side; what is not halts the desk", any_fill)
def test_f20_first_fill_of_a_reversed_condor(tmp_path: Path) -> None:
    with drilled(tmp_path) as drill:
        drill.open()
        with sold():
            drill.enter(limit=ANY, distance=20.0)  # its margin nets with that of the first, and tells nothing
            stays_halted(drill, orders=2)
