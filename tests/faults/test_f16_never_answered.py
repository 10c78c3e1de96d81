"""F16: a handler waits for hours for a request that is never answered."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from desk.ib.orders.lists import Lists
from desk.ib.session import Session
from tests.faults.drill import agree, drilled
from tests.faults.protection import protected_by

THREE_HOURS = 10_800.0
SILENCE = 100.0
AGAIN = 120.0
"""Two answers of 30 s each that are waited for, and the pauses before them: the first end may be that of an earlier."""


def patience(patch: pytest.MonkeyPatch) -> None:
    listed, asked = Lists.ask, Session.ask

    async def wait(self: Lists, what: str, send: Any, deadline: float) -> None:
        await listed(self, what, send, deadline + THREE_HOURS)

    async def wait_too(self: Session, send: Any, priority: Any, deadline: float, cancel: Any = None) -> Any:
        return await asked(self, send, priority, deadline + THREE_HOURS, cancel)

    patch.setattr(Lists, "ask", wait)
    patch.setattr(Session, "ask", wait_too)


DEADLINE = "every request has a deadline, after which it is asked anew; nobody asks for a combination's details"


def _ready_soon_after(folder: Path, answers: str) -> None:
    """A look at orders and positions that is never answered costs as long as the silence lasts, not a day."""
    with drilled(folder) as drill:
        drill.arm(f"missing-end kinds={answers} lasts={SILENCE:g}", "outage lasts=5")
        drill.pass_by(SILENCE)
        assert not drill.ready
        assert "reconciled" in drill.health["degraded"]
        drill.until(lambda: drill.ready, AGAIN)
        drill.open()
        agree(drill)
        assert not any("BAG" in each.fields for each in drill.sent("reqContractDetails"))


@protected_by(DEADLINE, patience)
def test_f16_positions_without_an_end(tmp_path: Path) -> None:
    _ready_soon_after(tmp_path, "positionEnd")


@protected_by(DEADLINE, patience)
def test_f16_orders_without_an_end(tmp_path: Path) -> None:
    _ready_soon_after(tmp_path, "openOrderEnd,completedOrdersEnd")


@protected_by(DEADLINE, patience)
def test_f16_executions_without_an_end(tmp_path: Path) -> None:
    _ready_soon_after(tmp_path, "execDetailsEnd")


@protected_by(DEADLINE, patience)
def test_f16_no_details_of_contracts(tmp_path: Path) -> None:
    with drilled(tmp_path) as drill:
        drill.arm("lose kinds=reqContractDetails sec_type=OPT")
        drill.enter()
        drill.pass_by(SILENCE)
        assert drill.orders == []
        drill.clear()
        drill.open()
        agree(drill)
