"""Exits: never two at a time, never more than is held, never refused by limits."""

from collections.abc import Callable
from pathlib import Path

import pytest

from desk.orders.limits import Limits
from desk.orders.lines import EndLine, OrderLine
from messages.orders import Action, Breach, Enter, Exit, OrderState, OrderTold
from tests.orders.condors import condor
from tests.orders.stage import AtIb, FakeBroker, Stage, risks

S = OrderState


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return Stage(tmp_path).start()


def test_a_limit_exit_becomes_a_market_order_for_what_executions_leave(stage: Stage) -> None:
    position = stage.hold_position(3)
    first = stage.leave(position, 3, limit=0.5, worst=0.55, then_market=True)
    stage.advance(5)
    stage.tell(*stage.broker.fill(first, 1))
    stage.broker.mute = True  # IB takes the cancel, and one more spread fills before it arrives
    stage.advance(5)
    stage.tell(*stage.broker.fill(first, 1))
    assert len(stage.placed()) == 2
    stage.broker.mute = False
    stage.tell(*stage.broker.cancel(first))
    market = stage.placed()[-1]
    assert (market.action, market.limit, market.quantity, market.position) == (Action.CLOSE, None, 1, position)
    assert market.order_id != first
    stage.tell(*stage.broker.fill(market.order_id, 1))
    assert stage.book().holdings == ()
    assert stage.broker.faults == []


def test_no_market_order_before_the_executions_that_ib_counts_are_there(stage: Stage) -> None:
    position = stage.hold_position(2)
    first = stage.leave(position, 2, limit=0.5, worst=0.5, then_market=True)
    rows = stage.broker.fill(first, 1)  # not told
    stage.advance(5)
    assert [w.state for w in stage.book().working] == [S.CANCELLED]
    assert len(stage.placed()) == 2
    stage.tell(*rows)
    assert stage.placed()[-1].quantity == 1


def test_executions_that_nobody_told_are_fetched(stage: Stage) -> None:
    position = stage.hold_position(2)
    first = stage.leave(position, 2, limit=0.5, worst=0.5, then_market=True)
    stage.broker.fill(first, 1)  # not told
    stage.advance(10.1)
    assert stage.placed()[-1].quantity == 1


def test_an_exit_at_its_worst_price_without_a_market_order_ends(stage: Stage) -> None:
    position = stage.hold_position(2)
    stage.leave(position, 2, limit=0.5, worst=0.5)
    stage.advance(6)
    assert len(stage.placed()) == 2
    assert stage.book().holdings[0].quantity == 2
    stage.leave(position, 2, limit=0.5, worst=0.5)  # the strategy may decide anew


def test_there_is_never_a_second_close(stage: Stage) -> None:
    position = stage.hold_position(2)
    stage.leave(position, 2, limit=None)
    for exit_ in (Exit(position, 2, "stop"), Exit(position, 1, "profit", 0.5, 0.6)):
        stage.wish(exit_)
        assert stage.vetoes() == ["closing"]
    assert len(stage.placed()) == 2


def test_a_market_exit_takes_the_place_of_a_patient_one(stage: Stage) -> None:
    position = stage.hold_position(3)
    first = stage.leave(position, 3, limit=0.5, worst=0.9)
    stage.tell(*stage.broker.fill(first, 1))
    stage.wish(Exit(position, 1, "red_line"))
    cancelled, market = stage.placed()[-2:]
    assert stage.broker.orders[cancelled.order_id].state is S.CANCELLED
    assert (market.limit, market.quantity, market.reason) == (None, 1, "red_line")
    assert stage.vetoes() == []


def test_a_market_exit_that_waits_for_a_cancel_leaves_what_it_was_to_leave(stage: Stage) -> None:
    position = stage.hold_position(4)
    first = stage.leave(position, 4, limit=0.5, worst=0.9)
    stage.broker.mute = True
    stage.wish(Exit(position, 2, "red_line"))  # 2 are to be left
    stage.tell(*stage.broker.fill(first, 1))
    stage.wish(Exit(position, 2, "stop"))
    assert stage.vetoes() == ["closing"]
    stage.broker.mute = False
    stage.tell(*stage.broker.cancel(first))
    assert stage.placed()[-1].quantity == 1


def test_nothing_follows_when_the_cancelled_exit_has_done_it_all(stage: Stage) -> None:
    position = stage.hold_position(2)
    first = stage.leave(position, 2, limit=0.5, worst=0.9)
    stage.broker.mute = True
    stage.wish(Exit(position, 2, "red_line"))
    stage.tell(*stage.broker.fill(first, 2))
    stage.advance(60)
    assert len(stage.placed()) == 2
    assert stage.book().holdings == ()


def test_a_breach_is_written_with_its_exit_and_acts_once(stage: Stage) -> None:
    position = stage.hold_position(2)
    crossed, clear = Breach(position, "delta", active=True), Breach(position, "delta", active=False)
    stage.wish(Exit(position, 1, "red_line"), crossed)
    assert stage.book().breaches == {(position, "delta")}
    exit_id = stage.placed()[-1].order_id
    stage.tell(*stage.broker.fill(exit_id, 1))
    stage.wish(crossed)  # nothing new
    stage.wish(clear)
    assert stage.book().breaches == frozenset()
    assert risks(stage.lines()) == [("delta", True), ("delta", False)]


def test_a_breach_whose_exit_was_refused_is_not_remembered(stage: Stage) -> None:
    position = stage.hold_position(2)
    stage.leave(position, limit=None)
    stage.wish(Exit(position, 1, "red_line"), Breach(position, "delta", active=True))
    assert stage.vetoes() == ["closing"]
    assert stage.book().breaches == frozenset()


def test_what_is_not_held_is_not_closed(stage: Stage) -> None:
    position = stage.hold_position(2)
    stage.wish(Exit("nobody", 1, "stop"))
    assert stage.vetoes() == ["held"]
    stage.wish(Exit(position, 0, "stop"))
    assert stage.vetoes() == ["held"]
    assert stage.leave(position, 99, limit=None)
    assert stage.placed()[-1].quantity == 2


def test_closing_what_is_still_being_opened_cancels_the_opening_first(stage: Stage) -> None:
    entry = stage.enter(3)
    stage.tell(*stage.broker.fill(entry, 1))
    stage.leave(entry, 1, limit=None)
    assert stage.broker.orders[entry].state is S.CANCELLED
    assert stage.placed()[-1].quantity == 1


def test_limits_never_refuse_an_exit(tmp_path: Path) -> None:
    stage = Stage(tmp_path, limits=Limits(2000.0, 0.0, 1)).start()
    position = stage.hold_position(2)
    stage.broker.stale = 1000.0
    stage.advance(120)
    stage.leave(position, limit=None)
    assert len(stage.placed()) == 2


def test_an_exit_that_ib_never_got_is_sent_again_with_the_same_id(stage: Stage) -> None:
    position = stage.hold_position(2)
    stage.broker.deaf = True
    exit_id = stage.leave(position, limit=None)
    stage.broker.deaf = False
    told = stage.broker
    assert exit_id not in told.orders
    stage.tell(absent(stage, exit_id))
    assert [order.order_id for order in stage.placed()[1:]] == [exit_id] * 2
    stage.tell(*told.fill(exit_id, 2))
    assert stage.book().holdings == ()
    assert told.faults == []


def test_an_entry_that_ib_never_got_is_not_sent_again_and_what_it_fills_after_all_is_owned(stage: Stage) -> None:
    stage.broker.deaf = True
    entry = stage.enter(2)
    stage.tell(absent(stage, entry))
    assert [line.state for line in stage.lines() if isinstance(line, EndLine)] == [S.REJECTED]
    stage.broker.deaf = False
    late = next(line.order for line in stage.lines() if isinstance(line, OrderLine))
    stage.broker.orders[entry] = AtIb(late, S.WORKING, late.limit)  # its message arrives, minutes late
    rows = stage.broker.fill(entry, 1)
    stage.tell(*rows)
    assert stage.broker.orders[entry].state is S.CANCELLED
    assert stage.book().holdings[0].quantity == 1
    assert stage.book().working == ()


def test_two_strategies_that_hold_the_same_contracts_are_each_left_with_their_own(stage: Stage) -> None:
    mine = condor()
    theirs = condor()
    first = stage.hold_position(1, mine)
    stage.wish(Enter(theirs, 1, 1.0, 0.8, 0.7), strategy="monthly")
    second = stage.placed()[-1].order_id
    stage.tell(*stage.broker.fill(second, 1))
    stage.advance(61)
    assert stage.trader.facts()["unexplained"] == []
    stage.tell(*stage.broker.fill(stage.leave(first, 1, limit=None), 1))
    stage.advance(61)
    assert stage.trader.facts()["unexplained"] == []
    assert stage.book("monthly").holdings[0].quantity == 1


def absent(stage: Stage, order_id: str) -> object:
    return OrderTold(order_id, S.ABSENT, stage.now)


def test_a_red_line_is_written_with_the_market_order_that_acts_on_it_and_not_before(stage: Stage) -> None:
    position = stage.hold_position(2)
    first = stage.leave(position, 2, limit=0.5, worst=0.9)
    stage.broker.mute = True
    stage.wish(Exit(position, 1, "red_line"), Breach(position, "delta", active=True))
    stage.restart()  # the market order was never written
    stage.broker.mute = False
    stage.broker.cancel(first)
    stage.advance(0)
    assert stage.book().breaches == frozenset()
    stage.wish(Exit(position, 1, "red_line"), Breach(position, "delta", active=True))
    assert stage.book().breaches == {(position, "delta")}


@pytest.mark.parametrize("ends", [FakeBroker.reject, FakeBroker.cancel])
def test_a_red_line_is_armed_again_however_its_order_ended_unfilled(
    stage: Stage, ends: Callable[[FakeBroker, str, int], list[object]]
) -> None:
    position = stage.hold_position(2)
    for _ in range(2):
        stage.wish(Exit(position, 1, "red_line"), Breach(position, "delta", active=True))
        order = stage.placed()[-1]
        stage.tell(*ends(stage.broker, order.order_id, 201))
        assert stage.book().breaches == frozenset()
    assert len({order.order_id for order in stage.placed()}) == 3
    assert risks(stage.lines()) == [("delta", True), ("delta", False)] * 2


def test_a_red_line_whose_order_did_nothing_is_armed_again(stage: Stage) -> None:
    position = stage.hold_position(2)
    stage.broker.deaf = True
    stage.wish(Exit(position, 1, "red_line"), Breach(position, "delta", active=True))
    stage.broker.deaf = False
    assert stage.book().breaches == {(position, "delta")}
    stage.restart()
    stage.advance(0)
    assert stage.book().breaches == frozenset()
    stage.wish(Exit(position, 1, "red_line"), Breach(position, "delta", active=True))
    stage.tell(*stage.broker.fill(stage.placed()[-1].order_id, 1))
    assert stage.book().breaches == {(position, "delta")}
