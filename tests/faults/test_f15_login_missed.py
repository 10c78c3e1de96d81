"""F15: the weekly login is missed: hours of rejected orders."""

from __future__ import annotations

from pathlib import Path

import pytest

from desk.orders.trader import Trader
from tests.faults.drill import agree, drilled
from tests.faults.protection import protected_by

NOTICED = 60.0
AWAY = 600.0


def never_mind(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Trader, "able", property(lambda self: True))


@protected_by("without a reconciled session health is degraded, and nothing is decided or sent", never_mind)
def test_f15_degraded_at_once_and_no_orders(tmp_path: Path) -> None:
    with drilled(tmp_path) as drill:
        drill.open()
        drill.arm(f"restart lasts={AWAY:g}")
        drill.until(lambda: "not reconciled" in drill.health["degraded"], NOTICED)
        drill.exit()
        drill.pass_by(AWAY / 2)
        assert len(drill.logs.intents) == 1
        drill.until(lambda: drill.ready, AWAY)
        drill.until(lambda: drill.held == {} and drill.ended)
        assert len(drill.logs.intents) == 2
        agree(drill)
