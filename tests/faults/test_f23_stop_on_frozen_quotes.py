"""F23: a stop's clock runs on frozen quotes, through one silent disconnect after the other."""

from __future__ import annotations

from math import inf
from pathlib import Path

import pytest

from desk.config.model import Trading
from desk.ib.spots import StandingQuotes
from tests.faults.deciding import stopping
from tests.faults.drill import at_rest, drilled
from tests.faults.protection import protected_by

FRESH = 60.0
"""Seconds for which a quote may be acted on, and after which its silent line is made anew."""
POLLS, LATER = 3, 60
STEEP = Trading(step=1.0)


def any_age(patch: pytest.MonkeyPatch) -> None:
    patch.setattr("strategies.checks.FRESH", inf)
    patch.setattr(StandingQuotes, "_dead", lambda self, feed: feed.error is not None)


@protected_by("a rule acts on quotes of the last minute only, and nothing counts time on them", any_age)
def test_f23_no_stop_on_frozen_quotes(tmp_path: Path) -> None:
    with drilled(tmp_path, trading=STEEP) as drill:
        drill.open()
        drill.command(stopping(100.0))  # its quotes are asked for, and it is far from them
        drill.pass_by(5.0)
        drill.arm("silent sec_type=OPT")
        drill.pass_by(FRESH + 5.0)
        for _ in range(POLLS):
            drill.command(stopping(0.01))
        drill.always(lambda: drill.exits == [], 2 * FRESH)
        drill.clear()
        for _ in range(LATER):
            drill.command(stopping(0.01))
        drill.until(lambda: drill.held == {} and drill.ended, 2 * FRESH)
        drill.pass_by(15.0)
        at_rest(drill)
