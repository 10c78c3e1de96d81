"""A broker that takes orders, at the paper gateway, on one virtual loop: exact, and the same each time."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random
from typing import Any, TypeVar

import numpy as np

from desk.clock import LoopTimers
from desk.config import model
from desk.gateway.faults.text import parse
from desk.gateway.server import Gateway
from desk.gateway.settings import Settings
from desk.gateway.source import Quotes
from desk.ib.broker import Broker, Trades
from desk.ib.orders.orders import Orders
from desk.orders.encoding import combo_tick
from desk.runtime.simulation import VirtualClock, VirtualLoop
from messages.contract import Contract
from messages.market import Priority
from messages.orders import (
    Action,
    Charged,
    Condor,
    Executed,
    Margin,
    MarginWanted,
    Order,
    OrderState,
    OrderTold,
    SessionTold,
    Truth,
    TruthWanted,
)
from tests.acceptance.simulated import Tap
from tests.gateway.market import START, Market

T = TypeVar("T")
PORT = 4002
PLACE, CANCEL = 3, 4
"""Ids of the messages on the wire."""
STRIKES = (2790.0, 2770.0, 2850.0, 2870.0)
"""Short put, long put, short call, long call."""
MID, NATURAL = 4.0, 3.6
"""What the condor pays in `Hilly` at mid, and with each leg 0.10 off its mid."""


@dataclass
class Hilly(Market):
    """Options are dearest at the money, so that condors pay; `scale` times as much when a test moves the market."""

    scale: float = 1.0

    def quotes(self, contracts: Sequence[Contract], at: float) -> Quotes:
        found = super().quotes(contracts, at)
        option = np.array([c.sec_type == "OPT" for c in contracts])
        away = np.abs(found.underlying - np.array([c.strike for c in contracts]))
        mid = np.where(option, np.maximum(0.5, 12.0 - away / 10) * self.scale, found.ask - 0.1)
        return replace(found, bid=np.round(mid - 0.1, 2), ask=np.round(mid + 0.1, 2))


@dataclass
class Bench:
    """A desk's broker, and everything that it has told of orders."""

    gateway: Gateway
    market: Hilly
    loop: VirtualLoop
    clock: VirtualClock
    timers: LoopTimers
    root: Path
    taps: list[Tap]
    broker: Broker
    told: list[object] = field(default_factory=list)
    number: int = 0
    condor: Condor | None = None

    @property
    def orders(self) -> Orders:
        assert self.broker.orders is not None
        return self.broker.orders

    async def sleep(self, seconds: float) -> None:
        await self.timers.sleep(seconds)

    def arm(self, text: str) -> int:
        return self.gateway.faults.arm(parse(text))

    def order(self, action: Action = Action.OPEN, limit: float | None = 1.0, quantity: int = 1, **terms: Any) -> Order:
        self.number += 1
        name = f"desk-20190513T100000-{self.number}"
        assert self.condor is not None
        return Order(name, "s", name, action, self.condor, quantity, limit, limit, "test", self.clock.time(), **terms)

    def place(self, order: Order) -> str:
        self.orders.place(order)
        return order.order_id

    def states(self, order_id: str) -> list[OrderState]:
        """The states told, one after the other, without repetition."""
        states = [told.state for told in self.of(OrderTold) if told.order_id == order_id]
        return [state for n, state in enumerate(states) if n == 0 or states[n - 1] is not state]

    def last(self, order_id: str) -> OrderTold:
        return [told for told in self.of(OrderTold) if told.order_id == order_id][-1]

    def of(self, kind: type[T]) -> list[T]:
        return [told for told in self.told if isinstance(told, kind)]

    def rows(self, order_id: str) -> list[Executed]:
        return [row for row in self.of(Executed) if row.order_id == order_id]

    def costs(self, order_id: str) -> list[Charged]:
        return [cost for cost in self.of(Charged) if cost.order_id == order_id]

    def sent(self, message: int = PLACE) -> int:
        """Messages of a kind that have reached the gateway, over all connections."""
        return sum(tap.ids.count(message) for tap in self.taps)

    def up(self) -> list[bool]:
        return [told.up for told in self.of(SessionTold)]

    async def truth(self, *, orders: bool = True, seconds: float = 20.0) -> Truth:
        wanted = TruthWanted("trader", "t", self.clock.time() + seconds, orders=orders)
        return await self.broker.truth(wanted)

    async def margin(self, order: Order, seconds: float = 20.0) -> Margin:
        return await self.broker.margin(MarginWanted("trader", "m", order, self.clock.time() + seconds))

    def close(self) -> None:
        """Let the gateway end the connection."""
        for client in list(self.gateway._clients):
            client.close()

    async def find(self) -> None:
        """Look the condor's legs up."""
        found = await self.broker._contracts.listing(
            Contract("SPX", "IND", "CBOE"), "20190517", "SPXW", Priority.ENTRY, self.clock.time() + 20
        )
        self.condor = condor(found)
        assert combo_tick(self.condor) == 0.05


def condor(listed: Sequence[Contract], strikes: Sequence[float] = STRIKES) -> Condor:
    def leg(strike: float, right: str) -> Contract:
        return next(each for each in listed if (each.strike, each.right) == (strike, right))

    return Condor(*(leg(strike, right) for strike, right in zip(strikes, "PPCC", strict=True)))


class Stage:
    """Where a scenario plays."""

    def __init__(self, loop: VirtualLoop, root: Path) -> None:
        self.loop = loop
        self.root = root
        self.clock = VirtualClock(loop, START)
        self.taps: list[Tap] = []

    def open(self, *faults: str, **settings: Any) -> tuple[Gateway, Hilly]:
        market = Hilly()
        gateway = Gateway(Settings(**{"improvement": 0.0, **settings}), market, self.clock, Random(1))
        gateway.open()
        for fault in faults:
            gateway.faults.arm(parse(fault))

        def accept() -> asyncio.Protocol:
            protocol = gateway.accept()
            self.taps.append(Tap(protocol))
            return protocol

        self.loop.serve("127.0.0.1", PORT, accept)
        return gateway, market

    @asynccontextmanager
    async def desk(
        self,
        there: tuple[Gateway, Hilly] | None = None,
        trading: dict[str, Any] | None = None,
        *,
        ready: bool = True,
        **broker: Any,
    ) -> AsyncIterator[Bench]:
        gateway, market = there or self.open()
        timers = LoopTimers(self.clock, self.loop)
        told: list[object] = []
        settings = model.Broker(**{"reconnect_longest": 2.0, **broker})
        trades = Trades(model.Trading(**(trading or {})), self.root)
        made = Broker(settings, "127.0.0.1", PORT, timers, Random(1), say=told.append, trades=trades)
        running = asyncio.ensure_future(made.run())
        bench = Bench(gateway, market, self.loop, self.clock, timers, self.root, self.taps, made, told)
        try:
            if ready:
                while not bench.up():
                    await bench.sleep(0.1)
                await bench.find()
            yield bench
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
            await made.close()
            timers.close()


def play(scenario: Callable[[Stage], Awaitable[T]]) -> T:
    loop = VirtualLoop()
    with tempfile.TemporaryDirectory() as folder:
        try:
            task = loop.create_task(_scene(scenario, Stage(loop, Path(folder))))
            loop.run_to(enough=task.done)
            return task.result()
        finally:
            loop.close()


async def _scene(scenario: Callable[[Stage], Awaitable[T]], stage: Stage) -> T:
    return await scenario(stage)
