"""What the exchange does with orders, without a wire."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

import pytest

from desk.gateway.exchange.model import Event, Executed, Order, OrderUpdate, Rejected
from desk.gateway.exchange.rules import Rules
from desk.market.calendar import at
from tests.gateway.exchange.floor import CONDOR, NOW, Falling, Floor, spx, spy, underlying

PUT = spx(2780)
DAY = date(2019, 5, 13)


def codes(events: Iterable[Event]) -> list[int]:
    return [event.code for event in events if isinstance(event, Rejected)]


def statuses(events: Iterable[Event]) -> list[str]:
    return [event.order.status for event in events if isinstance(event, OrderUpdate) and event.status]


def executions(events: Iterable[Event]) -> list[tuple[str, float, float]]:
    return [(e.execution.side, e.execution.shares, e.execution.price) for e in events if isinstance(e, Executed)]


def only(floor: Floor) -> Order:
    (order,) = floor.blotter.orders.values()
    return order


def test_the_price_lies_between_mid_and_natural_and_differs_by_order() -> None:
    floor = Floor()
    for _ in range(30):
        floor.send(CONDOR, limit=-7.0)
        floor.work(1)
    prices = [order.avg_price for order in floor.blotter.orders.values()]
    assert all(-8.0 <= price <= -7.6 for price in prices)
    assert {round(price * 100) % 5 for price in prices} == {0}
    assert len(set(prices)) > 3


def test_no_improvement_fills_at_the_natural_price() -> None:
    floor = Floor(rules=Rules("DU1234567", improvement=0.0))
    floor.send(CONDOR)
    floor.send(CONDOR, action="SELL", limit=-8.4)
    floor.work()
    assert [order.avg_price for order in floor.blotter.orders.values()] == [-7.6, -8.4]


def test_a_limit_that_is_not_met_waits_for_the_market() -> None:
    floor = Floor()
    assert statuses(floor.send(PUT, limit=11.9)) == ["PreSubmitted"]
    assert statuses(floor.work()) == ["Submitted"]
    assert floor.work(1) == []
    floor.market.drift = 2.0
    assert statuses(floor.work(1)) == ["Filled"]
    assert only(floor).avg_price <= 11.9


def test_a_sale_fills_at_or_above_its_limit() -> None:
    floor = Floor()
    floor.send(CONDOR)
    floor.work()
    floor.send(spx(2760), action="SELL", limit=7.9)
    ((side, _, price),) = executions(floor.work(1))
    assert (side, 7.9 <= price <= 8.0) == ("SLD", True)


@pytest.mark.parametrize("side", [{"ask_size": 12.0, "bid_size": 10.0}, {"age": 61.0}, {"age": float("nan")}])
def test_a_quote_that_is_too_old_fills_nothing(side: dict[str, Any]) -> None:
    floor = Floor(Falling(**side))
    floor.send(CONDOR)
    floor.work()
    assert bool(floor.blotter.executions) == (side.get("age") != 61.0)


@pytest.mark.parametrize(("bid", "ask"), [(5.0, 4.9), (0.0, 0.0), (float("nan"), float("nan")), (-1.0, 4.0)])
def test_a_crossed_or_empty_quote_fills_nothing(bid: float, ask: float) -> None:
    floor = Floor()
    floor.market.fixed = {2780.0: (bid, ask)}
    floor.send(CONDOR)
    floor.send(PUT)
    floor.work()
    assert not floor.blotter.executions


def test_a_worthless_option_is_bought_at_the_ask_and_sold_only_within_a_combination() -> None:
    floor = Floor()
    floor.market.fixed = {2760.0: (0.0, 0.05), 2880.0: (0.0, 0.05)}
    floor.send(spx(2760))
    floor.work(1)
    assert executions(floor.blotter.executions) == [("BOT", 1, 0.05)]
    floor.send(spx(2760), action="SELL")
    assert executions(floor.work(1)) == []
    floor.send(tuple((c, n, "SELL" if side == "BUY" else "BUY") for c, n, side in CONDOR))
    assert ("SLD", 1, 0.0) in executions(floor.work(1)) or ("SLD", 1, 0.01) in executions(floor.work(1))


def test_partial_fills_share_what_is_displayed_until_it_is_refreshed() -> None:
    floor = Floor()
    floor.send(PUT, quantity=15.0)
    floor.send(PUT, quantity=15.0)
    assert [(s, n) for s, n, _ in executions(floor.work())] == [("BOT", 12)]
    assert executions(floor.work(0.5)) == []
    assert [n for _, n, _ in executions(floor.work(0.6))] == [3, 9]
    assert [n for _, n, _ in executions(floor.work(1))] == [6]
    first, second = floor.blotter.orders.values()
    assert (first.status, first.filled, first.remaining) == (second.status, second.filled, second.remaining)
    assert first.status == "Filled"


def test_a_ratio_takes_its_part_of_the_size() -> None:
    floor = Floor()
    fly = ((spx(2760), 1, "BUY"), (spx(2780), 2, "SELL"), (spx(2800), 1, "BUY"))
    floor.send(fly, quantity=20.0)
    found = executions(floor.work())
    assert found[0][:2] == ("BOT", 5)
    assert sorted(n for _, n, _ in found[1:]) == [5, 5, 10]
    net = sum((price if side == "BOT" else -price) * n for side, n, price in found[1:])
    assert net == pytest.approx(found[0][2] * 5)


@pytest.mark.parametrize(("tif", "filled"), [("IOC", 12.0), ("FOK", 0.0)])
def test_immediate_orders_end_with_the_first_look_at_the_market(tif: str, filled: float) -> None:
    floor = Floor()
    floor.send(PUT, quantity=15.0, tif=tif)
    events = floor.work()
    assert statuses(events)[-1] == "Cancelled"
    assert codes(events) == [202]
    assert only(floor).filled == filled


@pytest.mark.parametrize(
    ("terms", "end"),
    [
        ({"tif": "DAY"}, at(DAY, "16:00")),
        ({"tif": "GTD", "good_till": "20190513 10:15:00 US/Eastern"}, at(DAY, "10:15")),
        ({"tif": "GTD", "good_till": "20190513-14:15:00"}, at(DAY, "10:15")),
        ({"tif": "GTD", "good_till": "20190514"}, at(date(2019, 5, 14), "16:00")),
        ({"tif": "GTC"}, at(date(2019, 5, 17), "16:00")),
    ],
)
def test_when_an_order_ends_by_itself(terms: dict[str, Any], end: float) -> None:
    floor = Floor()
    floor.send(PUT, limit=1.0, **terms)
    floor.work()
    floor.now = end - 1
    assert statuses(floor.work()) == []
    assert floor.exchange.next_due(floor.now) == end
    events = floor.work(1)
    assert (statuses(events), codes(events)) == (["Cancelled"], [202])
    assert only(floor).completed_status == "Cancelled by System:\n"


def test_an_order_outside_hours_waits_for_the_open() -> None:
    floor = Floor(now=at(DAY, "08:00"))
    events = floor.send(PUT)
    assert (statuses(events), codes(events)) == (["PreSubmitted"], [399])
    (warning,) = [event.text for event in events if isinstance(event, Rejected)]
    assert "BUY 1 SPXW  190517P02780000" in warning
    assert "2019-05-13 09:30:00 US/Eastern" in warning
    assert floor.work(60) == []
    assert floor.exchange.next_due(floor.now) == at(DAY, "09:30")
    floor.now = at(DAY, "09:30")
    assert statuses(floor.work()) == ["Filled"]


def test_a_combination_outside_regular_hours_is_taken_with_a_warning() -> None:
    events = Floor().send(CONDOR, limit=-9.0, outside_rth=True)
    assert (statuses(events), codes(events)) == (["PreSubmitted"], [2109])


@pytest.mark.parametrize(
    ("terms", "code"),
    [
        ({"limit": -7.01}, 110),
        ({"limit": -20.0}, 201),
        ({"action": "SELL", "limit": 5.0}, 201),
        ({"limit": -7.0, "quantity": 0.0}, 434),
        ({"limit": -7.0, "quantity": 1.5}, 10318),
        ({"limit": -7.0, "action": "SSHORT"}, 321),
        ({"limit": -7.0, "account": "DU7"}, 321),
        ({"order_type": "STP"}, 387),
        ({"order_type": "LMT"}, 321),
        ({"limit": -7.0, "tif": "OPG"}, 201),
        ({"limit": -7.0, "tif": "GTD"}, 10330),
        ({"limit": -7.0, "tif": "GTD", "good_till": "20190513 09:59:00"}, 201),
        ({"limit": -7.0, "leg_prices": (1.0, None)}, 10058),
        ({"limit": -7.0, "smart": (("NonGuaranteed", "1"),)}, 10002),
        ({"limit": -7.0, "quantity": 900.0}, 201),
        ({"limit": -7.0, "quantity": 1e300}, 201),
    ],
)
def test_a_condor_that_is_refused(terms: dict[str, Any], code: int) -> None:
    floor = Floor()
    assert codes(floor.send(CONDOR, **terms)) == [code]
    assert not floor.blotter.orders
    assert codes(floor.send(PUT, limit=1.0, order_id=1)) == [103]


@pytest.mark.parametrize("price", [2.97, 3.05, 0.0, -1.0])
def test_a_single_price_off_its_tick(price: float) -> None:
    assert codes(Floor().send(PUT, limit=price)) == [110]


def test_what_does_not_trade() -> None:
    floor = Floor()
    spot = underlying("SPX", NOW)
    assert spot is not None
    assert codes(floor.send(spot, limit=2800.0)) == [201]
    assert codes(floor.send(((PUT, 1, "BUY"), (spot, 1, "SELL")), limit=1.0)) == [201]
    floor.now = at(date(2019, 5, 17), "16:00")
    assert codes(floor.send(PUT, limit=1.0)) == [201]


def test_a_covered_call_is_priced_per_share() -> None:
    floor = Floor()
    stock = underlying("SPY", NOW)
    assert stock is not None
    floor.market.bid_size = floor.market.ask_size = 500
    floor.send(((stock, 100, "BUY"), (spy(284, "C"), 1, "SELL")))
    found = executions(floor.work())
    assert found[0][:2] == ("BOT", 1)
    assert 281.5 - 19.5 <= found[0][2] <= 281.6 - 19.4
    assert sorted(n for _, n, _ in found[1:]) == [1, 100]
    net = sum((price if side == "BOT" else -price) for side, _, price in found[1:])
    assert net == pytest.approx(found[0][2])


def test_ticks_of_etf_options_are_cents() -> None:
    floor = Floor()
    pair = ((spy(280), 1, "BUY"), (spy(282), 1, "SELL"))
    assert codes([*floor.send(spy(280), limit=1.03), *floor.send(pair, limit=-0.37)]) == []


def test_a_riskless_combination_passes_with_the_override() -> None:
    floor = Floor()
    assert codes(floor.send(CONDOR, limit=-20.0, override="8229=COMBOPAYOUT")) == []


def test_closing_is_allowed_without_funds() -> None:
    floor = Floor(cash=2100.0)
    floor.send(CONDOR)
    floor.work()
    assert only(floor).status == "Filled"
    assert codes(floor.send(CONDOR)) == [201]
    assert codes(floor.send(tuple((c, n, "SELL" if s == "BUY" else "BUY") for c, n, s in CONDOR), limit=8.5)) == []


def test_modifying() -> None:
    floor = Floor()
    floor.send(PUT, limit=11.0, quantity=15.0)
    floor.work()
    assert statuses(floor.send(PUT, limit=12.1, quantity=20.0, order_id=1)) == ["Submitted"]
    floor.work(1)
    assert (only(floor).filled, only(floor).remaining) == (12, 8)
    assert codes(floor.send(PUT, limit=12.1, quantity=12.0, order_id=1)) == [201]
    assert codes(floor.send(PUT, limit=12.13, quantity=20.0, order_id=1)) == [110]
    assert codes(floor.send(spx(2785), limit=12.1, quantity=20.0, order_id=1)) == [105]
    assert codes(floor.send(PUT, action="SELL", limit=12.1, quantity=20.0, order_id=1)) == [105]
    floor.work(1)
    assert only(floor).status == "Filled"
    assert codes(floor.send(PUT, limit=12.1, quantity=20.0, order_id=1)) == [104]
    assert codes(floor.send(PUT, limit=12.1, order_id=0)) == [103]
    assert codes(floor.send(PUT, limit=12.1, order_id=1, client_id=2)) == []


def test_cancelling() -> None:
    floor = Floor()
    assert codes(floor.exchange.cancel(1, 1, NOW)) == [10147]
    floor.send(PUT, limit=1.0)
    assert codes(floor.exchange.cancel(2, 1, NOW)) == [10147]
    events = floor.exchange.cancel(1, 1, NOW)
    assert (statuses(events), codes(events)) == (["Cancelled"], [202])
    assert codes(floor.exchange.cancel(1, 1, NOW)) == [10148]
    floor.send(PUT, limit=1.0)
    floor.send(PUT, limit=1.0, client_id=2)
    assert codes(floor.exchange.cancel_all(NOW)) == [202, 202]
    assert floor.blotter.working() == []
    assert floor.exchange.next_due(NOW) == float("inf")


def test_a_child_waits_for_its_parent_and_falls_with_it() -> None:
    floor = Floor()
    floor.send(PUT, limit=11.0, transmit=False)
    floor.work(1)
    assert only(floor).status == "PreSubmitted"
    floor.send(PUT, action="SELL", limit=12.5, parent_id=1)
    floor.work(1)
    assert [order.status for order in floor.blotter.orders.values()] == ["Submitted", "PreSubmitted"]
    assert codes(floor.exchange.cancel(1, 1, floor.now)) == [202, 202]
    floor.send(PUT, limit=12.1)
    floor.send(PUT, action="SELL", limit=11.9, parent_id=3)
    floor.work(1)
    floor.work(1)
    assert [order.status for order in floor.blotter.orders.values()] == ["Cancelled"] * 2 + ["Filled"] * 2


def test_one_cancels_all() -> None:
    floor = Floor()
    floor.send(PUT, limit=11.0, oca_group="a")
    floor.send(spx(2760), limit=8.1, oca_group="a")
    floor.send(spx(2760), limit=7.0, oca_group="b")
    floor.work()
    assert [order.status for order in floor.blotter.orders.values()] == ["Cancelled", "Filled", "Submitted"]


def test_what_if_changes_nothing_and_answers_only_openorder() -> None:
    floor = Floor()
    (event,) = floor.send(CONDOR, limit=-7.0, what_if=True)
    assert isinstance(event, OrderUpdate)
    assert (event.terms, event.status) == (True, False)
    margin = event.order.margin
    assert margin is not None
    assert (margin.init_before, margin.init_change, margin.init_after) == (0, 2000, 2000)
    assert margin.equity_change == pytest.approx(700 - margin.commission, abs=0.01)
    assert (floor.blotter.orders, floor.blotter.next_ids) == ({}, {})
    assert codes(floor.send(CONDOR, limit=-20.0, what_if=True, order_id=1)) == [201]
    poor = Floor(cash=100.0)
    (event,) = poor.send(CONDOR, limit=-7.0, what_if=True)
    assert isinstance(event, OrderUpdate)
    assert event.order.margin is not None
    assert "MUST EXCEED" in event.order.margin.warning


def test_execution_ids_are_never_the_same() -> None:
    floor = Floor()
    for _ in range(5):
        floor.send(CONDOR)
        floor.send(PUT)
        floor.work(1)
    ids = [event.execution.exec_id for event in floor.blotter.executions]
    assert len(set(ids)) == len(ids) == 30
    assert all(len(one) == len("00020057.6aa22ebf.01.01") for one in ids)
