"""F18: a limit order that everybody has forgotten fills hours later."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from desk.orders.account import Account
from desk.orders.entries import Entries
from messages.orders import Enter, Order
from tests.faults.drill import ANY, agree, drilled
from tests.faults.protection import protected_by

LIFETIME = 120.0
"""`[trading] entry_lifetime`; IB takes whole seconds."""


def good_for_the_day(patch: pytest.MonkeyPatch) -> None:
    make = Entries._order

    def order(self: Entries, account: Account, wish: Enter) -> Order:
        return replace(make(self, account, wish), good_till=None)

    patch.setattr(Entries, "_order", order)


@protected_by("entries carry the time at which IB itself ends them", good_for_the_day)
def test_f18_entry_ends_at_ib_without_the_desk(tmp_path: Path) -> None:
    with drilled(tmp_path) as drill:
        drill.enter(limit=ANY, worst=ANY - 8)
        drill.until(lambda: any(order.working for order in drill.entries))
        (order,) = drill.entries
        drill.arm("restart lasts=600")
        drill.until(lambda: not any(each.working for each in drill.entries), LIFETIME + 2.0)
        assert not drill.ready
        assert drill.now - order.created > LIFETIME - 10.0
        drill.until(lambda: drill.ready, 700.0)
        drill.until(lambda: drill.ended)
        assert drill.held == {}
        agree(drill)
