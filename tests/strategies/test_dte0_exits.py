"""dte0_ic closes: every row of its table just inside, on it, and just outside."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from messages.contract import Quote
from messages.orders import Breach, Exit, Holding
from strategies.base import Decision, Phase, State, View
from tests.strategies.made import SPX, VIX, clock, closing, decider, holding, knowing, marks, opening

NOON = clock("12:00")


def by_limit(held: Holding) -> State:
    return knowing(holdings=(held,), working=(closing(held.position, limit=0.3),))


BAD: list[dict[str, Any]] = [
    {"bid": None},
    {"ask": None},
    {"bid": float("nan")},
    {"bid": 9.0},
    {"bid": -1.0},
    {"bid": 0.0, "ask": 0.0},
    {"ask": 1e300},
]
AT = (2750, 2740, 2850, 2860)


def condor(**changes: Any) -> Holding:
    return holding(clock("09:46"), **{"expiry": "20190513", "at": AT, "credit": 0.60, **changes})


HELD = condor()


def decide(
    debit: float = 0.60,
    t: float = NOON,
    *,
    spot: float = 2800.0,
    delta: float = 0.05,
    held: Holding = HELD,
    state: State | None = None,
    legs: tuple[Quote, ...] | None = None,
    **params: object,
) -> Decision:
    quotes = marks(held, t, debit, delta) if legs is None else legs
    view = View(t, (Quote(SPX, t, last=spot), Quote(VIX, t, last=20.0), *quotes))
    return decider("dte0_ic", **params).decide(view, state or knowing(holdings=(held,)))


def names(decision: Decision) -> list[str]:
    """The vetoes of what is open; those of an entry, which noon and a position rule out, left aside."""
    return [veto.name for veto in decision.vetoes if veto.name not in {"window", "max_positions"}]


def exits(decision: Decision) -> list[Exit]:
    return [action for action in decision.actions if isinstance(action, Exit)]


@pytest.mark.parametrize(("debit", "closes"), [(0.29, True), (0.30, True), (0.31, False)])
def test_profit_at_half_the_credit(debit: float, closes: bool) -> None:
    found = exits(decide(debit))
    assert bool(found) is closes
    if closes:
        assert found == [Exit("p", 1, "profit", limit=0.30, worst=0.40, then_market=False)]


@pytest.mark.parametrize(("target", "debit", "closes"), [(0.4, 0.36, True), (0.4, 0.37, False), (0.9, 0.07, False)])
def test_the_profit_target_is_a_parameter(target: float, debit: float, closes: bool) -> None:
    assert bool(exits(decide(debit, profit_target=target))) is closes


@pytest.mark.parametrize(
    ("natural", "share", "worst"), [(0.40, 0.5, 0.40), (0.45, 0.5, 0.45), (0.90, 0.5, 0.45), (0.90, 1.0, 0.30)]
)
def test_a_profit_is_walked_only_as_far_as_it_is_one(natural: float, share: float, worst: float) -> None:
    wider = (natural - 0.4) / 4
    wide = tuple(replace(q, bid=q.bid - wider, ask=q.ask + wider) for q in marks(HELD, NOON, 0.3))  # type: ignore[operator]  # both are there
    assert exits(decide(legs=wide, profit_share=share)) == [
        Exit("p", 1, "profit", limit=0.30, worst=worst, then_market=False)
    ]


def test_what_is_worth_nothing_is_closed_for_a_tick() -> None:
    assert exits(decide(0.0)) == [Exit("p", 1, "profit", limit=0.05, worst=0.10)]
    assert exits(decide(-0.3))[0].limit == 0.05


@pytest.mark.parametrize(("debit", "closes"), [(1.19, False), (1.20, True), (1.21, True)])
def test_stop_at_twice_the_credit(debit: float, closes: bool) -> None:
    found = exits(decide(debit))
    assert bool(found) is closes
    if closes:
        (stop,) = found
        assert (stop.reason, stop.limit, stop.then_market, stop.quantity) == ("stop", 1.20, True, 1)
        assert stop.worst == (1.30 if debit == 1.20 else 1.35)


def test_a_stop_never_bids_more_than_the_wing() -> None:
    (stop,) = exits(decide(25.0))
    assert (stop.limit, stop.worst, stop.then_market) == (10.0, 10.0, True)


@pytest.mark.parametrize(("delta", "closes"), [(0.1499, False), (0.15, True), (0.1501, True)])
@pytest.mark.parametrize("side", [0, 2])
def test_delta_red_line(delta: float, closes: bool, side: int) -> None:
    legs = list(marks(HELD, NOON, 0.6))
    legs[side] = replace(legs[side], delta=delta if side else -delta)
    decision = decide(legs=tuple(legs))
    if closes:
        exit_, breach = decision.actions
        assert exit_ == Exit("p", 1, "red_line")
        assert isinstance(breach, Breach)
        assert (breach.position, breach.line, breach.active) == ("p", "delta", True)
        assert breach.numbers == {"delta": pytest.approx(100 * delta), "delta_red_line": 15.0}
    else:
        assert decision.actions == ()


@pytest.mark.parametrize(
    ("spot", "closes"),
    [
        (2765.01, False),
        (2765.0, True),
        (2764.99, True),
        (2740.0, True),
        (2834.99, False),
        (2835.0, True),
        (2870.0, True),
    ],
)
def test_proximity_red_line(spot: float, closes: bool) -> None:
    decision = decide(spot=spot)
    assert exits(decision) == ([Exit("p", 1, "red_line")] if closes else [])
    if closes:
        (breach,) = (action for action in decision.actions if isinstance(action, Breach))
        assert (breach.line, breach.active, breach.numbers["spot"]) == ("proximity", True, spot)


def test_a_red_line_goes_before_profit_and_stop() -> None:
    for debit in (0.1, 5.0):
        assert [each.reason for each in exits(decide(debit, spot=2760.0))] == ["red_line"]


def test_a_red_line_that_stays_crossed_closes_again_and_is_told_once() -> None:
    known = knowing(holdings=(HELD,), breaches=frozenset({("p", "proximity")}))
    assert decide(spot=2760.0, state=known).actions == (Exit("p", 1, "red_line"),)
    (over,) = decide(state=known).actions
    assert isinstance(over, Breach)
    assert (over.line, over.active) == ("proximity", False)


@pytest.mark.parametrize(
    ("time", "day", "closes"),
    [
        ("15:44:59", date(2019, 5, 13), False),
        ("15:45:00", date(2019, 5, 13), True),
        ("15:59:59", date(2019, 5, 13), True),
        ("12:44:59", date(2019, 7, 3), False),
        ("12:45:00", date(2019, 7, 3), True),
        ("15:45:00", date(2019, 3, 11), True),
        ("15:44:59", date(2019, 3, 8), False),
        ("15:45:00", date(2019, 3, 8), True),
        ("15:44:59", date(2019, 11, 4), False),
        ("15:45:00", date(2019, 11, 4), True),
    ],
)
def test_a_quarter_of_an_hour_before_the_close_it_closes_without_asking(time: str, day: date, closes: bool) -> None:
    """Early closes, and the sessions before and after the clocks change."""
    t = clock(time, day)
    held = condor(expiry=f"{day:%Y%m%d}")
    decision = decider("dte0_ic").decide(View(t), knowing(holdings=(held,)))
    assert bool(decision.wants) is not closes
    assert decision.actions == ((Exit("p", 1, "end_of_day"),) if closes else ())


@pytest.mark.parametrize("time", ["09:29:59", "16:00:00"])
def test_nothing_is_closed_while_the_exchange_is(time: str) -> None:
    decision = decide(5.0, clock(time))
    assert not decision.actions
    assert names(decision) == ["market_closed"]


def test_the_day_s_end_leaves_no_working_close_alone_and_closes_every_other() -> None:
    others = condor(position="q"), condor(position="r", quantity=3)
    state = knowing(holdings=(HELD, *others), working=(closing("q"),))
    actions = decider("dte0_ic").decide(View(clock("15:50")), state).actions
    assert actions == (Exit("p", 1, "end_of_day"), Exit("r", 3, "end_of_day"))


def test_a_stop_that_flattens_closes_all_and_one_that_keeps_nothing() -> None:
    for flatten in (True, False):
        state = knowing(Phase.STOPPING, flatten=flatten, holdings=(HELD,))
        decision = decide(state=state)
        assert decision.actions == ((Exit("p", 1, "shutdown"),) if flatten else ())


def test_it_asks_for_spot_and_the_four_legs_of_what_no_close_works_for() -> None:
    strategy = decider("dte0_ic")
    assert strategy.decide(View(NOON), knowing(holdings=(HELD,))).wants == (SPX, *HELD.condor.legs)
    assert strategy.decide(View(NOON), knowing(holdings=(HELD,), working=(closing(),))).wants == ()
    both = knowing(holdings=(HELD,), working=(opening("p"),))
    assert strategy.decide(View(NOON), both).wants == (SPX, *HELD.condor.legs)


def test_a_close_is_not_wished_for_again_while_one_works() -> None:
    state = knowing(holdings=(HELD,), working=(closing(),))
    for found in (decide(5.0, state=state), decide(0.1, spot=2750.0, state=state), decide(0.1, delta=0.9, state=state)):
        assert found.actions == ()


def test_a_limit_order_that_closes_gives_way_to_the_market_only() -> None:
    for debit in (0.1, 5.0):
        assert decide(debit, state=by_limit(HELD)).actions == ()
    assert exits(decide(spot=2760.0, state=by_limit(HELD))) == [Exit("p", 1, "red_line")]
    assert decide(t=clock("15:45"), state=by_limit(HELD)).actions == (Exit("p", 1, "end_of_day"),)


@pytest.mark.parametrize("bad", BAD)
@pytest.mark.parametrize("leg", range(4))
@pytest.mark.parametrize("debit", [0.1, 5.0])
def test_a_bad_quote_is_a_veto_by_name_for_profit_and_stop(bad: dict[str, Any], leg: int, debit: float) -> None:
    legs = list(marks(HELD, NOON, debit))
    legs[leg] = replace(legs[leg], **bad)
    decision = decide(legs=tuple(legs))
    assert decision.actions == ()
    assert names(decision) == ["bad_quote"]
    assert f"{HELD.condor.legs[leg].strike:g}" in decision.vetoes[0].text


@pytest.mark.parametrize(("ask", "acts"), [(0.05, True), (0.10, True), (0.15, False)])
@pytest.mark.parametrize("wing", [1, 3])
def test_a_wing_that_nobody_bids_for_is_worth_nothing_when_it_is_offered_for_a_tick_or_two(
    ask: float, acts: bool, wing: int
) -> None:
    legs = list(marks(HELD, NOON, 0.4))
    legs[wing] = replace(legs[wing], bid=None, ask=ask)
    assert [each.reason for each in exits(decide(legs=tuple(legs)))] == (["stop"] if acts else [])
    short = list(marks(HELD, NOON, 0.4))
    short[wing - 1] = replace(short[wing - 1], bid=None, ask=ask)
    assert names(decide(legs=tuple(short))) == ["bad_quote"]


@pytest.mark.parametrize(("age", "acts"), [(59.9, True), (60.0, True), (60.1, False)])
def test_no_quote_older_than_a_minute_is_acted_on(age: float, acts: bool) -> None:
    for debit in (0.1, 5.0):
        decision = decide(legs=marks(HELD, NOON - age, debit))
        assert bool(exits(decision)) is acts
        assert set(names(decision)) == (set() if acts else {"stale_quote"})
    near = decide(legs=marks(HELD, NOON - age, 0.6, delta=0.4))
    assert bool(exits(near)) is acts


def test_the_red_lines_judge_by_what_is_usable() -> None:
    legs = list(marks(HELD, NOON, 0.6, delta=0.05))
    legs[2] = replace(legs[2], delta=0.2)
    legs[0] = replace(legs[0], bid=None)
    assert [each.reason for each in exits(decide(legs=tuple(legs)))] == ["red_line"]
    unknown = [replace(leg, delta=None) for leg in marks(HELD, NOON, 0.6)]
    decision = decide(legs=tuple(unknown))
    assert names(decision) == ["no_delta", "no_delta"]
    assert exits(decide(legs=tuple(unknown), spot=2760.0))
    for wrong in (float("nan"), 1.5, -0.3):
        odd = replace(marks(HELD, NOON, 0.6)[2], delta=wrong)
        assert names(decide(legs=(*marks(HELD, NOON, 0.6)[:2], odd, marks(HELD, NOON, 0.6)[3]))) == ["no_delta"]


def test_a_breach_is_not_over_because_nothing_can_be_seen() -> None:
    known = knowing(holdings=(HELD,), breaches=frozenset({("p", "proximity"), ("p", "delta")}))
    blind = tuple(Quote(leg, NOON) for leg in HELD.condor.legs)
    decision = decide(legs=blind, spot=float("nan"), state=known)
    assert decision.actions == ()
    assert names(decision) == ["bad_quote"] * 5


def test_what_has_expired_is_not_closed() -> None:
    old = condor(expiry="20190510")
    for t in (NOON, clock("15:50")):
        decision = decide(5.0, t, held=old)
        assert decision.actions == ()
        assert "expired" in names(decision)


def test_until_the_book_is_ready_nothing_is_decided() -> None:
    state = knowing(holdings=(HELD,), ready=False, trouble="the session is down")
    for t in (NOON, clock("15:50"), clock("09:50")):
        decision = decide(5.0, t, state=state)
        assert (decision.actions, decision.wants) == ((), ())
        assert [(veto.name, veto.text) for veto in decision.vetoes] == [("book_not_ready", "the session is down")]


def test_only_the_instance_s_own_book_counts() -> None:
    mine = decide(0.1, state=knowing())
    assert mine.actions == ()
