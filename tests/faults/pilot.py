"""A strategy that does what a test says: it enters at once, and exits on command."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from messages.contract import Quote
from messages.market import Selection
from messages.orders import Condor, Enter, Exit
from strategies.base import Decision, State, Strategy, View
from strategies.params import Params

NEAR = Selection("SPX", "IND", "CBOE", "SPXW", 0, 0, "first", 0.015, 0.015, 5.0, out_of_the_money=True)
WING = 10.0

Command = Callable[[View, State], Decision]
"""Decides for one poll; asked again until it wants nothing more."""


class Course(Params):
    """`pilot` names whose commands it follows."""

    pilot: str


class Pilot(Strategy[Course]):
    """Follows one command per poll. `commands` outlive a crash of its actor, as a test's wishes do."""

    name: ClassVar[str] = "pilot"
    params_type: ClassVar[type[Course]] = Course
    commands: ClassVar[dict[str, deque[Command]]] = {}

    @property
    def poll(self) -> float:
        return 2.0

    def decide(self, view: View, state: State) -> Decision:
        commands = self.commands[self.params.pilot]
        if not commands or not state.book.ready:
            return Decision()
        decision = commands[0](view, state)
        if not decision.wants:
            commands.popleft()
        return decision


@dataclass(frozen=True, slots=True)
class Opening:
    """Open condors whose short legs are the first beyond `distance` points from spot, at these credits."""

    quantity: int
    limit: float
    worst: float
    distance: float

    def __call__(self, view: View, _state: State) -> Decision:
        chain = view.chain(NEAR)
        if chain is None:
            return Decision(wants=(NEAR,))
        spot = chain.underlying.last if chain.underlying else None
        if spot is None:
            return Decision()
        condor = _condor(chain.quotes, spot, self.distance)
        return Decision((Enter(condor, self.quantity, self.limit, self.worst, self.worst),)) if condor else Decision()


@dataclass(frozen=True, slots=True)
class Closing:
    """Close so much of everything held, at market without a `limit`; `copies` wishes of one decision."""

    quantity: int | None
    limit: float | None
    worst: float | None
    then_market: bool
    copies: int

    def __call__(self, _view: View, state: State) -> Decision:
        wishes = [
            Exit(each.position, self.quantity or each.quantity, "stop", self.limit, self.worst, self.then_market)
            for each in state.book.holdings
        ]
        return Decision(tuple(wishes) * self.copies)


def _condor(quotes: Sequence[Quote], spot: float, distance: float) -> Condor | None:
    legs = {(quote.contract.right, quote.contract.strike): quote.contract for quote in quotes}
    puts = [strike for right, strike in legs if right == "P" and strike <= spot - distance]
    calls = [strike for right, strike in legs if right == "C" and strike >= spot + distance]
    if not puts or not calls:
        return None
    put, call = max(puts), min(calls)
    named = ("P", put), ("P", put - WING), ("C", call), ("C", call + WING)
    return Condor(*(legs[name] for name in named)) if all(name in legs for name in named) else None
