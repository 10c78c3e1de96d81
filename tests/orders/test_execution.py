"""One order on its way: every transition, and what it makes the trader do."""

from dataclasses import replace

import pytest

from desk.orders.execution import (
    PLACEMENTS,
    Cancel,
    Effect,
    End,
    Execution,
    Next,
    Place,
    Reprice,
    Resolve,
    Step,
    adopt,
    begin,
    executed,
    lost,
    stop,
    tick,
    told,
)
from desk.orders.ladder import Pace
from messages.orders import Order, OrderState, OrderTold
from tests.orders.condors import NOW, closing, opening

PACE = Pace(step=0.05, every=5.0, lifetime=120.0)
S = OrderState


def news(state: OrderState, filled: int = 0, net: float | None = None, code: int = 0, text: str = "") -> OrderTold:
    return OrderTold("a-1", state, NOW, filled, net=net, code=code, text=text)


def walk(step: Step, *events: object, at: float = NOW) -> tuple[Execution, list[Effect]]:
    """Run events through: a state or news is told, an int is executions, a float is time, 'stop' is a cancel."""
    e, effects = step[0], list(step[1])
    for event in events:
        match event:
            case OrderState():
                e, more = told(e, news(event), at, PACE)
            case OrderTold():
                e, more = told(e, event, at, PACE)
            case int():
                e, more = executed(e, event)
            case float():
                at = NOW + event
                e, more = tick(e, at, PACE, 0.05)
                e = replace(e, confirmed=e.limit)
            case Next() | "stop":
                e, more = stop(e, at, PACE, event if isinstance(event, Next) else None)
            case _:
                raise AssertionError(event)
        effects += more
    return e, effects


def sent(order: Order) -> Step:
    return begin(Execution(order), NOW)


def test_an_entry_walks_to_its_worst_price_waits_a_rung_and_is_cancelled() -> None:
    e, effects = walk(sent(opening(limit=1.0, worst=0.9)), S.WORKING, 4.9, 5.0, 6.0, 10.0, 14.9, 15.0, 16.0)
    assert effects == [Place(opening(limit=1.0, worst=0.9)), Reprice(0.95), Reprice(0.9), Cancel()]
    e, effects = walk((e, ()), news(S.CANCELLED, code=202, text="Order Canceled"))
    assert effects == [End(S.CANCELLED, 0, 202, "Order Canceled")]
    assert e.over
    assert not e.alive


def test_nothing_is_walked_before_the_acknowledgement() -> None:
    _, effects = walk(sent(opening()), 5.0, 10.0, S.SENT, 15.0)
    assert [type(each) for each in effects] == [Place]


def test_an_entry_is_cancelled_when_its_time_is_over_wherever_the_ladder_is() -> None:
    e, effects = walk(sent(replace(opening(worst=0.05), at=NOW - 118)), S.WORKING, 1.9, 2.0)
    assert effects[1:] == [Cancel()]
    assert e.cancelling


def test_a_cancel_that_is_not_confirmed_is_sent_again() -> None:
    _, effects = walk(sent(opening()), S.WORKING, "stop", S.WORKING, 4.0, 5.0, S.WORKING, 9.0, 10.0)
    assert effects[1:] == [Cancel(), Cancel(), Cancel()]


def test_an_exit_goes_to_market_after_its_confirmed_cancel_for_what_executions_leave() -> None:
    e, effects = walk(sent(closing(3)), S.WORKING, 1, 5.0, 10.0, 15.0)
    assert effects[1:] == [Reprice(0.55), Reprice(0.6), Cancel()]
    e, effects = walk((e, ()), news(S.CANCELLED, 2))
    assert effects == []  # IB counts two fills, one is there as an execution: what is left is not certain
    e, effects = walk((e, ()), 2)
    assert effects == [End(S.CANCELLED, 2, 0, "nobody has taken its worst price", Next("profit"))]
    assert e.remaining == 1


def test_an_exit_that_fills_while_it_is_cancelled_has_nothing_after_it() -> None:
    _, effects = walk(sent(closing(2)), S.WORKING, 5.0, 10.0, 15.0, 2, S.CANCELLED, news(S.FILLED, 2))
    assert effects[-2:] == [Cancel(), End(S.FILLED, 2)]


def test_an_exit_without_a_market_order_after_it_just_ends() -> None:
    _, effects = walk(sent(closing(2, then_market=False)), S.WORKING, 5.0, 10.0, 15.0, S.CANCELLED)
    assert effects[-1] == End(S.CANCELLED, 0, 0, "nobody has taken its worst price")


def test_a_market_exit_is_left_alone() -> None:
    e, effects = walk(sent(closing(limit=None, worst=None)), S.WORKING, 500.0, 1)
    assert [type(each) for each in effects] == [Place]
    assert walk((e, ()), 2)[1] == [End(S.FILLED, 2)]


def test_a_rejection_ends_with_its_code_and_without_a_successor() -> None:
    _, effects = walk(sent(closing()), news(S.REJECTED, code=110, text="price increment"))
    assert effects[-1] == End(S.REJECTED, 0, 110, "price increment")


def test_unknown_pauses_everything_and_a_wanted_cancel_follows_its_resolution() -> None:
    e, effects = walk(sent(opening()), S.WORKING, S.UNKNOWN, 5.0, "stop", 300.0)
    assert effects[1:] == []
    assert walk((e, ()), S.WORKING, 300.0)[1] == [Cancel()]


def test_a_cancel_that_ib_refuses_is_not_repeated_before_it_is_due() -> None:
    e, effects = walk(sent(opening()), S.WORKING, "stop", S.UNKNOWN, S.WORKING, S.UNKNOWN, S.WORKING, 4.9)
    assert effects[1:] == [Cancel()]
    assert walk((e, ()), 5.0)[1] == [Cancel()]


def test_an_order_of_which_ib_has_made_two_is_cancelled() -> None:
    doubled = replace(news(S.WORKING), perm_ids=(1, 2))
    assert walk(sent(opening()), S.WORKING, doubled, doubled)[1][1:] == [Cancel()]
    assert walk(sent(closing()), S.WORKING, doubled, S.CANCELLED)[1][1:] == [
        Cancel(),
        End(S.CANCELLED, 0, 0, "IB has made two of it", Next("profit")),
    ]


def test_the_second_of_two_is_cancelled_once_the_first_has_filled() -> None:
    e, effects = walk(sent(opening()), S.WORKING, 2, replace(news(S.WORKING, 2), perm_ids=(1, 2)))
    assert effects[1:] == [End(S.FILLED, 2), Cancel()]
    assert e.alive


def test_the_ladder_goes_on_from_the_limit_that_ib_has_after_a_doubt() -> None:
    _, effects = walk(sent(opening()), S.WORKING, 5.0, S.UNKNOWN, news(S.WORKING, net=-1.0), 10.0)
    assert effects[-1] == Reprice(0.95)


def test_an_absent_entry_is_cancelled_and_never_sent_again() -> None:
    e, effects = walk(sent(opening()), S.UNKNOWN, S.ABSENT)
    assert effects[1:] == [Cancel(), End(S.REJECTED, 0, 0, "never reached IB")]
    assert walk((e, ()), S.ABSENT, 300.0)[1] == []


def test_an_absent_exit_is_sent_again_a_bounded_number_of_times() -> None:
    again = (S.UNKNOWN, S.ABSENT) * PLACEMENTS
    _, effects = walk(sent(closing()), *again)
    assert [each.order.order_id for each in effects if isinstance(each, Place)] == ["a-2"] * PLACEMENTS
    assert effects[-2:] == [Cancel(), End(S.REJECTED, 0, 0, "never reached IB")]


def test_an_absent_exit_that_was_to_be_cancelled_is_not_sent_again_but_followed() -> None:
    _, effects = walk(sent(closing()), "stop", Next("red_line", 0), S.UNKNOWN, S.ABSENT)
    assert effects[-1] == End(S.REJECTED, 0, 0, "never reached IB", Next("red_line", 0))


@pytest.mark.parametrize("state", [S.WORKING, S.UNKNOWN, S.SENT])
def test_an_ended_order_that_turns_out_alive_is_cancelled_until_it_is_dead(state: OrderState) -> None:
    e, effects = walk(sent(opening()), S.UNKNOWN, S.ABSENT, state, state)
    assert effects[3:] == [Cancel()]
    assert e.alive
    e, effects = walk((e, ()), 1, 5.0)
    assert effects == ([] if state is S.UNKNOWN else [Cancel()])  # while it is looked for, nothing is sent
    e, effects = walk((e, ()), news(S.CANCELLED, 1), 10.0)
    assert (effects, e.alive, e.filled) == ([], False, 1)


def test_news_of_an_order_told_before_its_last_fill_changes_nothing() -> None:
    e, _ = walk(sent(opening()), S.WORKING, 2)
    assert walk((e, ()), S.WORKING, S.UNKNOWN, 100.0)[1] == []


def test_fills_that_ib_counts_and_does_not_tell_are_asked_for() -> None:
    e, effects = walk(sent(opening()), S.WORKING, news(S.FILLED, 2), 4.9, 5.0, 6.0, 10.0)
    assert effects[1:] == [Resolve(), Resolve()]
    assert walk((e, ()), 1, 2)[1] == [End(S.FILLED, 2)]


def test_a_limit_that_ib_does_not_confirm_is_asked_for_again_and_then_passed_over() -> None:
    e, _ = walk(sent(opening()), news(S.WORKING, net=-1.0))
    seen: list[Effect] = []
    for at in (5.0, 10.0, 15.0):
        e, effects = tick(e, NOW + at, PACE, 0.05)
        e, _ = told(e, news(S.WORKING, net=-1.0, code=110), NOW + at, PACE)
        seen += effects
    assert seen == [Reprice(0.95), Reprice(0.95, again=True), Reprice(0.9)]


def test_an_adopted_order_is_in_doubt_until_ib_speaks() -> None:
    e = adopt(opening(), 1, over=False)
    assert tick(e, NOW + 500, PACE, 0.05) == (e, ())
    working, effects = told(e, news(S.WORKING, 1, net=-0.9), NOW, PACE)
    assert (working.limit, working.filled, effects) == (0.9, 1, ())
    assert lost(e, NOW)[1] == (End(S.CANCELLED, 1, 0, "never reached IB"),)
    exit_ = adopt(closing(), 0, over=False)
    assert lost(exit_, NOW)[1] == (End(S.REJECTED, 0, 0, "never reached IB"),)


def test_an_order_that_a_reconnect_has_lost_is_sent_again_only_if_it_closes() -> None:
    entry, _ = walk(sent(opening()), S.WORKING)
    assert lost(entry, NOW)[1] == (Cancel(), End(S.REJECTED, 0, 0, "never reached IB"))
    exit_, _ = walk(sent(closing()), S.WORKING, 5.0)
    assert lost(exit_, NOW)[1] == (Place(replace(closing(), limit=0.55)),)
    zombie, _ = walk((entry, ()), S.ABSENT, S.WORKING)
    assert not lost(zombie, NOW)[0].alive
