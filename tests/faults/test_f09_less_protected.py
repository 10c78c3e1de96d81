"""F9: an exit is cancelled to be sent at another price, and that fails."""

from __future__ import annotations

from pathlib import Path

import pytest

from desk.config.model import Trading
from desk.ib.orders.sending import Sending
from tests.faults.drill import ANY, NEVER, at_rest, drilled
from tests.faults.protection import protected_by


def cancel_first(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Sending, "replace", lambda self, order_id, limit: self.cancel(order_id))


@protected_by("an exit is repriced in place: until IB has taken the new limit the old one works", cancel_first)
def test_f09_refused_reprices_leave_the_exit_working(tmp_path: Path) -> None:
    with drilled(tmp_path, trading=Trading(step=0.5)) as drill:
        drill.open()
        drill.exit(limit=NEVER, worst=ANY)
        drill.until(lambda: any(order.working for order in drill.exits))
        since = drill.now
        drill.arm("rejected-margin times=3")
        drill.always(lambda: not drill.held or any(order.working for order in drill.exits), 90.0)
        assert len(drill.sent("placeOrder", since)) > 3
        assert drill.sent("cancelOrder", since) == []
        assert drill.held == {}
        assert len(drill.exits) == 1
        at_rest(drill)
