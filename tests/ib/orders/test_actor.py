"""The broker as an actor: who hears of orders, and what a crash leaves behind."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import pytest

from actors.broker import BrokerActor
from desk.clock import LoopTimers
from desk.config import model
from desk.config.model import Supervision
from desk.gateway.server import Gateway
from desk.gateway.settings import Settings
from desk.ib.broker import Broker, Trades
from desk.runtime.actor import Actor, Context
from desk.runtime.child import ChildSpec
from desk.runtime.simulation import SimulatedSystem
from desk.runtime.supervision import Supervisor
from messages.orders import (
    Action,
    CancelOrder,
    Margin,
    MarginWanted,
    Order,
    OrderState,
    OrderTold,
    PlaceOrder,
    ReplaceOrder,
    SessionTold,
    Truth,
    TruthWanted,
)
from tests.gateway.market import START
from tests.ib.orders.stage import PORT, Hilly, condor

S = OrderState


class Trader(Actor):
    """Keeps what it hears."""

    def __init__(self, context: Context, heard: list[Any]) -> None:
        super().__init__(context)
        self.heard = heard

    def receive(self, message: object) -> object:
        self.heard.append(message)
        return None


@dataclass
class Desk:
    system: SimulatedSystem
    gateway: Gateway
    heard: list[Any]
    order: Order

    def tell(self, message: object, seconds: float = 10.0) -> None:
        self.system.tell("broker", message)
        self.system.run_for(seconds)

    def states(self) -> list[OrderState]:
        return [told.state for told in self.heard if isinstance(told, OrderTold)]

    def last(self, kind: type) -> Any:
        return [told for told in self.heard if isinstance(told, kind)][-1]


def desk(tmp_path: Path, *, trades: bool = True) -> Iterator[Desk]:
    system = SimulatedSystem(START, Supervision(), 1)
    market = Hilly()
    gateway = Gateway(Settings(), market, system.clock, Random(1))
    system.loop.call_soon(gateway.open)
    system.run_for(0.0)
    system.loop.serve("127.0.0.1", PORT, gateway.accept)
    heard: list[Any] = []
    known = Trades(model.Trading(), tmp_path) if trades else None

    def connect(timers: LoopTimers, say: Any) -> Broker:
        return Broker(model.Broker(), "127.0.0.1", PORT, timers, Random(1), say=say, trades=known)

    supervisor = Supervisor(system)
    supervisor.start(
        [
            ChildSpec("broker", lambda context: BrokerActor(context, connect, "trader"), kind="asyncio"),
            ChildSpec("trader", lambda context: Trader(context, heard)),
        ]
    )
    system.run_for(10.0)
    listed = [each.contract for each in gateway.context.book.chain("SPX", system.clock.time())["20190517"]]
    name = "desk-20190513T100000-1"
    order = Order(name, "s", name, Action.OPEN, condor(listed), 1, 3.0, 3.0, "test", 0.0)
    try:
        yield Desk(system, gateway, heard, order)
        supervisor.stop()
        system.run_for(60.0)
    finally:
        system.close()


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Desk]:
    yield from desk(tmp_path)


@pytest.fixture
def collecting(tmp_path: Path) -> Iterator[Desk]:
    yield from desk(tmp_path, trades=False)


def test_the_trader_hears_of_the_session_and_of_its_orders(made: Desk) -> None:
    assert made.last(SessionTold).up
    made.tell(PlaceOrder("trader", made.order))
    assert made.states()[-1] is S.FILLED
    made.tell(ReplaceOrder("trader", made.order.order_id, 2.0))
    made.tell(CancelOrder("trader", made.order.order_id))
    assert made.states()[-1] is S.FILLED
    deadline = made.system.clock.time() + 10
    made.tell(TruthWanted("trader", "t", deadline, orders=True))
    assert len(made.last(Truth).positions) == 4
    made.tell(MarginWanted("trader", "m", made.order, deadline + 10))
    assert made.last(Margin).error == ""


def test_a_crash_makes_what_is_under_way_unknown_and_answers_what_was_asked(made: Desk) -> None:
    made.system.tell("broker", PlaceOrder("trader", made.order))
    made.system.tell("broker", TruthWanted("trader", "t", made.system.clock.time() + 60, orders=True))
    made.system.tell("broker", object())
    made.system.run_for(0.001)
    assert made.states()[-1] is S.UNKNOWN
    assert made.last(Truth).error
    assert not made.last(SessionTold).up
    made.system.run_for(30.0)
    assert made.last(SessionTold).up


def test_a_desk_without_trading_refuses(collecting: Desk) -> None:
    collecting.tell(PlaceOrder("trader", collecting.order))
    assert (collecting.states(), collecting.last(OrderTold).text) == ([S.REJECTED], "this desk sends no orders")
    collecting.tell(CancelOrder("trader", collecting.order.order_id))
    deadline = collecting.system.clock.time() + 60
    collecting.tell(TruthWanted("trader", "t", deadline))
    assert "no orders" in collecting.last(Truth).error
    collecting.tell(MarginWanted("trader", "m", collecting.order, deadline))
    assert "no orders" in collecting.last(Margin).error
