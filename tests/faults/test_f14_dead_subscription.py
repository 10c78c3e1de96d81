"""F14: a farm's blip leaves subscriptions dead; heartbeats go on, and nobody notices for hours."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import pytest

from desk.ib import spots
from desk.market.contracts import index
from strategies.base import Decision, State, View
from tests.faults.drill import drilled
from tests.faults.protection import protected_by

SPX = index("SPX")
OLDEST = 60.0
"""Seconds without a tick after which a line is made anew."""
BETWEEN = 30.0


@dataclass
class Look:
    """Ask for the index's quote and write down how old it is."""

    ages: list[float] = field(default_factory=list)

    def __call__(self, view: View, _state: State) -> Decision:
        quote = view.quote(SPX)
        if quote is None:
            return Decision(wants=(SPX,))
        self.ages.append(view.t - quote.received)
        return Decision()


def lines_live_for_ever(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(spots, "_STALE", float("inf"))


@protected_by("a standing line without a tick for a minute is made anew by the next look", lines_live_for_ever)
def test_f14_line_is_made_anew_after_a_blip(tmp_path: Path) -> None:
    with drilled(tmp_path) as drill:
        look = Look()
        drill.command(look)
        drill.pass_by(BETWEEN)
        drill.arm("farm-blip seconds=5")
        for _ in range(10):
            drill.command(look)
            drill.pass_by(BETWEEN)
        assert len(look.ages) == 11
        assert max(look.ages) <= OLDEST
