"""TraderActor in virtual time: an entry and an exit end to end, restarts, the kill switch, an orderly stop."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from actors.trader import TraderActor
from desk.config.model import Supervision
from desk.orders import halt
from desk.orders.halt import Halt
from desk.orders.journal import read
from desk.orders.ladder import Pace
from desk.orders.ledger import Ledger
from desk.orders.limits import Limits
from desk.orders.trader import Settings
from desk.runtime.actor import Actor, Context
from desk.runtime.child import ChildSpec
from desk.runtime.simulation import SimulatedSystem
from desk.runtime.supervision import Supervisor
from messages.data import PositionUpdates, Rungs, Stored
from messages.orders import Book, Enter, Exit, OrderState, Wish, Wishes
from messages.system import Report
from tests.orders.condors import condor
from tests.orders.stage import FakeBroker

START = datetime(2019, 5, 13, 14, 0, tzinfo=UTC)


class Strategy(Actor):
    """Keeps the books that it is shown."""

    books: list[Book]

    def started(self) -> None:
        Strategy.books = []

    def receive(self, message: object) -> object:
        assert isinstance(message, Book)
        Strategy.books.append(message)
        return None


class Persistence(Actor):
    """Acknowledges what it is told."""

    got: list[object]

    def started(self) -> None:
        Persistence.got = []

    def receive(self, message: object) -> object:
        assert isinstance(message, Rungs | PositionUpdates)
        Persistence.got.append(message)
        self.context.tell(message.reply_to, Stored(message.correlation, 1))
        return None


class Desk:
    """The trader between a fake broker and one strategy."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.system = SimulatedSystem(START, Supervision(), 1)
        self.supervisor = Supervisor(self.system)
        self.broker = FakeBroker(self.system.clock.time)
        pace, limits = Pace(0.05, 5.0, 120.0), Limits(25_000.0, 5_000.0, 6)
        settings = Settings(folder / "logs", folder, pace, limits, 30.0, {"dte0": "strategy-dte0"})
        broker = self.broker

        class Broker(Actor):
            def receive(self, message: object) -> object:
                for answer in broker.take(message):
                    self.context.tell("trader", answer)
                return None

        def trader(context: Context) -> TraderActor:
            return TraderActor(context, settings)

        specs: list[tuple[str, Callable[[Context], Actor]]] = [
            ("persistence", Persistence),
            ("broker", Broker),
            ("trader", trader),
            ("strategy-dte0", Strategy),
        ]
        self.supervisor.start([ChildSpec(name, factory) for name, factory in specs])
        self.system.run_for(0.5)

    @property
    def book(self) -> Book:
        return Strategy.books[-1]

    @property
    def ledger(self) -> Ledger:
        return Ledger.of("dte0", read(self.folder / "logs" / "dte0"))

    def wish(self, *wishes: Wish) -> None:
        now = self.system.clock.time()
        self.system.tell("trader", Wishes("strategy-dte0", "dte0", self.book.version, now + 5, wishes))
        self.system.run_for(0.1)

    def tell(self, messages: list[object]) -> None:
        for message in messages:
            self.system.tell("trader", message)
        self.system.run_for(0.1)

    def report(self) -> Report:
        return next(each for each in self.system.reports() if each.name == "trader")


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    desk = Desk(tmp_path)
    yield desk
    desk.supervisor.stop()
    desk.system.run_for(60)
    desk.system.close()


def test_an_entry_and_an_exit_end_to_end(desk: Desk) -> None:
    assert desk.book.ready
    desk.wish(Enter(condor(), 2, 1.0, 0.8, 0.7))
    (entry,) = desk.broker.orders
    desk.system.run_for(5)
    desk.tell(desk.broker.fill(entry, 2))
    assert [(h.quantity, h.credit) for h in desk.book.holdings] == [(2, 0.95)]
    desk.wish(Exit(entry, 2, "profit", 0.5, 0.55, then_market=True))
    desk.system.run_for(15)
    first, second = list(desk.broker.orders)[1:]
    assert desk.broker.orders[first].state is OrderState.CANCELLED
    assert desk.broker.orders[second].limit is None
    desk.tell(desk.broker.fill(second, 2, 0.6))
    desk.system.run_for(1)
    assert desk.book.holdings == ()
    assert desk.book.realised == pytest.approx((0.95 - 0.6) * 200 - 8 * 1.1)
    assert desk.ledger.working == ()
    facts = desk.report().facts
    assert (facts["ready"], facts["condors"], facts["unexplained"]) == (True, 0, [])


def test_a_crashed_trader_gives_its_logs_back_and_goes_on(desk: Desk) -> None:
    desk.wish(Enter(condor(), 2, 1.0, 0.5, 0.4))
    (entry,) = desk.broker.orders
    desk.system.tell("trader", object())
    desk.system.run_for(3)
    assert (desk.report().state, desk.report().restarts) == ("running", 1)
    desk.system.run_for(10)
    assert (desk.broker.orders[entry].limit or 1.0) < 0.95
    desk.tell(desk.broker.fill(entry, 2))
    assert desk.book.holdings[0].quantity == 2
    assert desk.broker.faults == []


def test_the_kill_switch_is_seen_within_a_machine_second(desk: Desk) -> None:
    desk.wish(Enter(condor(), 2, 1.0, 0.5, 0.4))
    (entry,) = desk.broker.orders
    halt.write(desk.folder, Halt("drill", at=1.0))
    desk.system.run_for(1.1)
    assert desk.broker.orders[entry].state is OrderState.CANCELLED
    assert "drill" in desk.book.trouble


def test_an_orderly_stop_cancels_entries_and_leaves_exits(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.wish(Enter(condor(), 2, 1.0, 0.8, 0.7))
    (first,) = desk.broker.orders
    desk.tell(desk.broker.fill(first, 2))
    desk.wish(Exit(first, 2, "profit", 0.5, 0.9, then_market=True))
    desk.wish(Enter(condor(201), 2, 1.0, 0.5, 0.4))
    exit_, entry = list(desk.broker.orders)[1:]
    desk.supervisor.stop()
    desk.system.run_for(3)
    assert desk.broker.orders[entry].state is OrderState.CANCELLED
    assert desk.broker.orders[exit_].state is OrderState.WORKING
    assert [tracked.order.order_id for tracked in desk.ledger.working] == [exit_]
    assert desk.report().state == "stopped"
    desk.system.close()
