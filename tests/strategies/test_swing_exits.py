"""swing_ic closes: every row of its table just inside, on it, and just outside."""

from datetime import date

import pytest

from desk.market.contracts import dte
from messages.orders import Exit, Holding
from strategies.base import Decision, Phase, State, View
from tests.strategies.made import clock, closing, decider, holding, knowing, marks
from tests.strategies.made_swing import DAY, NEAR, T

HELD = holding(T - 86_400, symbol="SPY", trading_class="SPY", expiry=NEAR, at=(645, 640, 735, 740), credit=1.2)
OTHER = holding(T, "q", symbol="IWM", trading_class="IWM", expiry=NEAR, at=(240, 237, 285, 288), credit=0.8, quantity=2)


def decide(
    *held: Holding, t: float = T, debit: float = 1.2, delta: float = 0.1, state: State | None = None, **params: object
) -> Decision:
    positions = held or (HELD,)
    view = View(t, tuple(quote for each in positions for quote in marks(each, t, debit, delta)))
    none_free = {"symbols": ["SPY"]} | params
    return decider("swing_ic", **none_free).decide(view, state or knowing(holdings=positions))


def exits(decision: Decision) -> list[Exit]:
    return [action for action in decision.actions if isinstance(action, Exit)]


@pytest.mark.parametrize(("debit", "closes"), [(0.59, True), (0.60, True), (0.61, False)])
def test_profit_at_half_the_credit(debit: float, closes: bool) -> None:
    found = exits(decide(debit=debit))
    assert [each.reason for each in found] == (["profit"] if closes else [])
    if closes:
        assert (found[0].limit, found[0].worst, found[0].then_market) == (debit, round(debit + 0.1, 2), False)


@pytest.mark.parametrize(("debit", "closes"), [(2.39, False), (2.40, True), (2.41, True)])
def test_stop_at_twice_the_credit(debit: float, closes: bool) -> None:
    found = exits(decide(debit=debit))
    assert [each.reason for each in found] == (["stop"] if closes else [])
    if closes:
        assert (found[0].limit, found[0].worst, found[0].then_market) == (debit, round(debit + 0.1, 2), True)


@pytest.mark.parametrize(
    ("day", "days", "closes"),
    [(date(2026, 3, 9), 22, False), (date(2026, 3, 10), 21, True), (date(2026, 3, 11), 20, True)],
)
def test_time_exit_at_twenty_one_days(day: date, days: int, closes: bool) -> None:
    t = clock("11:00", day)
    assert dte(NEAR, t) == days
    found = exits(decide(t=t))
    assert found == ([Exit("p", 1, "time", limit=1.2, worst=1.3, then_market=True)] if closes else [])


@pytest.mark.parametrize(("day", "time"), [(date(2026, 11, 27), "12:59:59"), (date(2026, 3, 10), "15:59:59")])
def test_it_is_managed_up_to_the_close_early_or_not(day: date, time: str) -> None:
    held = holding(T, symbol="SPY", trading_class="SPY", expiry=f"{day:%Y%m%d}", at=(645, 640, 735, 740), credit=1.2)
    assert exits(decide(held, t=clock(time, day)))
    closed = decide(held, t=clock(time, day) + 1)
    assert closed.actions == ()
    assert {veto.name for veto in closed.vetoes} == {"market_closed", "max_positions"}


def test_there_are_no_red_lines() -> None:
    decision = decide(delta=0.9)
    assert decision.actions == ()
    assert [veto.name for veto in decision.vetoes] == ["max_positions"]


def test_each_symbol_is_managed_by_itself() -> None:
    decision = decide(HELD, OTHER, debit=0.5)
    assert [(each.position, each.reason) for each in exits(decision)] == [("p", "profit")]
    both = decide(HELD, OTHER, debit=0.4)
    assert [(each.position, each.quantity) for each in exits(both)] == [("p", 1), ("q", 2)]


def test_it_asks_for_the_legs_of_every_position_and_nothing_else_first() -> None:
    wants = decider("swing_ic").decide(View(T), knowing(holdings=(HELD, OTHER))).wants
    assert wants == (*HELD.condor.legs, *OTHER.condor.legs)


def test_no_second_close_and_a_flattening_stop() -> None:
    busy = knowing(holdings=(HELD,), working=(closing(limit=0.5),))
    assert decide(debit=0.1, state=busy).actions == ()
    state = knowing(Phase.STOPPING, flatten=True, holdings=(HELD, OTHER))
    assert decide(state=state).actions == (Exit("p", 1, "shutdown"), Exit("q", 2, "shutdown"))
    assert DAY.weekday() == 2
