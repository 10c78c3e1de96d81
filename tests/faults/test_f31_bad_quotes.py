"""F31: a bad quote (NaN, zero, crossed, -1) ends the run, or is traded on."""

from __future__ import annotations

from pathlib import Path

import pytest

from desk.config.model import Trading
from desk.orders.ledger import Ledger
from messages.orders import Condor
from tests.faults.deciding import Choosing, profiting
from tests.faults.drill import ONE, Drill, agree, drilled
from tests.faults.protection import protected_by

WRONG = "crossed", "zero-price", "no-price", "no-price value=nan"
POLLS = 10
STEEP = Trading(step=0.5)


def any_quote(patch: pytest.MonkeyPatch) -> None:
    patch.setattr("strategies.legs.fault", lambda quote: "")


def any_leg(patch: pytest.MonkeyPatch) -> None:
    patch.setattr("strategies.exits.checks.usable", lambda quote, t: None)


def opened(drill: Drill) -> Condor:
    """The condor that was opened last."""
    return Ledger.of(ONE, drill.lines()).holdings[-1].condor


@protected_by("a quote that cannot be is a veto of its contract; the next one is taken", any_quote)
def test_f31_entry_passes_over_bad_quotes(tmp_path: Path) -> None:
    with drilled(tmp_path, trading=STEEP) as drill:
        drill.command(Choosing())
        drill.until(lambda: drill.quantity() == 1 and drill.ended, 120.0)
        best = opened(drill).short_put
        drill.exit()
        drill.until(lambda: drill.quantity() == 0 and drill.ended)
        for steps, fault in enumerate(WRONG):
            drill.arm(f"{fault} sec_type=OPT right=P strike={best.strike - 5 * steps:g}")
        drill.command(Choosing())
        drill.until(lambda: drill.quantity() == 1 and drill.ended, 120.0)
        assert opened(drill).short_put.strike <= best.strike - 5 * len(WRONG)
        assert drill.desk.report(f"strategy-{ONE}").facts["veto_counts"] == {"bad_quote": len(WRONG)}
        nothing_crashed(drill)
        drill.pass_by(5.0)
        agree(drill)


@protected_by("a rule that lacks a sound quote of a leg waits; what must close is closed without", any_leg)
def test_f31_exit_waits_for_sound_quotes(tmp_path: Path) -> None:
    with drilled(tmp_path) as drill:
        drill.open()
        legs = opened(drill)
        for short in (legs.short_put, legs.short_call):
            drill.arm(f"zero-price sec_type=OPT right={short.right} strike={short.strike:g}")
        drill.pass_by(30.0)
        for _ in range(POLLS):
            drill.command(profiting(0.3))
        drill.always(lambda: drill.exits == [], 60.0)
        nothing_crashed(drill)
        drill.exit()
        drill.until(lambda: drill.held == {} and drill.ended)
        drill.pass_by(5.0)
        agree(drill)


def nothing_crashed(drill: Drill) -> None:
    """Nobody was started again."""
    assert {each.restarts for each in drill.desk.system.reports()} == {0}
