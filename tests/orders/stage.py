"""A trader on a stage: time stands still until it is moved, and a broker answers that keeps its own book as IB would.

The broker knows orders, executions and positions. A test says what it does with an order: acknowledge, fill, reject,
lose. It checks what must never happen: an order id placed while an order of that id lives or is done.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path
from typing import TypeVar

import structlog

from desk.orders.edge import Boundary, Edge, no_boundary
from desk.orders.encoding import combo
from desk.orders.ladder import Pace
from desk.orders.limits import Limits
from desk.orders.lines import Line, RiskLine
from desk.orders.trader import Settings, Trader
from messages.contract import Bar, Contract, Quote
from messages.data import PositionUpdates, Rungs, Stored
from messages.market import Bars, BarsWanted, Spots, SpotsWanted
from messages.orders import (
    ENDED,
    Action,
    Book,
    CancelOrder,
    Charged,
    Condor,
    Enter,
    Executed,
    Exit,
    Held,
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
    Wish,
    Wishes,
)
from tests.orders.condors import NOW, condor

T = TypeVar("T")
S = OrderState
COMMISSION = 1.1


@dataclass
class AtIb:
    """One order as IB has it."""

    order: Order
    state: OrderState = S.SENT
    limit: float | None = None
    filled: int = 0
    placed: int = 1

    @property
    def alive(self) -> bool:
        return self.state not in ENDED


@dataclass
class FakeBroker:
    """IB behind a broker. `deaf` loses what is sent, `mute` takes orders and says nothing, `silent` answers nothing."""

    now: Callable[[], float]
    orders: dict[str, AtIb] = field(default_factory=dict)
    executed: list[Executed] = field(default_factory=list)
    charged: list[Charged] = field(default_factory=list)
    positions: dict[int, Held] = field(default_factory=dict)
    margin: Margin | None = None
    level: float | None = 2811.0
    price: float = 0.3
    prices: dict[int, float] = field(default_factory=dict)
    stale: float = 0.0
    bars: dict[str, tuple[Bar, ...]] = field(default_factory=dict)
    deaf: bool = False
    mute: bool = False
    silent: bool = False
    up: bool = True
    connection: int = 1
    history: list[object] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    numbers: count[int] = field(default_factory=lambda: count(1))

    def take(self, message: object) -> list[object]:
        """Take one message and give the answers."""
        self.history.append(message)
        match message:
            case PlaceOrder(_, order):
                return self._place(order)
            case ReplaceOrder(_, order_id, limit):
                return self._replace(order_id, limit)
            case CancelOrder(_, order_id):
                return [] if self.deaf or self.mute else self.cancel(order_id)
            case _:
                return [] if self.silent else [self._answer(message)]

    def _answer(self, message: object) -> object:
        match message:
            case MarginWanted(_, correlation, order, _):
                width = order.condor.width * 100 * order.quantity
                margin = self.margin or Margin("", width, width, 1_000_000.0)
                return replace(margin, correlation=correlation)
            case TruthWanted(_, correlation, _, orders):
                return self.truth(correlation, orders=orders)
            case SpotsWanted(_, correlation, contracts):
                return Spots(correlation, tuple(self._quote(contract) for contract in contracts))
            case BarsWanted(_, correlation, contract, what):
                return Bars(correlation, contract, what, self.bars.get(contract.symbol, ()))
        raise AssertionError(message)

    def truth(self, correlation: str, *, orders: bool) -> Truth:
        if not self.up:
            return Truth(correlation, self.connection, self.now(), error="disconnected")
        held = tuple(each for each in self.positions.values() if each.quantity)
        told = tuple(self.told(order_id) for order_id in self.orders) if orders else ()
        executed, charged = (tuple(self.executed), tuple(self.charged)) if orders else ((), ())
        return Truth(correlation, self.connection, self.now(), "DU1", held, told, executed, charged)

    def told(self, order_id: str, state: OrderState | None = None, code: int = 0, text: str = "") -> OrderTold:
        at_ib = self.orders[order_id]
        sign = -1.0 if at_ib.order.action is Action.OPEN else 1.0
        net = None if at_ib.limit is None else sign * at_ib.limit
        left = at_ib.order.quantity - at_ib.filled
        said = state or at_ib.state
        return OrderTold(order_id, said, self.now(), at_ib.filled, left, net, (1,), code, text)

    def fill(self, order_id: str, quantity: int = 1, price: float | None = None) -> list[object]:
        """Fill spreads of an order: the BAG's row, the legs', the status, and the commissions."""
        at_ib = self.orders[order_id]
        order = at_ib.order
        quantity = min(quantity, order.quantity - at_ib.filled)
        if not at_ib.alive or quantity < 1:
            return []
        at_ib.filled += quantity
        at_ib.state = S.FILLED if at_ib.filled == order.quantity else S.WORKING
        paid = price if price is not None else (at_ib.limit if at_ib.limit is not None else 0.5)
        n = next(self.numbers)
        sign = -1.0 if order.action is Action.OPEN else 1.0
        rows = [Executed(order_id, f"f{n}", f"f{n}.1", 1, 0, True, quantity, sign * paid, self.now())]
        for number, leg in enumerate(combo(order.condor, order.action), 2):
            rows.append(
                Executed(order_id, f"f{n}", f"f{n}.{number}", 1, leg.con_id, leg.buy, quantity, 1.0, self.now())
            )
            self._move(order.condor, leg.con_id, quantity if leg.buy else -quantity)
        charges = [Charged(order_id, f"f{n}", row.exec_id, COMMISSION) for row in rows[1:]]
        self.executed += rows
        self.charged += charges
        return [*rows, self.told(order_id), *charges]

    def cancel(self, order_id: str, code: int = 202) -> list[object]:
        at_ib = self.orders.get(order_id)
        if at_ib is None:
            return []
        if at_ib.alive:
            at_ib.state = S.CANCELLED
        return [self.told(order_id, code=code)]

    def reject(self, order_id: str, code: int) -> list[object]:
        self.orders[order_id].state = S.REJECTED
        return [self.told(order_id, code=code, text="rejected")]

    def _place(self, order: Order) -> list[object]:
        known = self.orders.get(order.order_id)
        if known is not None:
            self.faults.append(f"{order.order_id} was placed again while IB had it as {known.state}")
            return []
        if self.deaf:
            return []
        self.orders[order.order_id] = AtIb(order, S.WORKING, order.limit)
        return [] if self.mute else [self.told(order.order_id)]

    def _replace(self, order_id: str, limit: float) -> list[object]:
        at_ib = self.orders.get(order_id)
        if at_ib is None or not at_ib.alive:
            return []
        at_ib.limit = limit
        return [] if self.mute else [self.told(order_id)]

    def _move(self, of: Condor, con_id: int, quantity: int) -> None:
        contract = next(leg for leg in of.legs if leg.con_id == con_id)
        held = self.positions.get(con_id, Held(contract, 0.0))
        self.positions[con_id] = replace(held, quantity=held.quantity + quantity)

    def _quote(self, contract: Contract) -> Quote | None:
        if contract.sec_type == "OPT":
            mid = self.prices.get(contract.con_id, self.price)
            return Quote(contract, self.now() - self.stale, bid=mid - 0.05, ask=mid + 0.05)
        return None if self.level is None else Quote(contract, self.now(), last=self.level)


class Stage:
    """A trader and its surroundings. Messages to the broker are answered at once unless `hold` is set."""

    def __init__(self, folder: Path, *, boundary: Boundary = no_boundary, limits: Limits | None = None) -> None:
        self.folder = folder
        self.now = NOW
        self.told: dict[str, list[object]] = defaultdict(list)
        self.broker = FakeBroker(lambda: self.now)
        self.hold = False
        self.waiting: list[object] = []
        self.queue: list[object] = []
        self._boundary = boundary
        self._limits = limits or Limits(25_000.0, 5_000.0, 6)
        self.strategies = {"dte0": "strategy-dte0", "monthly": "strategy-monthly"}
        self.trader = self._make()

    def _make(self) -> Trader:
        settings = Settings(
            self.folder / "logs", self.folder, Pace(0.05, 5.0, 120.0), self._limits, 30.0, self.strategies
        )
        log = structlog.get_logger()
        return Trader(settings, Edge("trader", lambda: self.now, self._tell, log, self._boundary))

    def start(self) -> Stage:
        """Let the trader reconcile."""
        self.advance(0.0)
        return self

    def restart(self) -> None:
        """Kill the trader and start another from what is on disk."""
        self.trader.close()
        self.waiting.clear()
        self.queue.clear()
        self.trader = self._make()

    def tell(self, *messages: object) -> None:
        """Deliver messages to the trader, and the answers to what it makes of them."""
        self.queue += messages
        while self.queue:
            assert self.trader.receive(self.queue.pop(0))

    def advance(self, seconds: float) -> None:
        """Move time on, waking the trader whenever it has something due."""
        until = self.now + seconds
        for _ in range(10_000):
            if self.trader.due > until:
                break
            self.now = max(self.now, self.trader.due)
            self.trader.wake()
            self.tell()
        else:
            raise AssertionError("the trader finds no rest")
        self.now = until

    def release(self) -> None:
        """Let the broker deal with what was held."""
        self.hold = False
        held, self.waiting = self.waiting, []
        for message in held:
            self.queue += self.broker.take(message)
        self.tell()

    def poll(self) -> None:
        self.trader.poll()
        self.tell()

    def book(self, strategy: str = "dte0") -> Book:
        books = [each for each in self.told[f"strategy-{strategy}"] if isinstance(each, Book)]
        return books[-1]

    def wish(self, *wishes: Wish, strategy: str = "dte0", version: int | None = None, late: float = 5.0) -> None:
        known = self.book(strategy).version if version is None else version
        self.tell(Wishes(f"strategy-{strategy}", strategy, known, self.now + late, tuple(wishes)))

    def enter(
        self,
        quantity: int = 2,
        of: Condor | None = None,
        strategy: str = "dte0",
        limit: float = 1.0,
        worst: float = 0.8,
    ) -> str:
        """Wish for an entry and return its order's id."""
        self.wish(Enter(of or condor(), quantity, limit, worst, 0.7), strategy=strategy)
        return self.placed()[-1].order_id

    def hold_position(self, quantity: int = 2, of: Condor | None = None, strategy: str = "dte0") -> str:
        """Open a position and return its name."""
        order_id = self.enter(quantity, of, strategy)
        self.tell(*self.broker.fill(order_id, quantity))
        return order_id

    def leave(self, position: str, quantity: int = 2, strategy: str = "dte0", **how: object) -> str:
        """Wish for an exit and return its order's id."""
        self.wish(Exit(position, quantity, str(how.pop("reason", "profit")), **how), strategy=strategy)  # type: ignore[arg-type]
        return self.placed()[-1].order_id

    def sent(self, kind: type[T]) -> list[T]:
        """What the broker was told of one kind."""
        return [each for each in self.told["broker"] if isinstance(each, kind)]

    def placed(self) -> list[Order]:
        return [each.order for each in self.sent(PlaceOrder)]

    def lines(self, strategy: str = "dte0") -> list[Line]:
        from desk.orders.journal import read

        return list(read(self.folder / "logs" / strategy))

    def events(self, strategy: str = "dte0") -> list[str]:
        """The names of a log's lines, executions of legs left out."""
        names = []
        for line in self.lines(strategy):
            row = getattr(line, "row", None)
            if row is None or row.con_id == 0:
                names.append(type(line).__name__.removesuffix("Line").upper())
        return names

    def vetoes(self, strategy: str = "dte0") -> list[str]:
        return [veto.name for veto in self.book(strategy).refused]

    def drop_session(self, reason: str = "1100") -> None:
        self.broker.up = False
        self.tell(SessionTold(up=False, connection=self.broker.connection, reason=reason))

    def restore_session(self) -> None:
        self.broker.up = True
        self.broker.connection += 1
        self.tell(SessionTold(up=True, connection=self.broker.connection))
        self.advance(0.0)

    def _tell(self, to: str, message: object) -> None:
        self.told[to].append(message)
        if to == "persistence":
            assert isinstance(message, Rungs | PositionUpdates)
            self.queue.append(Stored(message.correlation, 1))
        elif to == "broker":
            if self.hold:
                self.waiting.append(message)
            else:
                self.queue += self.broker.take(message)


def risks(lines: list[Line]) -> list[tuple[str, bool]]:
    return [(line.breach.line, line.breach.active) for line in lines if isinstance(line, RiskLine)]
