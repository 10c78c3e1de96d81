"""F2: the gateway's restart rolls the next valid id back, and ids are issued again."""

from __future__ import annotations

from pathlib import Path

import pytest

from desk.ib.orders.records import Records
from tests.faults.drill import ANY, ONE, TWO, agree, drilled
from tests.faults.protection import protected_by

NOWHERE = 1000.0
"""Points from spot where nothing is listed."""


def no_floor(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Records, "floor", property(lambda self: 1, lambda self, value: None), raising=False)


@protected_by("order numbers stay above every one that this client is known to have used", no_floor)
def test_f02_numbers_are_not_used_again(tmp_path: Path) -> None:
    with drilled(tmp_path, pilots=(ONE, TWO)) as drill:
        for _ in range(4):  # each look at a chain takes numbers of the same series
            drill.enter(distance=NOWHERE)
        drill.enter(limit=ANY, worst=ANY - 2)
        drill.until(lambda: any(order.working for order in drill.entries))
        (first,) = drill.orders
        drill.arm("next-id by=-1000", "restart lasts=20")
        drill.until(lambda: not drill.ready)
        drill.until(lambda: drill.ready)
        drill.enter(by=TWO)
        drill.until(lambda: drill.quantity(TWO) == 1)
        (second,) = (order for order in drill.orders if order.perm_id != first.perm_id)
        assert second.request.order_id > first.request.order_id
        agree(drill)
