"""Expiry: cash for index options, shares for those on stocks."""

from __future__ import annotations

from datetime import date

import pytest

from desk.gateway.exchange.model import Event, OrderUpdate, Settled
from desk.market.calendar import at
from messages.contract import Contract
from tests.gateway.exchange.floor import CONDOR, Floor, spx, spy

FRIDAY = date(2019, 5, 17)


def settled(events: list[Event]) -> list[tuple[float, str, float, float, str]]:
    return [
        (e.contract.strike, e.contract.right, e.quantity, e.price, e.kind) for e in events if isinstance(e, Settled)
    ]


def hold(*legs: tuple[Contract, str]) -> Floor:
    floor = Floor()
    for contract, action in legs:
        floor.send(contract, action=action)
    floor.work()
    assert all(order.status == "Filled" for order in floor.blotter.orders.values())
    return floor


def test_a_pm_settled_condor_is_settled_in_cash_at_the_close() -> None:
    floor = Floor()
    floor.send(CONDOR, quantity=2.0)
    floor.work()
    floor.market.drift = 50.0
    paid = floor.blotter.ledger.cash
    floor.now = at(FRIDAY, "16:00") - 1
    assert settled(floor.work()) == []
    assert floor.exchange.next_due(floor.now) == at(FRIDAY, "16:00")
    found = settled(floor.work(1))
    assert sorted(found) == [
        (2760, "P", 2, 0, "expired"),
        (2780, "P", -2, 0, "expired"),
        (2860, "C", -2, 10, "cash"),
        (2880, "C", 2, 0, "expired"),
    ]
    assert floor.blotter.ledger.cash == pytest.approx(paid - 2 * 10 * 100)
    values = floor.portfolio.values(floor.now)
    assert floor.blotter.ledger.held() == []
    assert values.net_liquidation == pytest.approx(1_000_000 + values.realized)
    assert floor.exchange.next_due(floor.now) == float("inf")


def test_an_am_settled_option_trades_until_thursday_and_settles_at_fridays_open() -> None:
    monthly = spx(2825, "C", expiry="20190516", trading_class="SPX")
    floor = hold((monthly, "BUY"))
    floor.send(monthly, limit=1.0, tif="GTC")
    thursday = date(2019, 5, 16)
    floor.now = at(thursday, "15:59")
    floor.work()
    assert floor.exchange.next_due(floor.now) <= at(thursday, "16:00")
    floor.now = at(thursday, "16:00")
    (ended,) = [event for event in floor.work() if isinstance(event, OrderUpdate)]
    assert ended.order.status == "Cancelled"
    floor.market.drift = 30.0
    floor.now = at(FRIDAY, "09:29")
    assert settled(floor.work()) == []
    floor.now = at(FRIDAY, "09:31")
    assert settled(floor.work()) == [(2825, "C", 1, 25, "cash")]


@pytest.mark.parametrize(
    ("contract", "action", "kind", "shares"),
    [
        (spy(280, "C"), "BUY", "exercised", 100),
        (spy(280, "C"), "SELL", "assigned", -100),
        (spy(284), "BUY", "exercised", -100),
        (spy(284), "SELL", "assigned", 100),
        (spy(284, "C"), "SELL", "expired", 0),
    ],
)
def test_options_on_a_stock_become_shares(contract: Contract, action: str, kind: str, shares: float) -> None:
    floor = hold((contract, action))
    floor.now = at(FRIDAY, "16:00")
    before = floor.portfolio.values(floor.now - 1)
    (event,) = settled(floor.work())
    assert event[4] == kind
    held = {h.contract.symbol: h.quantity for h in floor.blotter.ledger.held()}
    assert held == ({"SPY": shares} if shares else {})
    after = floor.portfolio.values(floor.now)
    intrinsic = max(0.0, 281.5 - contract.strike if contract.right == "C" else contract.strike - 281.5)
    quantity = 1 if action == "BUY" else -1
    assert after.net_liquidation == pytest.approx(before.cash + quantity * intrinsic * 100)
    assert after.realized + after.unrealized == pytest.approx(after.net_liquidation - 1_000_000)


def test_what_was_due_while_nobody_looked_is_settled_at_its_own_time() -> None:
    floor = hold((spx(2800, "C"), "BUY"))
    floor.now = at(date(2019, 5, 20), "12:00")
    assert settled(floor.work()) == [(2800, "C", 1, 20, "cash")]
    assert at(FRIDAY, "16:00") in floor.market.asked
