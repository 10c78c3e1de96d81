"""F28: ib_async keeps every ticker ever subscribed, every trade and every fill: memory grows with each cycle."""

from __future__ import annotations

import gc
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from ib_async import IB, Ticker

from desk.ib.feeds import Feed, Feeds
from desk.ib.orders import taps
from desk.ib.orders.taps import Listener
from tests.acceptance.memory import census
from tests.faults.drill import Drill, drilled
from tests.faults.protection import protected_by

CYCLES = 3
REGISTRIES = "tickers", "trades", "permId2Trade", "fills", "positions", "_results", "_futures"
SLACK = 10
"""Tickers by which two moments' subscriptions may differ; a cycle makes more."""


def every_ticker_is_kept(patch: pytest.MonkeyPatch) -> None:
    def forgotten(self: Feeds, feed: Feed) -> None:
        self._requests.pop(feed.request or 0, None)

    patch.setattr(Feeds, "_forget", forgotten)


def every_trade_is_kept(patch: pytest.MonkeyPatch) -> None:
    ours = taps._orders

    def both(ib: IB, to: Listener) -> None:
        theirs = ib.wrapper.openOrder
        ours(ib, to)
        preview = ib.wrapper.openOrder

        def opened(*told: Any) -> None:
            preview(*told)
            if not told[2].whatIf:
                theirs(*told)

        ib.wrapper.openOrder = opened  # type: ignore[method-assign, assignment]  # as the taps do

    patch.setattr(taps, "_orders", both)


def tickers() -> int:
    """Every ticker alive, wherever it is kept."""
    gc.collect()
    return sum(type(each) is Ticker for each in gc.get_objects())


def _cycle(drill: Drill) -> None:
    """Quote a chain, open, close."""
    drill.open()
    drill.exit()
    drill.until(lambda: drill.quantity() == 0 and drill.ended)
    drill.pass_by(5.0)


@protected_by("a subscription that is over leaves no ticker behind", every_ticker_is_kept)
def test_f28_tickers(tmp_path: Path) -> None:
    with drilled(tmp_path) as drill:
        _cycle(drill)
        before = tickers()
        for _ in range(CYCLES):
            _cycle(drill)
        assert tickers() <= before + SLACK


@protected_by(
    "ib_async is told of no order, execution or position; what it keeps of them is nothing", every_trade_is_kept
)
def test_f28_trades_and_fills(tmp_path: Path) -> None:
    with drilled(tmp_path) as drill:
        before = _kept()
        for _ in range(CYCLES):
            _cycle(drill)
        assert not _kept() - before


def _kept() -> Counter[str]:
    return Counter({name: count for name, count in census().ib_async.items() if name in REGISTRIES})
