"""The kill switch, a disk that refuses, and an orderly stop."""

from pathlib import Path

import pytest

from desk.orders import halt
from desk.orders.errors import JournalRefusedError
from desk.orders.halt import Halt
from desk.orders.journal import Journal
from messages.orders import CancelOrder, Enter, OrderState
from tests.orders.condors import condor
from tests.orders.stage import Stage

S = OrderState
DRILL = Halt("drill", at=1.0)
FLATTEN = Halt("drill", flatten=True, at=1.0)


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return Stage(tmp_path).start()


def test_a_halt_cancels_entries_refuses_new_ones_and_leaves_exits_alone(stage: Stage) -> None:
    position = stage.hold_position(2)
    entry = stage.enter(1, condor(201))
    exit_ = stage.leave(position, limit=0.5, worst=0.9)
    halt.write(stage.folder, DRILL)
    stage.poll()
    assert stage.broker.orders[entry].state is S.CANCELLED
    assert stage.broker.orders[exit_].state is S.WORKING
    stage.wish(Enter(condor(301), 1, 1.0, 0.8, 0.7))
    assert stage.vetoes() == ["halted"]
    assert "halted: drill" in stage.book().trouble
    assert stage.trader.facts()["halted"] == "drill"
    stage.tell(*stage.broker.cancel(exit_))
    stage.leave(position, limit=None)  # exits go on
    halt.clear(stage.folder)
    stage.poll()
    stage.enter(1, condor(301))


def test_an_entry_whose_margin_was_asked_for_when_the_halt_came_is_not_sent(stage: Stage) -> None:
    stage.hold = True
    stage.wish(Enter(condor(), 1, 1.0, 0.8, 0.7))
    halt.write(stage.folder, DRILL)
    stage.poll()
    stage.release()
    assert (stage.placed(), stage.vetoes()) == ([], ["halted"])


def test_flatten_closes_every_position_at_market_once(stage: Stage) -> None:
    first, second = stage.hold_position(2), stage.hold_position(1, condor(201), "monthly")
    patient = stage.leave(second, 1, "monthly", limit=0.5, worst=0.9)
    for _ in range(3):
        halt.write(stage.folder, FLATTEN)
        stage.poll()
        stage.advance(1)
    assert stage.broker.orders[patient].state is S.CANCELLED
    exits = [order for order in stage.placed() if order.reason == "halt"]
    assert {(order.position, order.quantity, order.limit) for order in exits} == {(first, 2, None), (second, 1, None)}
    assert len(exits) == 2
    for order in exits:
        stage.tell(*stage.broker.fill(order.order_id, 2))
    stage.advance(60)
    assert (stage.book().holdings, stage.book("monthly").holdings) == ((), ())
    assert len(stage.placed()) == 5


def test_flatten_tries_a_rejected_close_again_but_not_at_every_look(stage: Stage) -> None:
    stage.hold_position(2)
    halt.write(stage.folder, FLATTEN)
    stage.poll()
    for _ in range(19):
        if (last := stage.placed()[-1].order_id) in stage.broker.orders and stage.broker.orders[last].alive:
            stage.tell(*stage.broker.reject(last, 201))
        stage.poll()
        stage.advance(3)
    assert len(stage.placed()) == 3  # the entry, and a close every thirty seconds


def test_halted_stays_halted_over_a_restart(stage: Stage) -> None:
    entry = stage.enter(1)
    halt.write(stage.folder, DRILL)
    stage.restart()
    assert "drill" in stage.book().trouble
    stage.advance(0)
    assert stage.broker.orders[entry].state is S.CANCELLED
    stage.wish(Enter(condor(), 1, 1.0, 0.8, 0.7))
    assert stage.vetoes() == ["halted"]


def test_flatten_waits_for_the_session(stage: Stage) -> None:
    stage.hold_position(2)
    stage.drop_session()
    halt.write(stage.folder, FLATTEN)
    stage.poll()
    assert len(stage.placed()) == 1
    stage.restore_session()
    assert stage.placed()[-1].reason == "halt"


def test_a_halt_of_its_own_that_cannot_be_written_holds_all_the_same(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(root: Path, what: Halt) -> Halt:
        raise OSError("no space left")

    write = halt.write
    monkeypatch.setattr(halt, "write", refuse)
    order_id = stage.enter()
    stage.tell(*stage.broker.fill(order_id, 1, -0.4))
    stage.poll()
    assert halt.read(stage.folder) is None
    assert "opened for a credit" in stage.book().trouble
    monkeypatch.setattr(halt, "write", write)
    stage.poll()
    assert "opened for a credit" in (halt.read(stage.folder) or Halt("")).reason
    halt.clear(stage.folder)
    stage.poll()
    assert "halted" not in stage.book().trouble


class Disk:
    """A disk that is full while `full`."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.full = False
        append = Journal.append

        def guarded(journal: Journal, *lines: object) -> None:
            if self.full:
                raise JournalRefusedError("no space left")
            append(journal, *lines)  # type: ignore[arg-type]  # whatever it was called with

        monkeypatch.setattr(Journal, "append", guarded)


def test_a_full_disk_sends_nothing_and_loses_no_execution(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    disk = Disk(monkeypatch)
    order_id = stage.enter(2)
    disk.full = True
    stage.tell(*stage.broker.fill(order_id, 1))
    assert stage.events() == ["ORDER"]
    book = stage.book()
    assert (book.ready, book.holdings[0].quantity) == (False, 1)
    assert "no space left" in str(stage.trader.facts()["degraded"])
    stage.wish(Enter(condor(201), 1, 1.0, 0.8, 0.7))
    assert stage.vetoes() == ["ready"]
    disk.full = False
    stage.poll()
    assert stage.book().ready
    assert stage.events() == ["ORDER", "EXEC", "FILL"]
    stage.restart()
    stage.advance(0)
    assert stage.book().holdings[0].quantity == 1


def test_a_disk_that_refuses_the_intent_refuses_the_order(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    disk = Disk(monkeypatch)
    disk.full = True
    stage.wish(Enter(condor(), 1, 1.0, 0.8, 0.7))
    assert (stage.placed(), stage.vetoes()) == ([], ["disk"])
    disk.full = False
    stage.poll()
    stage.enter(1)


def test_a_market_order_that_is_to_follow_waits_for_the_disk(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    disk = Disk(monkeypatch)
    position = stage.hold_position(2)
    stage.leave(position, limit=0.5, worst=0.5, then_market=True)
    disk.full = True
    stage.advance(6)
    assert len(stage.placed()) == 2
    disk.full = False
    stage.poll()
    assert (stage.placed()[-1].limit, stage.placed()[-1].quantity) == (None, 2)


def test_an_orderly_stop_cancels_entries_and_leaves_patient_exits(stage: Stage) -> None:
    position = stage.hold_position(2)
    entry = stage.enter(1, condor(201))
    exit_ = stage.leave(position, limit=0.5, worst=0.9)
    stage.broker.mute = True
    stage.trader.drain()
    stage.tell()
    assert not stage.trader.at_rest
    stage.broker.mute = False
    stage.tell(*stage.broker.cancel(entry))
    assert stage.trader.at_rest
    assert stage.broker.orders[exit_].state is S.WORKING
    stage.wish(Enter(condor(301), 1, 1.0, 0.8, 0.7))
    assert stage.vetoes() == ["stopping"]
    assert [each.order_id for each in stage.sent(CancelOrder)] == [entry]
