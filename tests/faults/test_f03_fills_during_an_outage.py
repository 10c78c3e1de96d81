"""F3: fills during an outage are lost for ever."""

from __future__ import annotations

from pathlib import Path

import pytest

from desk.ib.orders.looking import Looking
from tests.faults.drill import agree, at_rest, drilled
from tests.faults.protection import protected_by

QUANTITY = 3


def never_look(patch: pytest.MonkeyPatch) -> None:
    async def look(self: Looking, deadline: float) -> None:
        """Find nothing to ask."""

    patch.setattr(Looking, "look", look)


LOOK = "after a connect, 1101 and 1102 IB is asked for orders, executions and positions before anything is sent"


def _filled_meanwhile(folder: Path, fault: str) -> None:
    with drilled(folder, "thin size=1 sec_type=OPT") as drill:
        drill.enter(QUANTITY)
        drill.until(lambda: any(0 < order.filled < QUANTITY for order in drill.entries))
        drill.arm(fault)
        drill.until(lambda: not drill.ready)
        known = drill.quantity()
        drill.until(lambda: all(order.filled == QUANTITY for order in drill.entries))
        assert drill.quantity() == known < QUANTITY
        drill.until(lambda: drill.ready, 180.0)
        drill.until(lambda: drill.quantity() == QUANTITY and drill.ended)
        agree(drill)
        drill.exit()
        drill.until(lambda: not drill.held and drill.ended)
        drill.pass_by(15.0)
        at_rest(drill)


@protected_by(LOOK, never_look)
def test_f03_fills_while_ib_is_out_of_reach(tmp_path: Path) -> None:
    _filled_meanwhile(tmp_path, "outage lasts=60")


@protected_by(LOOK, never_look)
def test_f03_fills_while_ib_is_out_of_reach_and_data_is_lost(tmp_path: Path) -> None:
    _filled_meanwhile(tmp_path, "outage-data-lost lasts=60")


@protected_by(LOOK, never_look)
def test_f03_fills_while_the_gateway_restarts(tmp_path: Path) -> None:
    _filled_meanwhile(tmp_path, "restart lasts=60")
