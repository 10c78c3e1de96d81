"""Live money needs three keys; without all of them no order leaves, whatever a strategy wishes (SPEC A7)."""

from __future__ import annotations

from pathlib import Path

import pytest

from desk.config.model import Config, Trading
from messages.orders import PlaceOrder
from tests.faults.drill import ANY, Drill, drilled
from tests.orders.made import order

LIVE, OTHER = "U1234567", "U7654321"


def _desk(config: Config, mode: str) -> Config:
    gateway = config.gateway.model_copy(update={"account": LIVE})
    return config.model_copy(update={"gateway": gateway, "broker": config.broker.model_copy(update={"mode": mode})})


def _wish(drill: Drill) -> None:
    """Wish as a strategy does, and go past strategy and trader straight to the broker."""
    for number, limit in enumerate((0.05, ANY)):
        drill.enter(limit=limit, worst=0.05)
        placed = order(f"one-{number}", limit=limit, at=drill.now)
        drill.desk.system.tell("broker", PlaceOrder("trader", placed))
        drill.pass_by(20.0)


@pytest.mark.parametrize(
    ("mode", "trading"),
    [
        ("paper", Trading(enabled=True, account=LIVE)),
        ("live", Trading()),
        ("live", Trading(enabled=True)),
        ("live", Trading(enabled=False, account=LIVE)),
        ("live", Trading(enabled=True, account=OTHER)),
    ],
    ids=["paper mode", "no key", "no account", "not enabled", "another account"],
)
def test_without_every_key_nothing_leaves(tmp_path: Path, mode: str, trading: Trading) -> None:
    with drilled(tmp_path, trading=trading, ready=False, change=lambda config: _desk(config, mode)) as drill:
        drill.pass_by(30.0)
        _wish(drill)
        assert drill.sent("placeOrder") == []
        assert drill.orders == []
        assert drill.held == {}


def test_with_every_key_it_does(tmp_path: Path) -> None:
    trading = Trading(enabled=True, account=LIVE)
    with drilled(tmp_path, trading=trading, change=lambda config: _desk(config, "live")) as drill:
        drill.open()
        _wish(drill)
        assert {each.request.account for each in drill.orders} == {LIVE}
        assert {"one-0", "one-1"} <= {field for each in drill.sent("placeOrder") for field in each.fields}


def test_a_paper_account_needs_none(tmp_path: Path) -> None:
    with drilled(tmp_path) as drill:
        drill.open()
        assert {each.request.account for each in drill.orders} == {"DU1234567"}
