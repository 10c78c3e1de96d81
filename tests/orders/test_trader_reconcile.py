"""Starts, reconnects and differences: what the log has open, what IB has, and what nobody can explain."""

from dataclasses import replace
from pathlib import Path

import pytest

from desk.market.contracts import stock
from desk.orders.lines import EndLine
from messages.orders import Condor, Enter, Executed, Exit, Held, OrderState, SessionTold, Truth, TruthWanted
from tests.orders.condors import condor
from tests.orders.stage import Stage

S = OrderState


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return Stage(tmp_path).start()


def ends(stage: Stage) -> list[tuple[OrderState, int, str]]:
    return [(line.state, line.filled, line.text) for line in stage.lines() if isinstance(line, EndLine)]


def test_nothing_is_taken_before_the_first_truth(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    assert not stage.book().ready
    stage.wish(Enter(condor(), 1, 1.0, 0.8, 0.7))
    assert stage.vetoes() == ["ready"]
    stage.start()
    assert stage.book().ready
    assert stage.book().trouble == ""


def test_truth_is_asked_for_until_it_comes(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    stage.broker.up = False
    stage.advance(16)
    asked = len(stage.sent(TruthWanted))
    assert asked == 5  # at once, and after 1, 2, 4 and 8 seconds
    stage.advance(600)
    assert len(stage.sent(TruthWanted)) - asked <= 21
    assert "disconnected" in stage.book().trouble
    stage.restore_session()
    assert stage.book().ready


def test_a_broker_that_says_nothing_is_asked_again(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    stage.broker.silent = True
    stage.advance(70)
    assert len(stage.sent(TruthWanted)) == 2


def test_an_order_that_was_written_and_not_sent_ends_as_never_sent(stage: Stage) -> None:
    stage.broker.deaf = True
    stage.enter()
    stage.broker.deaf = False
    stage.restart()
    assert not stage.book().ready
    stage.advance(0)
    assert ends(stage) == [(S.REJECTED, 0, "never reached IB")]
    assert len(stage.placed()) == 1
    assert stage.book().ready


def test_a_working_order_is_taken_up_where_its_ladder_was(stage: Stage) -> None:
    order_id = stage.enter(limit=1.0, worst=0.5)
    stage.advance(11)
    stage.restart()
    stage.advance(0)
    assert [w.limit for w in stage.book().working] == [0.9]
    stage.advance(5)
    assert stage.broker.orders[order_id].limit == 0.85
    assert len(stage.placed()) == 1


def test_an_entry_whose_time_is_over_is_cancelled_at_the_start(stage: Stage) -> None:
    stage.enter(limit=1.0, worst=0.5)
    stage.trader.close()
    stage.now += 121
    stage.restart()
    stage.advance(0)
    assert [state for state, *_ in ends(stage)] == [S.CANCELLED]


def test_fills_of_a_time_without_a_desk_are_taken_up_once(stage: Stage) -> None:
    order_id = stage.enter(2)
    stage.broker.fill(order_id, 1)
    stage.restart()
    stage.advance(0)
    assert stage.book().holdings[0].quantity == 1
    stage.broker.fill(order_id, 1)
    for _ in range(2):
        stage.restart()
        stage.advance(0)
    assert stage.book().holdings[0].quantity == 2
    assert stage.events() == ["ORDER", "EXEC", "FILL", "EXEC", "END", "FILL"]
    assert ends(stage) == [(S.FILLED, 2, "")]


def test_an_outage_pauses_ladders_and_a_reconnect_brings_what_was_missed(stage: Stage) -> None:
    order_id = stage.enter(2, limit=1.0, worst=0.5)
    stage.drop_session()
    assert not stage.book().ready
    stage.advance(30)
    assert stage.broker.orders[order_id].limit == 1.0
    stage.broker.fill(order_id, 1)
    stage.restore_session()
    book = stage.book()
    assert (book.ready, book.holdings[0].quantity) == (True, 1)
    stage.advance(5)
    assert (stage.broker.orders[order_id].limit or 1) < 1.0


def test_a_reconnect_ends_lost_entries_and_sends_lost_exits_again(stage: Stage) -> None:
    position = stage.hold_position(2)
    entry, exit_ = stage.enter(1, condor(201)), stage.leave(position, limit=0.5, worst=0.9)
    del stage.broker.orders[entry], stage.broker.orders[exit_]
    stage.drop_session()
    stage.restore_session()
    assert [order.order_id for order in stage.placed()] == [position, entry, exit_, exit_]
    assert (S.REJECTED, 0, "never reached IB") in ends(stage)


def test_an_order_sent_after_the_question_is_not_taken_for_lost(stage: Stage) -> None:
    position = stage.hold_position(2)
    stage.hold = True
    stage.tell(SessionTold(up=True, connection=1))
    stage.advance(0)
    wanted = stage.waiting[-1]
    assert isinstance(wanted, TruthWanted)
    stage.hold = False
    order_id = stage.placed()[0].order_id
    stage.tell(replace(stage.broker.truth(wanted.correlation, orders=True), told=(stage.broker.told(order_id),)))
    stage.leave(position, limit=None)
    assert ends(stage) == [(S.FILLED, 2, "")]


def test_a_truth_of_an_earlier_session_or_question_does_not_count(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    stage.hold = True
    stage.advance(0)
    (wanted,) = stage.waiting
    assert isinstance(wanted, TruthWanted)
    stage.tell(SessionTold(up=True, connection=2))
    stage.tell(Truth(wanted.correlation, 1, stage.now))
    assert not stage.book().ready
    stage.advance(0)
    stage.release()
    assert stage.book().ready


def test_a_difference_counts_after_two_looks_and_stops_entries_in_that_underlying_only(stage: Stage) -> None:
    stage.broker.positions[999] = Held(replace(stock("SPX"), con_id=999), 1.0)
    stage.advance(30)
    assert stage.trader.facts()["unexplained"] == []
    stage.advance(5)
    assert stage.trader.facts()["unexplained"] == ["SPX (999): ledgers 0, IB 1"]
    stage.wish(Enter(condor(), 1, 1.0, 0.8, 0.7))
    assert stage.vetoes() == ["unexplained"]
    spy = replace_symbol("SPY")
    stage.enter(1, spy)
    del stage.broker.positions[999]
    stage.advance(30)
    assert stage.trader.facts()["unexplained"] == []
    stage.enter(1, condor(301), "monthly")


def test_a_position_told_before_its_fill_is_no_difference(stage: Stage) -> None:
    order_id = stage.enter(2, limit=1.0, worst=0.1)
    late: list[object] = []
    for _ in range(2):
        late += stage.broker.fill(order_id, 1)
        stage.advance(29)
        stage.tell(*late)
        stage.advance(6)
        assert stage.trader.facts()["unexplained"] == []
        late.clear()


def test_a_position_gone_from_ib_is_not_closed_again(stage: Stage) -> None:
    position = stage.hold_position(2)
    stage.broker.positions.clear()
    stage.advance(35)
    assert "ledgers -2, IB 0" in stage.trader.facts()["unexplained"][0]
    stage.wish(Exit(position, 2, "stop"))
    assert stage.vetoes() == ["unexplained"]
    assert len(stage.placed()) == 1


def test_an_explained_position_is_closed_whatever_else_is_unexplained(stage: Stage) -> None:
    position = stage.hold_position(2)
    stage.broker.positions[999] = Held(replace(stock("SPX"), con_id=999), 1.0)
    stage.advance(35)
    stage.tell(*stage.broker.fill(stage.leave(position, limit=None), 2))
    assert stage.book().holdings == ()


def test_differences_at_a_start_count_at_once(stage: Stage) -> None:
    stage.hold_position(2)
    stage.broker.positions.clear()
    stage.restart()
    stage.advance(0)
    assert stage.book().ready
    assert "IB 0" in stage.book().trouble
    stage.wish(Enter(condor(201), 1, 1.0, 0.8, 0.7))
    assert stage.vetoes() == ["unexplained"]


def test_an_execution_that_no_log_knows_is_reported(stage: Stage) -> None:
    stage.tell(Executed("somebody", "f", "f.1", 1, 0, True, 1, -1.0, stage.now))
    (text,) = stage.trader.facts()["unexplained"]
    assert "somebody" in text
    assert stage.lines() == []


def test_what_a_strategy_owns_that_the_config_no_longer_names_is_ours(stage: Stage) -> None:
    stage.hold_position(1, strategy="monthly")
    stage.strategies = {"dte0": "strategy-dte0"}
    stage.restart()
    stage.advance(61)
    facts = stage.trader.facts()
    assert (facts["unexplained"], facts["condors"]) == ([], 1)


def replace_symbol(symbol: str) -> Condor:
    return Condor(*(replace(leg, symbol=symbol, trading_class=symbol) for leg in condor(401).legs))
