"""monthly_ic closes: every row of its table just inside, on it, and just outside."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from desk.market.contracts import dte
from messages.orders import Breach, Exit, Holding
from strategies.base import Decision, Phase, State, View
from tests.strategies.made import SPX, VIX, clock, closing, decider, holding, knowing, marks, spots

DAY = date(2019, 5, 14)
NOON = clock("12:00", DAY)
HELD = holding(clock("11:00"), quantity=2)


def decide(
    *held: Holding,
    t: float = NOON,
    spot: float = 2800.0,
    debit: float = 3.0,
    delta: float = 0.1,
    state: State | None = None,
    **params: object,
) -> Decision:
    positions = held or (HELD,)
    legs = [quote for each in positions for quote in marks(each, t, debit, delta)]
    view = spots(t, vix=16.0, spot=spot).plus(*legs)
    return decider("monthly_ic", **params).decide(view, state or knowing(holdings=positions))


def exits(decision: Decision) -> list[Exit]:
    return [action for action in decision.actions if isinstance(action, Exit)]


def breaches(decision: Decision) -> list[tuple[str, bool]]:
    return [(action.line, action.active) for action in decision.actions if isinstance(action, Breach)]


def names(decision: Decision) -> list[str]:
    return [veto.name for veto in decision.vetoes if veto.name != "vix_spike"]


@pytest.mark.parametrize(("delta", "closes"), [(0.2999, False), (0.30, True), (0.3001, True)])
def test_delta_red_line_closes_half(delta: float, closes: bool) -> None:
    decision = decide(delta=delta)
    assert exits(decision) == ([Exit("p", 1, "red_line")] if closes else [])
    assert breaches(decision) == ([("delta", True)] if closes else [])


@pytest.mark.parametrize(
    ("spot", "closes"),
    [(2650.01, False), (2650.0, True), (2649.99, True), (2899.99, False), (2900.0, True), (3000.0, True)],
)
def test_proximity_red_line_closes_half(spot: float, closes: bool) -> None:
    decision = decide(spot=spot)
    assert exits(decision) == ([Exit("p", 1, "red_line")] if closes else [])
    assert breaches(decision) == ([("proximity", True)] if closes else [])


@pytest.mark.parametrize(("quantity", "closed"), [(1, 1), (2, 1), (3, 2), (4, 2), (5, 3)])
def test_half_is_rounded_up_so_that_one_can_be_closed(quantity: int, closed: int) -> None:
    assert [each.quantity for each in exits(decide(replace(HELD, quantity=quantity), spot=2640.0))] == [closed]


@pytest.mark.parametrize(("share", "closed"), [(0.01, 1), (0.25, 1), (0.75, 3), (1.0, 4)])
def test_the_share_is_a_parameter(share: float, closed: int) -> None:
    four = replace(HELD, quantity=4)
    assert [each.quantity for each in exits(decide(four, spot=2640.0, red_line_share=share))] == [closed]


def test_one_close_per_breach_armed_again_once_it_is_over() -> None:
    in_force = knowing(holdings=(HELD,), breaches=frozenset({("p", "proximity")}))
    assert decide(spot=2640.0, state=in_force).actions == ()
    over = decide(spot=2700.0, state=in_force)
    assert (exits(over), breaches(over)) == ([], [("proximity", False)])
    again = decide(spot=2640.0)
    assert (exits(again), breaches(again)) == ([Exit("p", 1, "red_line")], [("proximity", True)])


def test_two_lines_crossed_at_once_take_their_turns() -> None:
    first = decide(spot=2640.0, delta=0.35)
    assert (exits(first), breaches(first)) == ([Exit("p", 1, "red_line")], [("delta", True)])
    rest = replace(HELD, quantity=1)
    state = knowing(holdings=(rest,), breaches=frozenset({("p", "delta")}))
    second = decide(rest, spot=2640.0, delta=0.35, state=state)
    assert (exits(second), breaches(second)) == ([Exit("p", 1, "red_line")], [("proximity", True)])


def test_a_breach_that_begins_is_told_with_one_that_is_over() -> None:
    state = knowing(holdings=(HELD,), breaches=frozenset({("p", "delta")}))
    assert breaches(decide(spot=2640.0, state=state)) == [("proximity", True), ("delta", False)]


def test_breaches_of_one_position_are_not_another_s() -> None:
    other = holding(clock("11:00"), "q", at=(2500, 2475, 2950, 2975))
    decision = decide(HELD, other, spot=2640.0)
    assert exits(decision) == [Exit("p", 1, "red_line")]


@pytest.mark.parametrize(
    ("expiry", "days", "closes"), [("20190612", 29, True), ("20190613", 30, True), ("20190614", 31, False)]
)
def test_time_exit_at_thirty_days(expiry: str, days: int, closes: bool) -> None:
    held = holding(clock("11:00"), expiry=expiry, quantity=2)
    assert dte(expiry, NOON) == days
    found = exits(decide(held))
    assert found == ([Exit("p", 2, "time", limit=3.0, worst=3.1, then_market=True)] if closes else [])


def test_days_of_an_am_settled_month_are_counted_to_its_thursday() -> None:
    """The contract of Friday 2019-06-21 is listed under Thursday the 20th, 30 days after 2019-05-21."""
    for day, closes in ((date(2019, 5, 20), False), (date(2019, 5, 21), True)):
        am = holding(clock("11:00"), expiry="20190620", trading_class="SPX")
        assert bool(exits(decide(am, t=clock("12:00", day)))) is closes


@pytest.mark.parametrize(("day", "closes"), [(date(2019, 3, 8), False), (date(2019, 3, 11), True)])
def test_days_are_exchange_days_when_the_clocks_change(day: date, closes: bool) -> None:
    """In UTC the last hours of the 9th and the 10th of March lie on the days after them."""
    held = holding(clock("11:00", date(2019, 2, 1)), expiry="20190409")
    assert dte("20190409", clock("23:30", date(2019, 3, 10))) == 30
    assert bool(exits(decide(held, t=clock("15:59", day)))) is closes


def test_profit_and_stop_are_not_this_strategy_s() -> None:
    for debit in (0.1, 20.0):
        assert decide(debit=debit).actions == ()


def test_the_end_of_the_day_closes_nothing_and_a_flattening_stop_all() -> None:
    assert decide(t=clock("15:59", DAY)).actions == ()
    other = holding(clock("11:00"), "q")
    for flatten, closed in ((True, (Exit("p", 2, "shutdown"), Exit("q", 1, "shutdown"))), (False, ())):
        state = knowing(Phase.STOPPING, flatten=flatten, holdings=(HELD, other))
        assert decide(HELD, other, state=state).actions == closed


def test_a_red_line_goes_before_time_and_a_working_close_before_both() -> None:
    old = holding(clock("11:00"), expiry="20190612", quantity=2)
    assert [each.reason for each in exits(decide(old, spot=2640.0))] == ["red_line"]
    in_force = knowing(holdings=(old,), breaches=frozenset({("p", "proximity")}))
    assert [each.reason for each in exits(decide(old, spot=2640.0, state=in_force))] == ["time"]
    busy = knowing(holdings=(old,), working=(closing(),))
    assert decide(old, spot=2640.0, state=busy).actions == ()


def test_one_position_s_bad_quotes_are_not_another_s() -> None:
    old, other = holding(clock("11:00"), expiry="20190612"), holding(clock("11:00"), "q", expiry="20190611")
    bad = [replace(quote, bid=None) for quote in marks(old, NOON, 3.0)]
    view = spots(NOON, vix=16.0).plus(*bad, *marks(other, NOON, 3.0))
    decision = decider("monthly_ic").decide(view, knowing(holdings=(old, other)))
    assert [each.position for each in exits(decision)] == ["q"]
    assert names(decision) == ["bad_quote"] * 4


def test_it_asks_for_what_it_holds_before_what_it_may_enter() -> None:
    strategy = decider("monthly_ic")
    held = knowing(holdings=(HELD,))
    assert strategy.decide(View(NOON), held).wants == (SPX, *HELD.condor.legs)
    known = View(NOON).plus(*spots(NOON).quotes[:1], *marks(HELD, NOON, 3.0))
    assert strategy.decide(known, held).wants == (VIX,)


def stale(view: View, age: float) -> View:
    return replace(view, quotes=tuple(replace(quote, received=quote.received - age) for quote in view.quotes))


@pytest.mark.parametrize("age", [60.1, 3600.0])
def test_frozen_quotes_close_nothing(age: float) -> None:
    view: Any = stale(spots(NOON, vix=16.0, spot=2640.0).plus(*marks(HELD, NOON, 3.0, 0.5)), age)
    decision = decider("monthly_ic").decide(view, knowing(holdings=(HELD,)))
    assert decision.actions == ()
    assert set(names(decision)) == {"stale_quote"}
