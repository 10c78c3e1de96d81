"""Whatever is traded: cash and positions at marks are what the account is worth, and profit adds up to the change."""

from __future__ import annotations

from collections import defaultdict

from hypothesis import given, settings
from hypothesis import strategies as st

from desk.gateway.exchange.model import Executed, Order, Settled
from tests.gateway.exchange.floor import CONDOR, Floor, spx, spy, underlying

CENT = 0.005
CLOSED = tuple((c, n, "SELL" if side == "BUY" else "BUY") for c, n, side in CONDOR)
FLY = ((spx(2760), 1, "BUY"), (spx(2780), 2, "SELL"), (spx(2800), 1, "BUY"))
STOCK = underlying("SPY", 0.0)
assert STOCK is not None
TRADED = (CONDOR, CLOSED, FLY, spx(2780), spx(2860, "C"), spx(2825, "C", "20190516", "SPX"), spy(280), STOCK)

steps = st.lists(
    st.tuples(
        st.integers(0, len(TRADED) - 1),
        st.sampled_from(["BUY", "SELL"]),
        st.integers(1, 30),
        st.sampled_from(["DAY", "GTC", "IOC"]),
        st.sampled_from([0.0, 1.0, 30.0, 3600.0, 86_400.0, 5 * 86_400.0]),
        st.floats(-40, 40).map(lambda drift: round(drift, 1)),
        st.booleans(),
    ),
    max_size=25,
)


def _cash(floor: Floor) -> float:
    """Return what the cash must be, from the executions and settlements alone."""
    cash = floor.cash
    for event in floor.blotter.executions:
        done = event.execution
        if event.commission is not None:
            signed = done.shares if done.side == "BOT" else -done.shares
            cash -= signed * done.price * float(done.contract.multiplier or 1) + event.commission.amount
    for settled in floor.blotter.settled:
        cash += settled.quantity * settled.price * 100
        if settled.stock is not None:
            shares = settled.quantity * 100 * (1 if settled.contract.right == "C" else -1)
            cash -= shares * settled.contract.strike
    return cash


def _quantities(floor: Floor) -> dict[int, float]:
    held: defaultdict[int, float] = defaultdict(float)
    for event in floor.blotter.executions:
        if event.commission is not None:
            done = event.execution
            held[done.contract.con_id] += done.shares if done.side == "BOT" else -done.shares
    for settled in floor.blotter.settled:
        held[settled.contract.con_id] -= settled.quantity
        if settled.stock is not None:
            held[settled.stock.con_id] += settled.quantity * (100 if settled.contract.right == "C" else -100)
    return {con_id: quantity for con_id, quantity in held.items() if quantity}


def _check(floor: Floor) -> None:
    values = floor.portfolio.values(floor.now)
    positions = floor.portfolio.positions(floor.now)
    assert abs(values.cash - _cash(floor)) < CENT
    assert {p.contract.con_id: p.quantity for p in positions if p.quantity} == _quantities(floor)
    worth = _cash(floor) + sum(p.quantity * p.mark * float(p.contract.multiplier or 1) for p in positions)
    assert abs(values.net_liquidation - worth) < CENT
    assert abs(values.realized + values.unrealized - (worth - floor.cash)) < CENT
    reported = sum(e.commission.realized or 0.0 for e in floor.blotter.executions if e.commission is not None)
    closed = sum(p.realized for p in positions)
    if not floor.blotter.settled:
        assert abs(reported - closed) < CENT


def _fills_add_up(floor: Floor, order: Order) -> None:
    fills = [e.execution for e in floor.blotter.executions if e.execution.perm_id == order.perm_id]
    own = [f for f in fills if f.contract == order.contract]
    assert sum(f.shares for f in own) == order.filled
    assert order.filled + order.remaining == order.request.quantity
    if own:
        average = sum(f.shares * f.price for f in own) / order.filled
        assert abs(average - order.avg_price) < 1e-6
        costs = [e.commission.amount for e in _executed(floor, order) if e.commission is not None]
        assert order.commission is not None
        assert abs(sum(costs) - order.commission) < 1e-6
    if order.leg_contracts and own:
        side = 1 if order.request.action == "BUY" else -1
        net = sum((1 if f.side == "BOT" else -1) * f.shares * f.price for f in fills if f.contract != order.contract)
        assert abs(net - side * sum(f.shares * f.price for f in own)) < 1e-6


def _executed(floor: Floor, order: Order) -> list[Executed]:
    return [event for event in floor.blotter.executions if event.execution.perm_id == order.perm_id]


def _right(settled: Settled) -> bool:
    """Whether the cash paid is what the option was worth at some price of its underlying."""
    return settled.price >= 0 and (settled.kind == "cash") == (settled.price > 0)


def _pass(floor: Floor, until: float) -> None:
    """Let time pass, waking the exchange when it asks for it, though not for every refreshed quote."""
    while (due := floor.exchange.next_due(floor.now)) <= until:
        floor.work(max(60.0, due - floor.now) if until - floor.now > 60 else due - floor.now)
    floor.work(max(0.0, until - floor.now))


@settings(max_examples=300, deadline=None)
@given(steps)
def test_the_account_adds_up_to_the_cent(flow: list[tuple[int, str, int, str, float, float, bool]]) -> None:
    floor = Floor()
    for which, action, quantity, tif, wait, drift, cancel in flow:
        floor.send(TRADED[which], action=action, quantity=float(quantity), tif=tif)
        floor.work()
        _check(floor)
        floor.market.drift = drift
        _pass(floor, floor.now + wait)
        if cancel:
            floor.exchange.cancel_all(floor.now)
        _check(floor)
    for order in floor.blotter.orders.values():
        _fills_add_up(floor, order)
    assert all(map(_right, floor.blotter.settled))
