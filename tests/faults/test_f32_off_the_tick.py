"""F32: the combination's limit is off the tick, or has the wrong sign."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest

from desk.config.model import Trading
from desk.orders import encoding
from messages.orders import Action
from tests.faults.drill import ANY, NEVER, Drill, at_rest, drilled
from tests.faults.protection import protected_by

TICK = 0.05
STEEP = Trading(step=1.03)
_ACTION, _LIMIT = "BUY", "LMT"


def as_wished(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(encoding, "net", lambda action, price, tick: -price if action is Action.OPEN else price)
    patch.setattr("desk.orders.entries.net", lambda action, price, tick: -price)
    patch.setattr("desk.orders.exits.net", lambda action, price, tick: price)


def always_positive(patch: pytest.MonkeyPatch) -> None:
    net = encoding.net
    patch.setattr(encoding, "net", lambda action, price, tick: abs(net(action, price, tick)))


def limits(drill: Drill) -> list[float]:
    """The limits of everything placed, as they stood on the wire: after the side, the quantity and LMT."""
    found = []
    for each in drill.sent("placeOrder"):
        fields = each.fields
        if _LIMIT in fields:
            where = fields.index(_LIMIT)
            assert fields[where - 2] == _ACTION
            found.append(float(fields[where + 1]))
    return found


ENCODING = "one place makes prices into limits: negative to open, positive to close, on the tick to the better side"


def _walk(drill: Drill) -> None:
    """Open and close at prices that are nowhere near a tick, a few rungs each."""
    drill.enter(limit=ANY + 0.033, worst=NEVER + 0.017)
    drill.until(lambda: drill.quantity() == 1 and drill.ended, 300.0)
    opening = limits(drill)
    drill.exit(limit=0.0831, worst=ANY + 0.0007)
    drill.until(lambda: drill.held == {} and drill.ended, 300.0)
    closing = limits(drill)[len(opening) :]
    assert all(limit < 0 for limit in opening)
    assert all(limit > 0 for limit in closing)
    assert len(opening) > 3
    assert len(closing) > 2
    assert all(abs(limit / TICK - round(limit / TICK)) < 1e-6 for limit in opening + closing)
    assert all(last < limit for each in (opening[1:], closing) for last, limit in pairwise(each))
    drill.pass_by(15.0)
    at_rest(drill)


@protected_by(ENCODING, as_wished)
def test_f32_prices_off_the_tick(tmp_path: Path) -> None:
    with drilled(tmp_path, trading=STEEP) as drill:
        _walk(drill)


@protected_by(ENCODING, always_positive)
def test_f32_signs(tmp_path: Path) -> None:
    with drilled(tmp_path, trading=STEEP) as drill:
        _walk(drill)
