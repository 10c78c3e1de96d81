"""An entry from wish to ledger, and what stands in its way."""

from dataclasses import replace
from pathlib import Path

import pytest

from desk.orders import halt
from desk.orders.limits import Limits
from desk.orders.lines import EndLine, FillLine
from messages.data import PositionUpdates, Rungs
from messages.orders import Action, Condor, Enter, Executed, Margin, MarginWanted, OrderState
from tests.orders.condors import NOW, condor
from tests.orders.stage import COMMISSION, Stage


def test_an_entry_end_to_end(tmp_path: Path) -> None:
    stage = Stage(tmp_path).start()
    assert stage.book().ready
    order_id = stage.enter()
    (order,) = stage.placed()
    assert (order.action, order.limit, order.worst, order.position) == (Action.OPEN, 1.0, 0.8, order_id)
    assert [w.state for w in stage.book().working] == [OrderState.WORKING]
    stage.advance(5.0)
    assert stage.broker.orders[order_id].limit == 0.95
    stage.tell(*stage.broker.fill(order_id, 1))
    assert stage.book().holdings[0].quantity == 1
    stage.advance(5.0)
    stage.tell(*stage.broker.fill(order_id, 1))
    book = stage.book()
    assert (book.working, book.holdings[0].quantity, book.holdings[0].credit) == ((), 2, 0.925)
    assert stage.events() == ["ORDER", "EXEC", "FILL", "EXEC", "END", "FILL"]
    rungs = [each.rungs[0] for each in stage.told["persistence"] if isinstance(each, Rungs)]
    assert [(r.rung, r.limit, r.quantity, r.legs[0].bid) for r in rungs] == [
        (0, 1.0, 2, 0.25),
        (1, 0.95, 2, 0.25),
        (2, 0.9, 1, 0.25),
    ]
    marks = [each.marks for each in stage.told["persistence"] if isinstance(each, PositionUpdates)]
    fills = [mark for each in marks for mark in each if mark.event == "fill"]
    assert [mark.quantity for mark in fills] == [-1, 1, -1, 1] * 2


def test_the_margin_is_asked_for_before_anything_is_written(tmp_path: Path) -> None:
    stage = Stage(tmp_path).start()
    stage.hold = True
    stage.wish(Enter(condor(), 1, 1.0, 0.8, 0.7))
    assert len(stage.sent(MarginWanted)) == 1
    assert stage.lines() == []
    assert [w.state for w in stage.book().working] == [OrderState.INTENT]
    stage.wish(Enter(condor(), 1, 1.0, 0.8, 0.7))
    assert stage.vetoes() == ["margin"]
    stage.release()
    assert stage.events() == ["ORDER"]


def test_an_entry_that_finds_nobody_is_cancelled_at_its_worst_price(tmp_path: Path) -> None:
    stage = Stage(tmp_path).start()
    order_id = stage.enter(limit=1.0, worst=0.9)
    stage.advance(14.9)
    assert stage.broker.orders[order_id].limit == 0.9
    stage.advance(0.2)
    assert stage.events() == ["ORDER", "END"]
    assert stage.book().working == ()


def test_prices_go_on_the_tick_and_never_beyond_what_was_wished(tmp_path: Path) -> None:
    stage = Stage(tmp_path).start()
    stage.enter(limit=1.02, worst=0.81)
    (order,) = stage.placed()
    assert (order.limit, order.worst, order.good_till) == (1.05, 0.85, NOW + 120)


@pytest.mark.parametrize(
    ("margin", "veto", "halts"),
    [
        (Margin("", error="no answer"), "margin", False),
        (Margin("", 2000.0, 90_000.0, 80_000.0), "margin", False),
        (Margin("", 0.0, 2000.0, 80_000.0), "encoding", True),
        (Margin("", 60_000.0, 62_000.0, 80_000.0), "encoding", True),
    ],
)
def test_the_margin_decides(tmp_path: Path, margin: Margin, veto: str, halts: bool) -> None:
    stage = Stage(tmp_path).start()
    stage.broker.margin = margin
    stage.wish(Enter(condor(), 2, 1.0, 0.8, 0.7))
    assert (stage.placed(), stage.vetoes(), stage.lines()) == ([], [veto], [])
    assert (halt.read(tmp_path) is not None) is halts


def test_a_margin_that_another_position_shares_proves_nothing_about_the_encoding(tmp_path: Path) -> None:
    stage = Stage(tmp_path).start()
    stage.hold_position()
    stage.broker.margin = Margin("", 0.0, 2000.0, 80_000.0)
    stage.enter(of=condor(201), strategy="monthly")
    assert len(stage.placed()) == 2


def test_silence_about_the_margin_is_a_refusal(tmp_path: Path) -> None:
    stage = Stage(tmp_path).start()
    stage.broker.silent = True
    stage.wish(Enter(condor(), 2, 1.0, 0.8, 0.7), late=60)
    stage.advance(10.1)
    assert stage.vetoes() == ["margin"]
    assert stage.placed() == []


def test_wishes_on_an_old_book_or_too_late_are_refused(tmp_path: Path) -> None:
    stage = Stage(tmp_path).start()
    stage.wish(Enter(condor(), 1, 1.0, 0.8, 0.7), version=7)
    assert stage.vetoes() == ["version"]
    stage.wish(Enter(condor(), 1, 1.0, 0.8, 0.7), late=-0.1)
    assert stage.vetoes() == ["deadline"]
    seen = len(stage.told["strategy-dte0"])
    stage.wish(Enter(condor(), 1, 1.0, 0.8, 0.7), late=-0.1)
    assert len(stage.told["strategy-dte0"]) == seen + 1  # told again, although the refusal is the same


def test_the_same_wishes_twice_are_one_order(tmp_path: Path) -> None:
    stage = Stage(tmp_path).start()
    version = stage.book().version
    for _ in range(2):
        stage.wish(Enter(condor(), 1, 1.0, 0.8, 0.7), version=version)
    assert len(stage.placed()) == 1
    assert stage.vetoes() == ["version"]


def test_an_order_that_is_no_condor_is_refused(tmp_path: Path) -> None:
    stage = Stage(tmp_path).start()
    upside_down = Condor(*reversed(condor().legs))
    for enter in (
        Enter(upside_down, 1, 1.0, 0.8, 0.7),
        Enter(condor(), 0, 1.0, 0.8, 0.7),
        Enter(condor(), 1, -1.0, 0.8, 0.7),
    ):
        stage.wish(enter)
        assert stage.vetoes() == ["order"]


def test_limits_see_all_strategies_and_entries_on_their_way(tmp_path: Path) -> None:
    stage = Stage(tmp_path, limits=Limits(3000.0, 5000.0, 2)).start()
    stage.hold_position(2)  # may lose (10 - 1.00) x 100 x 2 = 1800
    stage.wish(Enter(condor(201), 2, 1.0, 0.8, 0.7), strategy="monthly")
    assert stage.vetoes("monthly") == ["max_open_risk"]
    stage.enter(1, condor(201), "monthly")
    stage.wish(Enter(condor(301), 1, 9.0, 9.0, 0.7))
    assert stage.vetoes() == ["max_condors"]


def test_a_day_that_has_lost_enough_takes_no_more_entries(tmp_path: Path) -> None:
    stage = Stage(tmp_path, limits=Limits(25_000.0, 200.0, 6)).start()
    position = stage.hold_position(2)
    exit_id = stage.leave(position, limit=None)
    stage.tell(*stage.broker.fill(exit_id, 2, 2.5))
    stage.wish(Enter(condor(201), 1, 1.0, 0.8, 0.7))
    assert stage.vetoes() == ["max_daily_loss"]
    stage.advance(86_400)
    stage.enter(1, condor(201))


def test_a_loss_on_paper_counts_and_stops_entries_for_the_day_even_if_it_passes(tmp_path: Path) -> None:
    stage = Stage(tmp_path, limits=Limits(25_000.0, 150.0, 6)).start()
    stage.hold_position(2)
    stage.broker.prices = {101: 1.2, 103: 1.2}  # the shorts: closing costs 2 x 1.2 - 2 x 0.3 = 1.80
    stage.advance(30)
    stage.wish(Enter(condor(201), 1, 1.0, 0.8, 0.7))
    assert stage.vetoes() == ["max_daily_loss"]
    stage.broker.prices = {}
    stage.advance(30)
    stage.wish(Enter(condor(201), 1, 1.0, 0.8, 0.7))
    assert stage.vetoes() == ["max_daily_loss"]


def test_stale_marks_are_no_marks(tmp_path: Path) -> None:
    stage = Stage(tmp_path).start()
    stage.hold_position(2)
    stage.advance(30)
    stage.broker.stale = 61.0
    stage.advance(90)
    stage.wish(Enter(condor(201), 1, 1.0, 0.8, 0.7))
    assert stage.vetoes() == ["marks"]


def test_while_it_is_not_known_what_became_of_an_entry_there_is_no_other(tmp_path: Path) -> None:
    stage = Stage(tmp_path).start()
    first = stage.enter()
    stage.tell(stage.broker.told(first, OrderState.UNKNOWN))
    stage.wish(Enter(condor(201), 1, 1.0, 0.8, 0.7))
    assert stage.vetoes() == ["unknown"]
    stage.tell(stage.broker.told(first))
    stage.enter(1, condor(201))


def test_a_rejected_entry_ends_with_ibs_code(tmp_path: Path) -> None:
    stage = Stage(tmp_path).start()
    order_id = stage.enter()
    stage.tell(*stage.broker.reject(order_id, 201))
    end = stage.lines()[-1]
    assert isinstance(end, EndLine)
    assert (end.state, end.code, end.text) == (OrderState.REJECTED, 201, "rejected")


def test_a_debit_at_an_opening_halts_the_desk(tmp_path: Path) -> None:
    stage = Stage(tmp_path).start()
    order_id = stage.enter()
    stage.tell(*stage.broker.fill(order_id, 1, -0.4))
    assert "opened for a credit" in (halt.read(tmp_path) or halt.Halt("")).reason
    assert "halted" in stage.book().trouble
    assert stage.broker.orders[order_id].state is OrderState.CANCELLED


def test_a_leg_on_the_wrong_side_halts_the_desk(tmp_path: Path) -> None:
    stage = Stage(tmp_path).start()
    order_id = stage.enter()
    rows = stage.broker.fill(order_id, 1)
    wrong = [replace(row, bought=not row.bought) if isinstance(row, Executed) and row.con_id else row for row in rows]
    stage.tell(*wrong)
    assert "was to sell and was bought" in (halt.read(tmp_path) or halt.Halt("")).reason


def test_commissions_that_do_not_come_are_waited_for_ten_seconds_and_written_after(tmp_path: Path) -> None:
    stage = Stage(tmp_path).start()
    order_id = stage.enter()
    *told, last = stage.broker.fill(order_id, 2)
    stage.tell(*told)
    stage.advance(9.9)
    assert stage.events() == ["ORDER", "EXEC", "END"]
    stage.advance(0.2)
    (fill,) = [line for line in stage.lines() if isinstance(line, FillLine)]
    assert (fill.price, fill.quantity) == (1.0, 2)
    assert fill.commission == pytest.approx(3 * COMMISSION)
    stage.tell(last, last)
    assert stage.events() == ["ORDER", "EXEC", "END", "FILL", "COMMISSION"]


def test_executions_told_again_change_nothing(tmp_path: Path) -> None:
    stage = Stage(tmp_path).start()
    order_id = stage.enter()
    news = stage.broker.fill(order_id, 1)
    stage.tell(*news, *news)
    assert stage.book().holdings[0].quantity == 1
    assert stage.events().count("EXEC") == 1
    assert stage.events().count("FILL") == 1


def test_every_boundary_of_an_order_is_told(tmp_path: Path) -> None:
    passed: list[str] = []
    stage = Stage(tmp_path, boundary=lambda name, order_id: passed.append(name)).start()
    order_id = stage.enter()
    stage.tell(*stage.broker.fill(order_id, 1))
    stage.tell(*stage.broker.fill(order_id, 1))
    assert passed == [
        "before-intent",
        "after-intent",
        "after-send",
        "after-acknowledgement",
        "between-fills",
        "after-fill",
        "after-end",
    ]
