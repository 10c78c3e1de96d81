"""F22: a paper broker fills on quotes that are days old, and earns what nobody could."""

from __future__ import annotations

from math import inf
from pathlib import Path
from typing import Any

import pytest

from desk.gateway.exchange import matching, package
from tests.faults.drill import at_rest, drilled
from tests.faults.protection import protected_by

OLDEST = 60.0
"""`Rules.oldest`."""


def any_age(patch: pytest.MonkeyPatch) -> None:
    found = package.market_of

    def market_of(parts: Any, prices: Any, _oldest: float, taken: Any) -> object:
        return found(parts, prices, inf, taken)

    patch.setattr(matching, "market_of", market_of)


@protected_by("the paper gateway's exchange fills nothing on a quote older than a minute", any_age)
def test_f22_no_fill_on_old_quotes(tmp_path: Path) -> None:
    with drilled(tmp_path) as drill:
        drill.open()
        drill.arm("frozen sec_type=OPT")
        drill.exit()
        drill.until(lambda: drill.held == {}, 5.0)  # a quote that has just stopped is not old
        drill.until(lambda: drill.quantity() == 0 and drill.ended)
        drill.clear()
        drill.open()
        drill.arm("frozen sec_type=OPT")
        drill.pass_by(2 * OLDEST)
        drill.exit()
        drill.until(lambda: any(order.working for order in drill.exits))
        drill.always(lambda: bool(drill.held), 4 * OLDEST)
        drill.clear()
        drill.until(lambda: drill.held == {} and drill.ended)
        drill.pass_by(15.0)
        at_rest(drill)
