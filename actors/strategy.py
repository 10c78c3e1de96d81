"""StrategyActor: hosts one strategy instance; fetches what its decision wants and keeps what it decided and why."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, ClassVar

from desk.market.calendar import session_at
from desk.market.slots import next_slot
from desk.runtime.actor import Actor, Context
from messages.contract import Contract, Quote
from messages.market import ChainProgress, ChainQuotes, ChainWanted, Priority, Selection, Spots, SpotsWanted
from messages.orders import Book, Enter, Veto
from strategies.base import Decision, Phase, State, Strategy, View, Want

_PATIENCE = 30.0
"""Market seconds that a decision waits for the data it wants."""
_ROUNDS = 6
"""Most rounds of data that one decision may ask for."""


@dataclass(frozen=True, slots=True)
class Poll:
    """Time to decide."""

    due: float


@dataclass(frozen=True, slots=True)
class GiveUp:
    """The data of poll `due` did not come in time."""

    due: float


class StrategyActor(Actor):
    """Polls while the market is open. This version chooses condors and reports them; it has no way to send orders."""

    kind: ClassVar[str] = "strategy"

    def __init__(self, context: Context, strategy: Strategy[Any]) -> None:
        super().__init__(context)
        self._strategy = strategy
        self._state = State(book=Book(context.name, 0, ready=True))
        self._due: float | None = None
        self._round = 0
        self._view = View(0.0)
        self._wanted: dict[str, Want] = {}
        self._polls = 0
        self._chosen: Enter | None = None
        self._chosen_count = 0
        self._vetoes: tuple[Veto, ...] = ()
        self._veto_counts: dict[str, int] = {}

    def started(self) -> None:
        """Wait for the first poll."""
        self._state = self._state.to(Phase.STARTING)
        self._wait_for_poll(self.context.clock.time())

    def receive(self, message: object) -> object:
        """Go one step further with the decision in hand."""
        match message:
            case Poll(due):
                self._begin(due)
            case Spots(correlation, quotes) if correlation in self._wanted:
                want = self._wanted[correlation]
                assert isinstance(want, Contract)
                self._have(correlation, quotes[0] if quotes and quotes[0] else Quote(want, self.context.clock.time()))
            case ChainQuotes(correlation) if correlation in self._wanted:
                if message.error:
                    self.context.log.warning("chain refused", reason=message.error)
                self._have(correlation, message)
            case GiveUp(due) if due == self._due:
                self.context.log.warning("no decision", reason="data did not come in time", wanted=len(self._wanted))
                self._due = None
            case Spots() | ChainQuotes() | ChainProgress() | GiveUp():
                pass  # of a poll that is over
            case _:
                raise TypeError(message)
        return None

    def drain(self) -> bool:
        """Stop deciding."""
        self._due = None
        self._state = self._state.to(Phase.STOPPING)
        return True

    def stopped(self) -> None:
        """Be stopped."""
        self._state = self._state.to(Phase.STOPPED)

    def facts(self) -> dict[str, Any]:
        """State, polls, the vetoes of the last decision, how often each was given, and the last condor chosen."""
        return {
            "strategy": self._strategy.name,
            "phase": str(self._state.phase),
            "polls": self._polls,
            "open_positions": len(self._state.book.holdings),
            "vetoes": self._vetoes,
            "veto_counts": dict(self._veto_counts),
            "chosen": self._chosen,
            "chosen_count": self._chosen_count,
        }

    def _wait_for_poll(self, after: float) -> None:
        due = next_slot(after, self._strategy.poll)
        self.context.at(due, Poll(due))

    def _begin(self, due: float) -> None:
        now = self.context.clock.time()
        self._wait_for_poll(max(due, now) + 1e-3)
        if self._due is not None or session_at(now) is None or self._state.phase is Phase.STOPPING:
            return
        if self._state.phase is Phase.STARTING:
            self._state = self._state.to(Phase.RUNNING)
        self._due, self._round, self._view = due, 0, View(now)
        self.context.at(now + _PATIENCE, GiveUp(due))
        self._decide()

    def _decide(self) -> None:
        self._view = replace(self._view, t=self.context.clock.time())
        decision = self._strategy.decide(self._view, self._state)
        if decision.wants and self._round < _ROUNDS:
            self._round += 1
            self._ask(decision.wants)
        else:
            self._conclude(decision)

    def _ask(self, wants: tuple[Want, ...]) -> None:
        deadline = self._view.t + _PATIENCE
        self._wanted = {f"{self.context.name} {self._view.t} {n}": want for n, want in enumerate(wants)}
        for correlation, want in self._wanted.items():
            message: ChainWanted | SpotsWanted
            if isinstance(want, Selection):
                message = ChainWanted(self.context.name, correlation, want, Priority.ENTRY, deadline)
            else:
                assert isinstance(want, Contract)
                message = SpotsWanted(self.context.name, correlation, (want,), Priority.ENTRY, deadline)
            self.context.tell("broker", message)

    def _have(self, correlation: str, answer: Quote | ChainQuotes) -> None:
        del self._wanted[correlation]
        if self._due is None:
            return
        self._view = self._view.plus(answer)
        if not self._wanted:
            self._decide()

    def _conclude(self, decision: Decision) -> None:
        self._due = None
        self._polls += 1
        self._vetoes = decision.vetoes
        for veto in decision.vetoes:
            self._veto_counts[veto.name] = self._veto_counts.get(veto.name, 0) + 1
            self.context.log.debug("veto", veto=veto.name, text=veto.text, numbers=dict(veto.numbers))
        for action in decision.actions:
            if isinstance(action, Enter):
                self._choose(action)

    def _choose(self, action: Enter) -> None:
        condor = action.condor
        seen = self._chosen is not None and self._chosen.condor.legs == condor.legs
        log = self.context.log.debug if seen else self.context.log.info
        self._chosen = action
        self._chosen_count += 1
        log(
            "condor chosen",
            expiry=condor.short_put.expiry,
            strikes=[leg.strike for leg in sorted(condor.legs, key=lambda leg: (leg.strike, leg.right))],
            credit=action.limit,
            natural=action.natural,
            quantity=action.quantity,
            worst=action.worst,
        )
