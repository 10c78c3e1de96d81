"""F12: half a condor fills, and runs that race each other pile up more than is allowed."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import pytest

from desk.config.model import Limits
from desk.gateway.exchange.model import Order
from tests.faults.drill import ANY, ONE, TWO, Drill, agree, drilled
from tests.faults.protection import protected_by

MOST = 2


def no_limits(patch: pytest.MonkeyPatch) -> None:
    patch.setattr("desk.orders.limits.vetoes", lambda limits, exposure, risk: ())


def whole(order: Order) -> bool:
    """Whether it trades four legs as one."""
    return order.contract.sec_type == "BAG" and len(order.leg_contracts) == 4


def balanced(drill: Drill) -> bool:
    """Whether the account holds as many long legs as short ones of either right."""
    sums: defaultdict[str, float] = defaultdict(float)
    for position in drill.blotter.ledger.held():
        sums[position.contract.right] += position.quantity
    return not any(sums.values())


@protected_by("caps count open condors and working entries of all strategies together, in one writer", no_limits)
def test_f12_racing_entries_stay_under_the_cap(tmp_path: Path) -> None:
    limits = Limits(max_open_risk=1_000_000.0, max_daily_loss=1_000_000.0, max_condors=MOST)
    with drilled(tmp_path, pilots=(ONE, TWO), limits=limits) as drill:
        for _ in range(4):
            drill.enter(limit=ANY, worst=ANY - 4, by=ONE)
            drill.enter(by=TWO)

        def taken() -> int:
            return sum(order.working or order.filled > 0 for order in drill.entries)

        drill.always(lambda: taken() <= MOST and balanced(drill), 60.0)
        assert taken() == MOST
        assert all(map(whole, drill.orders))
        agree(drill)
