"""F17: the kill switch raises, and the bot keeps ordering."""

from __future__ import annotations

from pathlib import Path

import pytest

from desk.ib.orders.gate import Gate
from desk.orders import halt
from desk.orders.trader import Trader
from tests.faults.drill import ANY, Drill, agree, drilled
from tests.faults.protection import protected_by


def open_gate(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Gate, "halted", lambda self: "")


GATE = "the broker's gate reads the switch's file at every placement and depends on nothing else"


def _drill(drill: Drill) -> None:
    """With a trader that never hears of the switch: what works is cancelled, nothing is entered, exits go on."""
    assert drill.health["halted"] == ""
    drill.until(lambda: not any(order.working for order in drill.entries), 10.0)
    known = len(drill.entries)
    drill.enter()
    drill.pass_by(30.0)
    assert len(drill.entries) == known
    drill.exit()
    drill.until(lambda: drill.held == {} and drill.ended)
    halt.clear(drill.desk.folder)
    drill.open()
    agree(drill)


def _blind(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Trader, "poll", lambda self: None)


@protected_by(GATE, open_gate)
def test_f17_thrown_past_a_blind_trader(tmp_path: Path) -> None:
    with pytest.MonkeyPatch.context() as patch, drilled(tmp_path) as drill:
        drill.open()
        drill.enter(limit=ANY, worst=ANY - 4)
        drill.until(lambda: any(order.working for order in drill.entries))
        _blind(patch)
        drill.throw()
        _drill(drill)


@protected_by(GATE, open_gate)
def test_f17_damaged_file_halts(tmp_path: Path) -> None:
    with pytest.MonkeyPatch.context() as patch, drilled(tmp_path) as drill:
        drill.open()
        _blind(patch)
        (tmp_path / halt.FILE).write_text('{"reason": ', encoding="utf-8")
        _drill(drill)
