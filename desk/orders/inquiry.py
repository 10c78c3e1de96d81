"""Asking IB what it holds: at once for a new session, again and again after that, and until there is an answer."""

from __future__ import annotations

from dataclasses import dataclass

from desk.orders.edge import BROKER, Edge
from messages.orders import SessionTold, Truth, TruthWanted

_ANSWER = 30.0
"""Market seconds that the broker has to answer, and as long again before its silence counts as a failure."""
_LONGEST = 30.0
"""Longest pause after a failure, in market seconds."""
_SOON = 5.0
"""Market seconds after which a doubtful answer is looked at again."""


@dataclass(frozen=True, slots=True)
class Asked:
    """An answer that counts: asked at market time `at`, `first` of its session, with `orders` or without."""

    at: float
    first: bool
    orders: bool


class Inquiry:
    """When to ask for the truth, and which answers are of this session.

    `reconciled` holds from the first whole answer of a session to its end.
    """

    def __init__(self, edge: Edge, every: float) -> None:
        self.reconciled = False
        self.up = True  # not known before the first answer; asking finds out
        self.looked: float | None = None
        self.error = "not asked yet"
        self._edge = edge
        self._every = every
        self._connection: int | None = None
        self._due = edge.now()
        self._orders = True
        self._asked: tuple[str, float, bool] | None = None
        self._failures = 0
        self._number = 0

    @property
    def due(self) -> float:
        """When there is something to do."""
        if not self.up:
            return float("inf")
        return self._due if self._asked is None else self._asked[1] + 2 * _ANSWER

    def session(self, told: SessionTold) -> None:
        """Begin anew with a session, or stop asking when it is lost."""
        self.up, self.reconciled, self._asked = told.up, False, None
        self._connection = told.connection
        self.error = told.reason if not told.up else "reconciling"
        self._begin()

    def resolve(self) -> None:
        """Ask for orders and executions, too, as soon as can be."""
        self._orders, self._due = True, self._edge.now()

    def soon(self) -> None:
        """Look again before the next regular look."""
        self._due = min(self._due, self._edge.now() + _SOON)

    def wake(self) -> None:
        """Ask, if it is time; give up on an answer that did not come."""
        now = self._edge.now()
        if now < self.due:
            return
        if self._asked is not None:
            self._failed("the broker did not answer", self._asked[2])
            return
        self._number += 1
        correlation = f"{self._edge.name} truth {now:.3f} {self._number}"
        self._asked = correlation, now, self._orders
        self._edge.tell(BROKER, TruthWanted(self._edge.name, correlation, now + _ANSWER, self._orders))
        self._orders = False

    def take(self, truth: Truth) -> Asked | None:
        """Return what an answer is of; None for one that does not count."""
        if self._asked is None or truth.correlation != self._asked[0]:
            return None
        _, at, orders = self._asked
        if truth.error:
            self._failed(truth.error, orders)
            return None
        known, self._connection, self._asked = self._connection, truth.connection, None
        if known not in {None, truth.connection}:
            self.reconciled = False
        if not self.reconciled and not orders:
            self._begin()
            return None
        answer = Asked(at, not self.reconciled, orders)
        self._failures, self.error, self.looked = 0, "", self._edge.now()
        self._due = min(self._due, self.looked) if self._orders else self.looked + self._every
        return answer

    def _begin(self) -> None:
        self._orders, self._due, self._failures = True, self._edge.now(), 0

    def _failed(self, error: str, orders: bool) -> None:  # noqa: FBT001 - what was asked, as it was asked
        self.error, self._asked = error, None
        self._orders = self._orders or orders
        self._failures += 1
        self._due = self._edge.now() + min(_LONGEST, 2.0 ** (self._failures - 1))
