"""Open positions: their marks, and what becomes of them when they expire."""

from dataclasses import replace
from pathlib import Path

import pytest

from desk.market.calendar import at, opens_next
from desk.market.contracts import day
from desk.orders.lines import SettledLine
from messages.contract import Bar
from messages.data import PositionUpdates
from messages.market import Priority, SpotsWanted
from messages.orders import Condor
from tests.orders.condors import NOW, condor
from tests.orders.stage import Stage

CLOSE = at(day("20190513"), "16:00")


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return Stage(tmp_path).start()


def settled(stage: Stage) -> list[tuple[int, float]]:
    return [(line.quantity, line.price) for line in stage.lines() if isinstance(line, SettledLine)]


def expire(stage: Stage) -> None:
    stage.broker.positions.clear()


def test_every_position_is_marked_at_every_reconciliation(stage: Stage) -> None:
    first = stage.hold_position(2)
    stage.hold_position(1, condor(201), "monthly")
    stage.advance(1)
    seen = len(stage.sent(SpotsWanted))
    stage.advance(30)
    asked = stage.sent(SpotsWanted)[seen:]
    assert [(len(each.contracts), each.priority) for each in asked] == [(4, Priority.POSITION)] * 2
    updates = [each for each in stage.told["persistence"] if isinstance(each, PositionUpdates)]
    marks = [mark for each in updates for mark in each.marks if mark.event == "mark" and mark.position == first][-4:]
    assert [mark.quantity for mark in marks] == [-2, 2, -2, 2]
    assert marks[0].quote.bid == pytest.approx(0.25)
    assert stage.trader.facts()["unacknowledged"] == 0


def test_nothing_is_marked_while_the_market_is_closed(stage: Stage) -> None:
    stage.hold_position(2, condor(201, "20190705"))

    def marks() -> list[float]:
        updates = [each for each in stage.told["persistence"] if isinstance(each, PositionUpdates)]
        return [mark.at for each in updates for mark in each.marks if mark.event == "mark"]

    stage.advance(CLOSE - NOW - 1)
    before = len(marks())
    stage.advance(opens_next(CLOSE) - CLOSE)
    assert len(marks()) == before
    stage.advance(40)
    assert len(marks()) > before
    assert marks()[before] >= opens_next(CLOSE)


def test_quotes_that_do_not_come_leave_marks_without_prices(stage: Stage) -> None:
    stage.hold_position(2)
    stage.broker.silent = True
    stage.advance(41)
    updates = [each for each in stage.told["persistence"] if isinstance(each, PositionUpdates)]
    assert [mark.quote.bid for mark in updates[-1].marks] == [None] * 4


def test_what_persistence_does_not_acknowledge_is_handed_over_again(stage: Stage) -> None:
    stage.hold_position(1)
    told = stage.told["persistence"]
    stage.trader.recorder._handed["x"] = last = next(each for each in told if isinstance(each, PositionUpdates))
    stage.trader.recorder.resend()
    seen = len(told)
    stage.trader.recorder.resend()
    assert told[seen:] == [last]


@pytest.mark.parametrize(
    ("level", "price"), [(2811.0, 0.0), (2775.0, 5.0), (2700.0, 10.0), (2853.0, 3.0), (2999.0, 10.0)]
)
def test_a_position_that_expires_is_settled_at_the_last_price(stage: Stage, level: float, price: float) -> None:
    stage.hold_position(2)
    stage.broker.level = level
    stage.advance(CLOSE - NOW + 5)
    assert settled(stage) == []  # IB still holds it
    expire(stage)
    stage.advance(31)
    assert settled(stage) == [(2, price)]
    book = stage.book()
    assert book.holdings == ()
    assert book.realised == pytest.approx((1.0 - price) * 200 - 4 * 1.1)
    assert stage.trader.facts()["unexplained"] == []


def test_an_expiry_is_no_difference_while_the_level_is_not_known(stage: Stage) -> None:
    stage.hold_position(2)
    stage.broker.level = None
    stage.advance(CLOSE - NOW + 5)
    expire(stage)
    stage.advance(300)
    assert settled(stage) == []
    assert stage.trader.facts()["unexplained"] == []
    stage.broker.level = 2800.0
    stage.advance(120)
    assert settled(stage) == [(2, 0.0)]


def test_an_expiry_that_nobody_saw_is_settled_at_the_days_close(stage: Stage) -> None:
    stage.hold_position(2)
    expire(stage)
    stage.broker.bars = {"SPX": (Bar("20190510", 2863, 2891, 2825, 2881), Bar("20190513", 2840, 2841, 2801, 2777.5))}
    stage.trader.close()
    stage.now = at(day("20190514"), "09:00")
    stage.restart()
    stage.advance(60)
    assert settled(stage) == [(2, 2.5)]


def test_an_am_settled_position_settles_at_the_next_mornings_open(tmp_path: Path) -> None:
    stage = Stage(tmp_path).start()
    legs = [replace(leg, trading_class="SPX", expiry="20190516") for leg in condor().legs]
    stage.hold_position(1, Condor(*legs))
    stage.advance(at(day("20190516"), "16:00") - stage.now)
    expire(stage)
    stage.advance(35)
    assert stage.trader.facts()["unexplained"] != []  # it has not settled yet: IB should hold it
    stage.broker.bars = {"SPX": (Bar("20190517", 2856.0, 2885, 2854, 2859),)}
    stage.advance(at(day("20190517"), "09:30") + 61 - stage.now)
    assert [quantity for quantity, _ in settled(stage)] == [1]


def test_options_on_shares_settle_only_when_they_expire_worthless(tmp_path: Path) -> None:
    for level, lines, unexplained in ((2811.0, [(1, 0.0)], 0), (2775.0, [], 4)):
        stage = Stage(tmp_path / f"{level:g}").start()
        legs = [replace(leg, symbol="SPY", trading_class="SPY") for leg in condor().legs]
        stage.hold_position(1, Condor(*legs))
        stage.broker.level = level
        stage.advance(CLOSE - NOW + 5)
        expire(stage)
        stage.advance(70)
        assert settled(stage) == lines
        assert len(stage.trader.facts()["unexplained"]) == unexplained
