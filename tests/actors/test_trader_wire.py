"""The trader with the real broker, the real ib_async and the paper gateway, on one virtual loop."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest

from actors.broker import BrokerActor
from actors.trader import TraderActor
from desk.clock import LoopTimers
from desk.config import model
from desk.config.model import Supervision
from desk.gateway.faults.text import parse
from desk.gateway.server import Gateway
from desk.gateway.settings import Settings as GatewaySettings
from desk.ib.broker import Broker, Trades
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
from messages.data import PositionUpdates, Rung, Rungs, Stored
from messages.orders import Book, Condor, Enter, Exit, Veto, Wish, Wishes
from tests.gateway.market import START
from tests.ib.orders.stage import MID, NATURAL, PORT, Hilly, condor


class Strategy(Actor):
    """Keeps the books that it is shown."""

    def __init__(self, context: Context, books: list[Book]) -> None:
        super().__init__(context)
        self._books = books

    def receive(self, message: object) -> object:
        assert isinstance(message, Book)
        self._books.append(message)
        return None


class Persistence(Actor):
    """Acknowledges what it is told."""

    def __init__(self, context: Context, got: list[Any]) -> None:
        super().__init__(context)
        self._got = got

    def receive(self, message: object) -> object:
        assert isinstance(message, Rungs | PositionUpdates)
        self._got.append(message)
        self.context.tell(message.reply_to, Stored(message.correlation, 1))
        return None


class Desk:
    """Trader, broker and gateway; the strategy is the test."""

    def __init__(self, folder: Path, **gateway: Any) -> None:
        self.folder = folder
        self.system = SimulatedSystem(START, Supervision(), 1)
        self.supervisor = Supervisor(self.system)
        self.market = Hilly()
        settings = GatewaySettings(**{"improvement": 0.0, **gateway})
        self.gateway = Gateway(settings, self.market, self.system.clock, Random(1))
        self.system.loop.call_soon(self.gateway.open)
        self.system.run_for(0.0)
        self.system.loop.serve("127.0.0.1", PORT, self.gateway.accept)
        self.books: list[Book] = []
        self.stored: list[Any] = []
        limits = Limits(25_000.0, 5_000.0, 6)
        mine = Settings(folder / "logs", folder, Pace(0.05, 5.0, 120.0), limits, 30.0, {"s": "strategy-s"})

        def connect(timers: LoopTimers, say: Any) -> Broker:
            trades = Trades(model.Trading(), folder)
            return Broker(model.Broker(), "127.0.0.1", PORT, timers, Random(1), say=say, trades=trades)

        self.supervisor.start(
            [
                ChildSpec("persistence", lambda context: Persistence(context, self.stored)),
                ChildSpec("broker", lambda context: BrokerActor(context, connect, "trader"), kind="asyncio"),
                ChildSpec("trader", lambda context: TraderActor(context, mine)),
                ChildSpec("strategy-s", lambda context: Strategy(context, self.books)),
            ]
        )
        self.run(15.0)

    @property
    def book(self) -> Book:
        return self.books[-1]

    @property
    def ledger(self) -> Ledger:
        return Ledger.of("s", read(self.folder / "logs" / "s"))

    @property
    def facts(self) -> dict[str, Any]:
        return next(each for each in self.system.reports() if each.name == "trader").facts

    def condor(self) -> Condor:
        listed = self.gateway.context.book.chain("SPX", self.system.clock.time())["20190517"]
        return condor([each.contract for each in listed])

    def run(self, seconds: float) -> None:
        self.system.run_for(seconds)

    def wish(self, *wishes: Wish, seconds: float = 10.0) -> None:
        now = self.system.clock.time()
        self.system.tell("trader", Wishes("strategy-s", "s", self.book.version, now + 5, wishes))
        self.run(seconds)

    def arm(self, text: str) -> None:
        self.system.loop.call_soon(self.gateway.faults.arm, parse(text))

    def rungs(self) -> list[Rung]:
        return [rung for each in self.stored if isinstance(each, Rungs) for rung in each.rungs]

    def held(self) -> dict[int, float]:
        """The gateway's own book."""
        assert self.gateway._trading is not None
        ledger = self.gateway._trading.exchange.blotter.ledger
        return {each.contract.con_id: each.quantity for each in ledger.held()}

    def agree(self) -> None:
        """Check that the ledger is what the gateway holds."""
        ours = {con_id: float(leg.quantity) for con_id, leg in self.ledger.legs().items()}
        assert ours == self.held()
        assert self.facts["unexplained"] == []


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    desk = Desk(tmp_path)
    yield desk
    desk.supervisor.stop()
    desk.run(60)
    desk.system.close()


def test_a_condor_is_opened_by_walking_to_the_market_and_closed_at_market(desk: Desk) -> None:
    assert desk.book.ready
    desk.wish(Enter(desk.condor(), 2, MID, NATURAL - 0.2, NATURAL), seconds=60)
    (holding,) = desk.book.holdings
    assert holding.quantity == 2
    assert NATURAL - 0.05 <= holding.credit < MID
    rungs = desk.rungs()
    assert [rung.rung for rung in rungs] == list(range(len(rungs)))
    assert all(quote.two_sided for rung in rungs for quote in rung.legs)
    desk.agree()
    desk.wish(Exit(holding.position, 2, "stop"), seconds=20)
    assert desk.book.holdings == ()
    assert desk.book.realised < 0
    assert desk.ledger.working == ()
    assert all(tracked.fills for tracked in desk.ledger.orders.values())
    desk.agree()


def test_a_patient_exit_that_finds_nobody_goes_to_market(desk: Desk) -> None:
    desk.wish(Enter(desk.condor(), 1, NATURAL, NATURAL, NATURAL), seconds=10)
    (holding,) = desk.book.holdings
    desk.wish(Exit(holding.position, 1, "profit", 1.0, 1.1, then_market=True), seconds=60)
    assert desk.book.holdings == ()
    assert len(desk.ledger.orders) == 3
    desk.agree()


@pytest.mark.parametrize(
    "fault",
    [
        "lost-placement times=1",
        "lost-acknowledgement times=1",
        "swallowed times=1",
        "late-placement seconds=12 times=1",
        "drop on=placeOrder nth=2 times=1",
        "drop on=placeOrder nth=2 times=1 handled=yes",
        "lost-fills lasts=30",
        "late-execution seconds=7",
        "late-status seconds=7",
        "no-commission",
        "repeated-status copies=3",
        "lost-cancel times=1",
        "correction by=0.01",
        "tif-preset",
        "thin size=1",
    ],
)
def test_an_entry_under_faults_ends_in_a_ledger_that_is_what_ib_holds(desk: Desk, fault: str) -> None:
    desk.arm(fault)  # the what-if is the first placeOrder
    desk.wish(Enter(desk.condor(), 2, NATURAL, NATURAL - 0.1, NATURAL), seconds=240)
    assert [working.state for working in desk.book.working] == []
    assert desk.book.ready
    desk.agree()
    for holding in desk.book.holdings:
        desk.wish(Exit(holding.position, holding.quantity, "stop"), seconds=60)
    assert desk.book.holdings == ()
    desk.agree()


def test_an_outage_in_the_middle_of_a_ladder_loses_nothing(desk: Desk) -> None:
    desk.wish(Enter(desk.condor(), 2, MID, NATURAL - 0.1, NATURAL), seconds=7)
    desk.arm("outage lasts=30")
    desk.run(10)
    assert not desk.book.ready
    desk.run(200)
    assert desk.book.ready
    assert desk.book.working == ()
    desk.agree()


def test_a_crashed_broker_and_a_crashed_trader_take_up_again(desk: Desk) -> None:
    desk.wish(Enter(desk.condor(), 2, MID, NATURAL - 0.1, NATURAL), seconds=7)
    desk.system.tell("broker", object())
    desk.run(3)
    desk.system.tell("trader", object())
    desk.run(200)
    assert desk.book.ready
    assert [holding.quantity for holding in desk.book.holdings] == [2]
    desk.agree()


def test_the_kill_switch_cancels_what_works_and_flattens_what_is_held(desk: Desk) -> None:
    desk.wish(Enter(desk.condor(), 1, NATURAL, NATURAL, NATURAL), seconds=10)
    desk.wish(Enter(desk.condor(), 1, MID + 1, MID + 1, NATURAL), seconds=2)
    halt.write(desk.folder, Halt("drill", flatten=True, at=1.0))
    desk.run(30)
    assert (desk.book.working, desk.book.holdings) == ((), ())
    desk.wish(Enter(desk.condor(), 1, NATURAL, NATURAL, NATURAL))
    assert [veto.name for veto in desk.book.refused] == ["halted"]
    desk.agree()


def test_an_account_that_cannot_carry_it_refuses_the_entry(tmp_path: Path) -> None:
    desk = Desk(tmp_path, cash=500.0)
    desk.wish(Enter(desk.condor(), 1, NATURAL, NATURAL, NATURAL))
    refused: tuple[Veto, ...] = desk.book.refused
    assert [veto.name for veto in refused] == ["margin"]
    assert desk.ledger.orders == {}
    desk.supervisor.stop()
    desk.run(60)
    desk.system.close()
