"""F29: a combination at exactly -1.00 counts as "no price", as -1 does everywhere else in IB's data."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from ib_async import Order as IBOrder

from desk.ib.orders import bag, reports
from desk.orders.lines import FillLine
from tests.faults.drill import agree, drilled
from tests.faults.protection import protected_by

MINUS_ONE = -1.0
TRIES = 30


def nothing_at_minus_one(patch: pytest.MonkeyPatch) -> None:
    fill, net_of = reports.fill, bag.net_of

    def filled(fields: list[str], now: float) -> reports.Fill:
        found = fill(fields, now)
        return replace(found, price=0.0) if found.price == MINUS_ONE else found

    def net(terms: IBOrder) -> float | None:
        found = net_of(terms)
        return None if found == MINUS_ONE else found

    patch.setattr(reports, "fill", filled)
    patch.setattr(bag, "net_of", net)


@protected_by("what a combination traded at is read raw, where -1 is a price", nothing_at_minus_one)
def test_f29_filled_at_minus_one(tmp_path: Path) -> None:
    with drilled(tmp_path, start="14:05") as drill:
        for _ in range(TRIES):
            drill.open(distance=15.0)
            if any(order.avg_price == MINUS_ONE for order in drill.entries):
                break
        (order,) = [each for each in drill.entries if each.avg_price == MINUS_ONE]
        drill.pass_by(15.0)
        fills = [line for line in drill.lines() if isinstance(line, FillLine)]
        assert [line.price for line in fills if line.order_id == order.request.order_ref] == [-MINUS_ONE]
        assert [line.price for line in fills] == [-each.avg_price for each in drill.entries]
        agree(drill)


@protected_by("a limit of -1 is a limit; no quote of a combination is asked for", nothing_at_minus_one)
def test_f29_walked_past_minus_one(tmp_path: Path) -> None:
    with drilled(tmp_path, start="13:30") as drill:
        drill.enter(limit=1.1, worst=0.9, distance=20.0)
        drill.until(lambda: len(drill.logs.intents) == 1 and drill.ended)
        placed = [float(each.fields[each.fields.index("LMT") + 1]) for each in drill.sent("placeOrder")]
        assert placed == [-1.1, -1.1, -1.05, MINUS_ONE, -0.95, -0.9]  # the what-if comes first
        assert not any("BAG" in each.fields for each in drill.sent("reqMktData"))
        agree(drill)
