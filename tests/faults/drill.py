"""A small desk to drill faults on: the real one in virtual time, the gateway's own book, and the logs beside it."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

from actors.trader import TraderActor
from commands.compose import Endpoint, Folders, children
from commands.crash import check
from commands.crash import logs as trades
from commands.crash.book import Book, Entry, Fill, short
from commands.crash.check import Violation
from commands.crash.logs import Logs
from commands.virtual import PORT, VirtualDesk, virtual
from desk.clock import Clock
from desk.config.model import Config, Limits, Strategy, Trading
from desk.gateway.exchange.blotter import Blotter
from desk.gateway.exchange.model import Order
from desk.gateway.faults import kinds
from desk.gateway.faults.text import parse
from desk.orders import halt, journal
from desk.orders.halt import Halt
from desk.orders.lines import Line
from desk.orders.trader import Trader
from desk.runtime.supervision import Supervisor
from strategies import registry
from tests.acceptance.simulated import DAY, shipped
from tests.faults.pilot import Closing, Command, Opening, Pilot

ONE, TWO = "one", "two"
NEVER = 0.05
"""A debit for which nothing closes, and a credit for which everything opens."""
ANY = 9.0
"""The other way round, on wings of 10 points."""
_ROOM = Limits(max_open_risk=1_000_000.0, max_daily_loss=1_000_000.0, max_condors=100)
_ON_ITS_WAY = 1.0
"""Market seconds in which all rows of a fill arrive."""
_MANY = 1000
"""More condors at once than a drill has: what is too many, each says itself."""


@dataclass(frozen=True, slots=True)
class Sent:
    """A message of the desk's on the wire: when (market time), IB's name for it, and its fields."""

    at: float
    kind: str
    fields: tuple[str, ...]


class Wire:
    """Reads along what the desk sends."""

    def __init__(self) -> None:
        self.sent: list[Sent] = []
        self.clock: Clock | None = None

    def tap(self, protocol: asyncio.Protocol) -> None:
        """Read along on the gateway's side of a connection."""
        read, buffer = protocol.data_received, b""

        def received(data: bytes) -> None:
            nonlocal buffer
            buffer = (buffer + data).removeprefix(b"API\0")
            while len(buffer) >= 4 and len(buffer) >= (end := 4 + int.from_bytes(buffer[:4])):
                self._hear(tuple(buffer[4:end].decode().split("\0")))
                buffer = buffer[end:]
            read(data)

        protocol.data_received = received  # type: ignore[method-assign]  # a tap on the wire

    def _hear(self, fields: tuple[str, ...]) -> None:
        assert self.clock is not None
        self.sent.append(Sent(self.clock.time(), kinds.REQUESTS.get(fields[0], ""), fields))


class Drill:
    """A running desk with pilots for strategies. Times are market seconds."""

    def __init__(self, desk: VirtualDesk, wire: Wire) -> None:
        self.desk, self.wire = desk, wire
        self.supervisor = desk.supervisor

    # ---- What a test does --------------------------------------------------------------------------------------------

    def enter(
        self, quantity: int = 1, limit: float = NEVER, worst: float | None = None, distance: float = 10.0, by: str = ONE
    ) -> None:
        """Have a pilot open condors; at the least credit unless told otherwise, so that they fill."""
        self.command(Opening(quantity, limit, limit if worst is None else worst, distance), by)

    def exit(
        self,
        quantity: int | None = None,
        limit: float | None = None,
        worst: float | None = None,
        *,
        then_market: bool = False,
        copies: int = 1,
        by: str = ONE,
    ) -> None:
        """Have a pilot close what it holds; at market unless told otherwise."""
        self.command(Closing(quantity, limit, limit if worst is None else worst, then_market, copies), by)

    def command(self, command: Command, by: str = ONE) -> None:
        """Have a pilot do something at its next poll."""
        Pilot.commands[by].append(command)

    def open(self, quantity: int = 1, distance: float = 10.0, by: str = ONE) -> None:
        """Have a pilot open condors, and wait until they are its own."""
        before = self.quantity(by)
        self.enter(quantity, distance=distance, by=by)
        self.until(lambda: self.quantity(by) == before + quantity and self.ended)
        self.pass_by(_ON_ITS_WAY)

    def arm(self, *faults: str) -> None:
        """Arm faults of the gateway, in words."""
        for fault in faults:
            self._on_the_loop(partial(self.desk.gateway.faults.arm, parse(fault)))

    def clear(self) -> None:
        """Take all faults back."""
        self._on_the_loop(self.desk.gateway.faults.clear)

    def until(self, found: Callable[[], bool], seconds: float = 60.0) -> None:
        """Run until something holds, which must be within so many seconds."""
        self.desk.system.run_until(self.now + seconds, found)
        assert found(), f"not within {seconds:g} s"

    def always(self, holds: Callable[[], bool], seconds: float = 60.0) -> None:
        """Run for so many seconds, in which something must hold at every moment."""
        self.desk.system.run_until(self.now + seconds, lambda: not holds())
        assert holds(), "it does not hold any more"

    def pass_by(self, seconds: float) -> None:
        """Let time pass."""
        self.desk.system.run_for(seconds)

    def throw(self, *, flatten: bool = False) -> None:
        """Throw the kill switch, as another shell does."""
        halt.write(self.desk.folder, Halt("drill", flatten=flatten, at=self.now))

    def restart(self) -> None:
        """Stop the desk in order and start another beside the same gateway, from what is on disk."""
        self.stop()
        self.supervisor = Supervisor(self.desk.system)
        folders = Folders(self.desk.folder / "logs", self.desk.folder)
        endpoint = Endpoint(self.desk.config.gateway.host, PORT)
        self.supervisor.start(children(self.desk.config, self.desk.folder / "lake", endpoint, folders))
        self.until(lambda: self.ready)

    def stop(self) -> None:
        """Stop the desk in order."""
        self.supervisor.stop()
        self.until(self.supervisor.ended.is_set, 300.0)

    def _on_the_loop(self, action: Callable[[], object]) -> None:
        self.desk.system.loop.call_soon(action)
        self.desk.system.run_for(0.0)

    # ---- What the gateway has ----------------------------------------------------------------------------------------

    @property
    def now(self) -> float:
        return self.desk.system.clock.time()

    @property
    def blotter(self) -> Blotter:
        trading = self.desk.gateway._trading
        assert trading is not None
        return trading.exchange.blotter

    @property
    def orders(self) -> list[Order]:
        """All orders that have reached the exchange, in the order of their coming."""
        return list(self.blotter.orders.values())

    @property
    def entries(self) -> list[Order]:
        """Those that open: they are bought at a negative price."""
        return [order for order in self.orders if order.request.limit is not None and order.request.limit < 0]

    @property
    def exits(self) -> list[Order]:
        """Those that close."""
        return [order for order in self.orders if order not in self.entries]

    @property
    def held(self) -> dict[int, float]:
        """The account's positions by conId."""
        return self.desk.gateway.held()

    @property
    def book(self) -> Book:
        """The gateway's book as the crash matrix compares it with the logs."""
        orders = tuple(
            Entry(o.request.order_ref, o.perm_id, *o.key, o.created, o.status, o.filled) for o in self.orders
        )
        charges = sum(done.commission.amount for done in self.blotter.executions if done.commission)
        fills = []
        for row in (done.execution for done in self.blotter.executions):
            con_id = 0 if row.contract.sec_type == "BAG" else row.contract.con_id
            signed = row.shares if row.side == "BOT" else -row.shares
            price = row.price if con_id else abs(row.price)
            fills.append(Fill(short(row.exec_id), row.order_ref, con_id, signed, price))
        return Book(orders, tuple(fills), commissions=round(charges, 6))

    def sent(self, kind: str, since: float = 0.0) -> list[Sent]:
        """What the desk has sent of one kind since a market time."""
        return [each for each in self.wire.sent if each.kind == kind and each.at >= since]

    # ---- What the desk has -------------------------------------------------------------------------------------------

    @property
    def logs(self) -> Logs:
        """The trade logs, read raw."""
        return trades.read(self.desk.folder / "logs")

    def lines(self, of: str = ONE) -> Sequence[Line]:
        """One pilot's log, read back."""
        return journal.read(self.desk.folder / "logs" / of)

    @property
    def trader(self) -> Trader:
        """The trader of this life: reports are as old as the last look at them."""
        life = self.desk.system.children["trader"].life
        assert life is not None
        assert isinstance(life._actor, TraderActor)
        return life._actor.trader

    @property
    def health(self) -> dict[str, Any]:
        """What the trader says of itself."""
        return self.trader.facts()

    @property
    def ready(self) -> bool:
        """Whether the trader may trade."""
        child = self.desk.system.children["trader"]
        return child.life is not None and child.life._actor is not None and self.trader.able

    @property
    def unexplained(self) -> list[str]:
        """What the trader cannot explain of IB's positions and executions."""
        return list(self.health["unexplained"])

    @property
    def ended(self) -> bool:
        """Whether every order in the logs has its end."""
        return self.logs.open == 0

    def quantity(self, of: str = ONE) -> int:
        """Spreads that a pilot holds by the trader's word."""
        return sum(each.quantity for each in self.trader.accounts[of].ledger.holdings)


@contextmanager
def drilled(
    folder: Path,
    *faults: str,
    pilots: Sequence[str] = (ONE,),
    trading: Trading | None = None,
    limits: Limits = _ROOM,
    start: str = "09:45",
    day: date = DAY,
    ready: bool = True,
    change: Callable[[Config], Config] = lambda config: config,
) -> Iterator[Drill]:
    """Start a desk of pilots on the gateway's market, with these faults armed, and run until it may trade."""
    wire = Wire()
    config = change(_config(faults, pilots, trading, limits, day))
    with _registered(pilots), virtual(config, folder, start, accepted=wire.tap) as desk:
        wire.clock = desk.system.clock
        drill = Drill(desk, wire)
        if ready:
            drill.until(lambda: drill.ready)
        yield drill
        drill.clear()
        drill.stop()


def agree(drill: Drill) -> None:
    """The gateway's book and the logs tell one story: no order twice, no fill lost or invented, positions explained."""
    drill.pass_by(_ON_ITS_WAY)
    book, logs = drill.book, drill.logs
    found = [*check.always(book, logs, most=_MANY), *check.recovered(book, logs), *check.real(book, logs)]
    _none(found)
    assert book.positions == drill.held, f"executions make {book.positions}, the account holds {drill.held}"
    assert logs.positions == drill.held, f"the ledgers have {logs.positions}, the account holds {drill.held}"
    assert drill.unexplained == [], f"not explained: {drill.unexplained}"


def at_rest(drill: Drill) -> None:
    """Besides, everything has ended: orders with their fills and commissions, positions flat."""
    agree(drill)
    _none(check.at_rest(drill.book, drill.logs, halted=float("inf")))


def _none(found: Sequence[Violation]) -> None:
    assert not found, "; ".join(f"{each.kind}: {each.text}" for each in found)


def _config(faults: Sequence[str], pilots: Sequence[str], trading: Trading | None, limits: Limits, day: date) -> Config:
    config = shipped(collectors=(), futures=(), limits=limits, trading=trading or Trading())
    return config.model_copy(
        update={
            "clock": config.clock.model_copy(update={"day": day}),
            "gateway": config.gateway.model_copy(update={"faults": tuple(faults)}),
            "persistence": config.persistence.model_copy(update={"housekeeping": False, "commit_every": 30.0}),
            "strategies": tuple(Strategy(name=Pilot.name, id=each, params={"pilot": each}) for each in pilots),
        }
    )


@contextmanager
def _registered(pilots: Sequence[str]) -> Iterator[None]:
    """Have the registry know the pilot meanwhile only: it is no strategy of the desk's."""
    registry.strategies()
    Pilot.commands = {each: deque() for each in pilots}
    registry._CLASSES[Pilot.name] = Pilot
    try:
        yield
    finally:
        del registry._CLASSES[Pilot.name]
