"""StrategyActor: hosts one strategy instance; fetches what its decisions want, and passes its wishes to the trader."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, ClassVar

from desk.market.calendar import session_at
from desk.market.slots import next_slot
from desk.orders.money import PerShare, worth
from desk.orders.valuation import debit
from desk.runtime.actor import Actor, Context
from messages.contract import Quote
from messages.data import Recorded, Seen, Stored
from messages.market import Bars, ChainProgress, ChainQuotes, Priority, Spots
from messages.orders import Book, BookLeft, BookWanted, Breach, Enter, Holding, Veto, Wish, Wishes
from strategies.base import Decision, Phase, State, Strategy, View
from strategies.gathering import Gathering
from strategies.record import as_json, words

_PATIENCE = 30.0
"""Market seconds that a decision waits for the data it wants."""
_ROUNDS = 12
"""Most rounds of data that one decision may ask for."""
_HOLDS = 15.0
"""Market seconds for which a decision holds: wishes that the trader gets to later are refused."""
_ASIDE = 0.05
"""Machine seconds for which storing a decision that wishes for something keeps out of its orders' way."""
_AGAIN = 5.0
"""Market seconds between two looks at what a flattening stop still has to close."""


@dataclass(frozen=True, slots=True)
class Poll:
    """Time to decide."""

    due: float


@dataclass(frozen=True, slots=True)
class GiveUp:
    """The book or the data of poll `due` did not come in time."""

    due: float


@dataclass(frozen=True, slots=True)
class Record:
    """The orders of a decision are on their way: time to have it stored."""


@dataclass(frozen=True, slots=True)
class Flatten:
    """Time to look again at what is still open."""


class StrategyActor(Actor):
    """Decides at every poll while the market is open, on the newest book.

    Each poll asks the trader for the book first. The trader takes messages in turn, so the book that comes has seen
    every wish that was sent before: nothing is wished for on a book that does not know it yet. The actor remembers
    nothing that matters: a crash loses nothing.
    """

    kind: ClassVar[str] = "strategy"

    def __init__(self, context: Context, strategy: Strategy[Any], instance: str, on_shutdown: str) -> None:
        super().__init__(context)
        self._strategy = strategy
        self._instance = instance
        self._state = State(book=Book(instance, 0), flatten=on_shutdown == "flatten")
        self._due: float | None = None
        self._round = 0
        self._gathering: Gathering | None = None
        self._polls = 0
        self._chosen: Enter | None = None
        self._chosen_count = 0
        self._vetoes: tuple[Veto, ...] = ()
        self._veto_counts: dict[str, int] = {}
        self._debits: dict[str, float] = {}
        self._trouble = ""
        self._looking = False
        self._unrecorded: list[Seen] = []

    def started(self) -> None:
        """Ask for the book, and wait for the first poll."""
        self._state = self._state.to(Phase.STARTING)
        self._want_book()
        self._wait_for_poll(self.context.clock.time())

    def receive(self, message: object) -> object:
        """Go one step further with the decision in hand; a crash leaves no decision unrecorded."""
        try:
            self._handle(message)
        except BaseException:
            self._record()
            raise
        return None

    def drain(self) -> bool:
        """Stop deciding; when the stop flattens, close what is open first and wait until nothing is left."""
        self._due = self._gathering = None
        self._state = self._state.to(Phase.STOPPING)
        if not self._state.flatten:
            return True
        self._look_again()
        return False

    def stopped(self) -> None:
        """Be stopped."""
        self._state = self._state.to(Phase.STOPPED)
        self._record()
        self.context.tell("trader", BookLeft(self.context.name, self._instance))

    def facts(self) -> dict[str, Any]:
        """State, what is open and working, the day's result, and the last decision.

        `realised` and `unrealised` are in dollars; the latter is at the last mids, None while one is not known.
        """
        book = self._state.book
        return {
            "strategy": self._strategy.name,
            "phase": str(self._state.phase),
            "polls": self._polls,
            "ready": book.ready,
            "open_positions": len(book.holdings),
            "holdings": book.holdings,
            "working": book.working,
            "realised": book.realised,
            "unrealised": self._unrealised(book.holdings),
            "debits": dict(self._debits),
            "refused": book.refused,
            "vetoes": self._vetoes,
            "veto_counts": dict(self._veto_counts),
            "chosen": self._chosen,
            "chosen_count": self._chosen_count,
            "degraded": self._trouble,
        }

    def _handle(self, message: object) -> None:
        match message:
            case Poll(due):
                self._begin(due)
            case Book():
                self._learn(message)
            case Spots() | ChainQuotes() | Bars() | Recorded():
                if self._gathering is not None and self._gathering.take(message) and not self._gathering.waiting:
                    self._decide(self._gathering)
            case GiveUp(due) if due == self._due:
                self._give_up()
            case Record():
                self._record()
            case Flatten():
                self._look_again()
            case Stored(error=error):
                if error:
                    self.context.log.warning("a decision was not recorded", reason=error)
            case ChainProgress() | GiveUp():
                pass
            case _:
                raise TypeError(message)

    # ---- One poll ---------------------------------------------------------------------------------------------------

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
        self._due = due
        self.context.at(now + _PATIENCE, GiveUp(due))
        self._want_book()

    def _want_book(self) -> None:
        self.context.tell("trader", BookWanted(self.context.name, self._instance))

    def _learn(self, book: Book) -> None:
        self._state = replace(self._state, book=book)
        self._trouble = ""
        held = {holding.position for holding in book.holdings}
        self._debits = {position: cost for position, cost in self._debits.items() if position in held}
        if self._state.phase is Phase.STOPPING:
            self._flatten()
        elif self._due is not None and self._gathering is None:
            now = self.context.clock.time()
            urgent = Priority.POSITION if held else Priority.ENTRY
            self._round, self._gathering = 0, Gathering(self.context.name, now, now + _PATIENCE, urgent)
            self._decide(self._gathering)

    def _decide(self, gathering: Gathering) -> None:
        view = gathering.at(self.context.clock.time())
        decision = self._strategy.decide(view, self._state)
        if decision.wants and self._round < _ROUNDS and view.t < gathering.deadline:
            self._round += 1
            for to, request in gathering.ask(decision.wants):
                self.context.tell(to, request)
            return
        if decision.wants:
            unheard = Veto("no_data", f"{len(decision.wants)} answers did not come in time")
            decision = replace(decision, wants=(), vetoes=(*decision.vetoes, unheard))
        self._conclude(decision, view)

    def _give_up(self) -> None:
        gathering = self._gathering
        if gathering is None:
            self._trouble = "the trader does not answer"
            self.context.log.warning("no decision", reason=self._trouble)
            unheard = Veto("no_book", f"{self._trouble}, so what is owned is not known")
            self._conclude(Decision(vetoes=(unheard,)), View(self.context.clock.time()))
            return
        wants = gathering.give_up()
        self.context.log.warning("data did not come in time", wants=wants, polls=self._polls)
        self._decide(gathering)

    def _conclude(self, decision: Decision, view: View) -> None:
        for reason in dict.fromkeys(self._gathering.failures if self._gathering else ()):
            self.context.log.debug("data refused", reason=reason)
        self._due = self._gathering = None
        self._polls += 1
        self._vetoes = decision.vetoes
        self._mark(view)
        for veto in decision.vetoes:
            self._veto_counts[veto.name] = self._veto_counts.get(veto.name, 0) + 1
            self.context.log.debug("veto", veto=veto.name, text=veto.text, numbers=dict(veto.numbers))
        self._carry_out(decision, view)

    def _carry_out(self, decision: Decision, view: View) -> None:
        """Pass the wishes on, and have what was seen and decided stored, whatever becomes of it."""
        text = as_json(decision, self._state, view)  # first: what cannot be recorded is not wished for
        self._wish(decision.actions, view)
        key = f"{self._instance} {view.t}"
        self._unrecorded.append(Seen(self.context.name, key, self._instance, view.t, text, view.quotes, view.chains))
        if decision.actions:
            self.context.machine_after(_ASIDE, Record())
        else:
            self._record()

    def _record(self) -> None:
        for seen in self._unrecorded:
            self.context.tell("persistence", seen)
        self._unrecorded.clear()

    def _wish(self, wishes: tuple[Wish, ...], view: View) -> None:
        if not wishes:
            return
        until = self.context.clock.time() + _HOLDS
        version = self._state.book.version
        quotes = _grounds(wishes, self._state.book.holdings, view)
        self.context.tell("trader", Wishes(self.context.name, self._instance, version, until, wishes, quotes))
        for wish in wishes:
            self._log(wish)

    def _log(self, wish: Wish) -> None:
        if isinstance(wish, Enter):
            self._chosen, self._chosen_count = wish, self._chosen_count + 1
            self.context.log.info("condor chosen", **words(wish))
        elif isinstance(wish, Breach):
            self.context.log.info("red line", **words(wish))
        else:
            self.context.log.info("exit chosen", **words(wish))

    def _mark(self, view: View) -> None:
        quotes = {quote.contract.con_id: quote for quote in view.quotes}
        for holding in self._state.book.holdings:
            if (cost := debit(holding.condor, quotes, view.t)) is not None:
                self._debits[holding.position] = cost

    def _unrealised(self, holdings: tuple[Holding, ...]) -> float | None:
        """Dollars that closing at the last mids would earn."""
        if any(each.position not in self._debits for each in holdings):
            return None
        gains = ((each, PerShare(each.credit - self._debits[each.position])) for each in holdings)
        return round(sum((worth(each.condor, gain, each.quantity).amount for each, gain in gains), 0.0), 2)

    # ---- A stop that flattens ---------------------------------------------------------------------------------------

    def _look_again(self) -> None:
        self._looking = True
        self._want_book()
        self.context.after(_AGAIN, Flatten())

    def _flatten(self) -> None:
        """Close what no order closes yet, once per look; be drained when nothing is left, or nothing can be closed."""
        book, now = self._state.book, self.context.clock.time()
        if book.ready and not book.holdings and not book.working:
            self.context.drained()
        elif session_at(now) is None:
            self.context.log.warning("not flattened", reason="the exchange is closed", open=len(book.holdings))
            self.context.drained()
        elif self._looking and book.ready:
            self._looking = False
            view = View(now)
            decision = replace(self._strategy.decide(view, self._state), wants=())
            if decision.actions:
                self._carry_out(decision, view)


def _grounds(wishes: tuple[Wish, ...], holdings: tuple[Holding, ...], view: View) -> tuple[Quote, ...]:
    """Return the quotes that wishes rest on: those of legs, and of stocks and indices."""
    touched = {wish.position for wish in wishes if not isinstance(wish, Enter)}
    condors = [wish.condor for wish in wishes if isinstance(wish, Enter)]
    condors += [holding.condor for holding in holdings if holding.position in touched]
    legs = {leg for condor in condors for leg in condor.legs}
    chained = (quote for chain in view.chains for quote in chain.quotes if quote.contract in legs)
    return (*(q for q in view.quotes if q.contract.sec_type != "OPT" or q.contract in legs), *chained)
