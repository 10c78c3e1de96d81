"""What the lake learns of orders and positions: every rung and every mark, with the legs' quotes of that moment."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import count

from desk.orders.edge import BROKER, PERSISTENCE, Edge
from desk.orders.execution import Execution
from messages.contract import Contract, Quote
from messages.data import PositionMark, PositionUpdates, Rung, Rungs, Stored
from messages.market import Priority, Spots, SpotsWanted
from messages.orders import Action, Executed, Holding, Order

_ANSWER = 10.0
"""Market seconds that the broker has for the quotes of four legs."""
_KEPT = 10_000
"""Messages kept for persistence at most while it does not acknowledge."""
_SIGNS = -1.0, 1.0, -1.0, 1.0
"""Of an open condor's legs: short put, long put, short call, long call."""

Legs = tuple[Quote, Quote, Quote, Quote]


@dataclass(frozen=True, slots=True)
class _Asked:
    legs: tuple[Contract, Contract, Contract, Contract]
    until: float
    made: Callable[[Legs], Rungs | PositionUpdates]


class Recorder:
    """Asks for quotes, and hands what they complete to persistence until it is acknowledged.

    `quotes` has the newest quote of each leg by conId.
    """

    def __init__(self, edge: Edge) -> None:
        self.quotes: dict[int, Quote] = {}
        self._edge = edge
        self._asked: dict[str, _Asked] = {}
        self._handed: dict[str, Rungs | PositionUpdates] = {}
        self._overdue: set[str] = set()
        self._numbers = count(1)

    @property
    def due(self) -> float:
        """When the broker's time for the oldest question is over."""
        return min((asked.until for asked in self._asked.values()), default=float("inf"))

    def learn(self, quotes: Iterable[Quote]) -> None:
        """Remember quotes of contracts that have a conId."""
        for quote in quotes:
            known = self.quotes.get(quote.contract.con_id)
            if quote.contract.con_id and (known is None or known.received <= quote.received):
                self.quotes[quote.contract.con_id] = quote

    def rung(self, e: Execution, given: Iterable[Quote] = ()) -> None:
        """Record the limit that an order has just been given, with the quotes `given`, or else with those of now."""
        order, number, at, left, limit = e.order, e.rung, self._edge.now(), e.remaining, e.limit

        def made(legs: Legs) -> Rungs:
            rung = Rung(
                order.order_id,
                order.strategy,
                order.position,
                order.action.value,
                order.reason,
                number,
                at,
                left,
                limit,
                legs,
            )
            return Rungs(self._edge.name, f"rung {order.order_id} {number}", (rung,))

        by_id = {quote.contract.con_id: quote for quote in given}
        if all(leg.con_id in by_id for leg in order.condor.legs):
            self._hand(made(_legs(order.condor.legs, by_id)))
        else:
            self._ask(order.condor.legs, made)

    def mark(self, strategy: str, holding: Holding) -> None:
        """Record what a position is worth now."""

        def made(legs: Legs) -> PositionUpdates:
            now = self._edge.now()
            marks = tuple(
                PositionMark(strategy, holding.position, "mark", now, sign * holding.quantity, quote)
                for sign, quote in zip(_SIGNS, legs, strict=True)
            )
            return self._updates(marks)

        self._ask(holding.condor.legs, made)

    def moved(self, order: Order, row: Executed) -> None:
        """Record that an execution of one leg has changed a position."""
        leg = next((leg for leg in order.condor.legs if leg.con_id == row.con_id), None)
        if leg is not None:
            event = "fill" if order.action is Action.OPEN else "close"
            signed = float(row.quantity if row.bought else -row.quantity)
            quote = self.quotes.get(leg.con_id, Quote(leg, 0.0))
            mark = PositionMark(order.strategy, order.position, event, row.at, signed, quote, row.price)
            self._hand(self._updates((mark,)))

    def take(self, spots: Spots) -> bool:
        """Take an answer; whether it was one to a question of this recorder."""
        asked = self._asked.pop(spots.correlation, None)
        if asked is None:
            return False
        came = {leg.con_id: quote for leg, quote in zip(asked.legs, spots.quotes, strict=False) if quote is not None}
        self.learn(came.values())
        self._hand(asked.made(_legs(asked.legs, came)))
        return True

    def wake(self) -> None:
        """Do without the quotes that did not come."""
        now = self._edge.now()
        for correlation in [name for name, asked in self._asked.items() if now >= asked.until]:
            self.take(Spots(correlation, ()))

    def stored(self, stored: Stored) -> None:
        """Forget what persistence has; what it refused is handed over again in a while."""
        if not stored.error:
            self._handed.pop(stored.correlation, None)
            self._overdue.discard(stored.correlation)

    def resend(self) -> None:
        """Hand over again what was handed over before the last call and is not acknowledged."""
        for correlation in self._overdue & self._handed.keys():
            self._edge.tell(PERSISTENCE, self._handed[correlation])
        self._overdue = set(self._handed)

    def forget(self, needed: Iterable[int]) -> None:
        """Drop the quotes of contracts that nobody holds or trades."""
        kept = set(needed)
        self.quotes = {con_id: quote for con_id, quote in self.quotes.items() if con_id in kept}

    @property
    def unacknowledged(self) -> int:
        """Messages that persistence has not acknowledged."""
        return len(self._handed)

    def _ask(
        self, legs: tuple[Contract, Contract, Contract, Contract], made: Callable[[Legs], Rungs | PositionUpdates]
    ) -> None:
        until = self._edge.now() + _ANSWER
        correlation = f"{self._edge.name} legs {until:.3f} {next(self._numbers)}"
        self._asked[correlation] = _Asked(legs, until, made)
        self._edge.tell(BROKER, SpotsWanted(self._edge.name, correlation, legs, Priority.POSITION, until))

    def _updates(self, marks: tuple[PositionMark, ...]) -> PositionUpdates:
        correlation = f"{self._edge.name} position {self._edge.now():.3f} {next(self._numbers)}"
        return PositionUpdates(self._edge.name, correlation, marks)

    def _hand(self, message: Rungs | PositionUpdates) -> None:
        if len(self._handed) >= _KEPT:
            self._handed.pop(next(iter(self._handed)))
        self._handed[message.correlation] = message
        self._edge.tell(PERSISTENCE, message)


def _legs(legs: tuple[Contract, Contract, Contract, Contract], quotes: dict[int, Quote]) -> Legs:
    first, second, third, fourth = (quotes.get(leg.con_id, Quote(leg, 0.0)) for leg in legs)
    return first, second, third, fourth
