"""Sign, tick and legs of condors on the wire: one place, and what must hold of it (F20, F32)."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.orders import encoding
from desk.orders.encoding import ComboLeg, bag_symbol, check, combo, combo_tick, contradiction, multiplier, net, price
from messages.orders import Action, Condor, Executed
from tests.orders.made import condor, leg, order, rows

OPEN, CLOSE = Action.OPEN, Action.CLOSE
actions = st.sampled_from(Action)
ticks = st.sampled_from([0.05, 0.01])
prices = st.floats(0.0001, 500.0)


def test_an_opening_sells_the_shorts_and_buys_the_wings() -> None:
    legs = combo(condor(), OPEN)
    assert legs == (
        ComboLeg(101, 1, buy=False),
        ComboLeg(102, 1, buy=True),
        ComboLeg(103, 1, buy=False),
        ComboLeg(104, 1, buy=True),
    )


def test_a_closing_is_the_same_legs_reversed() -> None:
    assert combo(condor(), CLOSE) == tuple(replace(each, buy=not each.buy) for each in combo(condor(), OPEN))


@pytest.mark.parametrize(
    ("action", "asked", "tick", "sent"),
    [
        (OPEN, 1.50, 0.05, -1.50),
        (OPEN, 1.51, 0.05, -1.55),
        (OPEN, 0.02, 0.05, -0.05),
        (OPEN, 0.1 + 0.2, 0.01, -0.30),
        (OPEN, 1.501, 0.01, -1.51),
        (CLOSE, 0.75, 0.05, 0.75),
        (CLOSE, 0.79, 0.05, 0.75),
        (CLOSE, 0.1 + 0.2, 0.05, 0.30),
        (CLOSE, 0.04, 0.05, 0.0),
        (CLOSE, 0.0, 0.01, 0.0),
    ],
)
def test_f32_net_prices_by_hand(action: Action, asked: float, tick: float, sent: float) -> None:
    assert net(action, asked, tick) == sent


@given(actions, prices, ticks)
def test_f32_the_sign_is_negative_to_open_and_never_to_close(action: Action, asked: float, tick: float) -> None:
    sent = net(action, asked, tick)
    assert sent < 0 if action is OPEN else sent >= 0
    assert str(sent) != "-0.0"


@given(actions, prices, ticks)
def test_f32_every_net_is_on_the_tick_and_within_one_of_the_price(action: Action, asked: float, tick: float) -> None:
    sent = net(action, asked, tick)
    assert Decimal(repr(sent)) % Decimal(str(tick)) == 0
    assert abs(price(action, sent) - asked) < tick * (1 + 1e-9)


@given(actions, prices, ticks)
def test_f32_rounding_never_makes_the_price_worse(action: Action, asked: float, tick: float) -> None:
    got = price(action, net(action, asked, tick))
    assert got >= asked - tick * 1e-5 if action is OPEN else got <= asked + tick * 1e-5


@given(actions, st.integers(1, 10_000), ticks)
def test_f32_prices_on_the_tick_come_back_as_they_were(action: Action, steps: int, tick: float) -> None:
    asked = round(steps * tick, 10)
    sent = net(action, asked, tick)
    assert price(action, sent) == asked
    assert net(action, price(action, sent), tick) == sent


@given(actions, prices, prices, ticks)
def test_a_better_price_is_never_a_worse_net(action: Action, one: float, other: float, tick: float) -> None:
    low, high = sorted((one, other))
    nets = net(action, low, tick), net(action, high, tick)
    assert nets[0] >= nets[1] if action is OPEN else nets[0] <= nets[1]


@pytest.mark.parametrize("asked", [float("nan"), float("inf"), -0.05])
@pytest.mark.parametrize("action", list(Action))
def test_what_is_no_price_is_refused(action: Action, asked: float) -> None:
    with pytest.raises(ValueError, match="no price"):
        net(action, asked, 0.05)


def test_a_condor_is_not_opened_for_nothing() -> None:
    with pytest.raises(ValueError, match="no price"):
        net(OPEN, 0.0, 0.05)


@pytest.mark.parametrize(
    ("symbol", "trading_class", "tick", "bag"),
    [
        ("SPX", "SPXW", 0.05, "SPX"),
        ("SPX", "SPX", 0.05, "SPX"),
        ("SPXW", "SPXW", 0.05, "SPX"),
        ("XSP", "XSP", 0.01, "XSP"),
        ("SPY", "SPY", 0.01, "SPY"),
        ("QQQ", "QQQ", 0.01, "QQQ"),
        ("IWM", "IWM", 0.01, "IWM"),
    ],
)
def test_tick_and_symbol_of_the_bag(symbol: str, trading_class: str, tick: float, bag: str) -> None:
    made = renamed(condor(), symbol, trading_class)
    assert (combo_tick(made), bag_symbol(made), multiplier(made)) == (tick, bag, 100)


def renamed(made: Condor, symbol: str, trading_class: str) -> Condor:
    return Condor(*(replace(each, symbol=symbol, trading_class=trading_class) for each in made.legs))


@pytest.mark.parametrize(
    "changed",
    [
        {"short_put": leg(2800, "P", 0)},
        {"short_put": leg(2800, "P", 102)},
        {"short_put": leg(2800, "C", 101)},
        {"short_put": leg(2780, "P", 101)},
        {"short_put": leg(2905, "P", 101)},
        {"long_call": leg(2900, "C", 104)},
        {"long_put": replace(leg(2790, "P", 102), expiry="20190514")},
        {"long_call": leg(2910, "C", 104, trading_class="SPX")},
        {"long_call": replace(leg(2910, "C", 104), multiplier="10")},
    ],
)
def test_f20_what_is_no_iron_condor_is_refused(changed: dict[str, object]) -> None:
    check(condor())
    with pytest.raises(ValueError, match=r"legs|rights|strikes|conId"):
        combo(replace(condor(), **changed), OPEN)  # type: ignore[arg-type]  # a dict of fields


@pytest.mark.parametrize("action", list(Action))
def test_f20_what_an_order_leads_to_does_not_contradict_it(action: Action) -> None:
    sent = order(action=action)
    assert [contradiction(sent, line.row) for line in rows(sent, 1.5, 1)] == [""] * 5


def test_f20_a_reversed_fill_is_seen_in_every_row() -> None:
    opening = order()
    reversed_legs = [line.row for line in rows(replace(opening, action=CLOSE), 1.5, 1)]
    assert all(contradiction(opening, row) for row in reversed_legs)
    bag = reversed_legs[0]
    assert "sold" in contradiction(opening, replace(bag, bought=False, price=-1.5))
    assert "no leg" in contradiction(opening, replace(bag, con_id=999))


@given(actions, st.lists(st.booleans(), min_size=4, max_size=4))
def test_f20_a_leg_on_the_wrong_side_is_the_only_contradiction(action: Action, sides: list[bool]) -> None:
    sent = order(action=action)
    for each, bought in zip(encoding.combo(sent.condor, action), sides, strict=True):
        row = Executed("o1", "f", "e", 1, each.con_id, bought, 1, 2.0, 0.0)
        assert bool(contradiction(sent, row)) is (bought is not each.buy)
