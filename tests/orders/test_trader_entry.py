"""An entry from wish to ledger, and what stands in its way."""

from pathlib import Path

from messages.data import PositionUpdates, Rungs
from messages.orders import Action, Enter, MarginWanted, OrderState
from tests.orders.condors import condor
from tests.orders.stage import Stage


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
