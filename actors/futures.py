"""FuturesActor: one root of futures, a slot every interval, every slot accounted for."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any, ClassVar

from desk.market.futures import Contango, front_to_next
from desk.market.slots import missed, next_slot, outcome, unaccounted
from desk.runtime.actor import Actor, Context
from messages.contract import Quote
from messages.data import Batch, Slot, SlotsKnown, SlotsWanted, Stored
from messages.futures import FuturesQuotes, FuturesRoot, FuturesWanted
from messages.market import Priority

_ANSWER_MARGIN = 5.0
"""Market seconds past a cycle's deadline after which the broker's silence ends the slot."""
_RETRY_AFTER = 5.0
"""Market seconds before a refused request is sent again within the same slot."""
_PASSING = ("disconnected", "timeout", "breaker", "expired", "the broker")
"""How refusals begin that may pass within the slot; any other is an answer."""
_RESEND_AFTER = 15.0
"""Machine seconds without an acknowledgement after which a batch is handed to persistence again."""


@dataclass(frozen=True, slots=True)
class Months:
    """What is recorded of a root, and when; seconds of market time."""

    root: FuturesRoot
    interval: float
    timeout: float


@dataclass(frozen=True, slots=True)
class SlotDue:
    """The slot that starts at `cycle` is due."""

    cycle: float


@dataclass(frozen=True, slots=True)
class AskAgain:
    """The request of `cycle` was refused; try it again."""

    cycle: float


@dataclass(frozen=True, slots=True)
class NoAnswer:
    """The broker's time for `cycle` is over."""

    cycle: float


@dataclass(frozen=True, slots=True)
class Unacknowledged:
    """Persistence's time for a batch is over."""

    correlation: str


class FuturesActor(Actor):
    """Asks the broker for the root's nearest months at every slot and hands what came to persistence."""

    kind: ClassVar[str] = "futures"

    def __init__(self, context: Context, plan: Months) -> None:
        super().__init__(context)
        self._plan = plan
        self._symbol = plan.root.symbol
        self._cycle: float | None = None
        self._last: Slot | None = None
        self._contango: Contango | None = None
        self._slots = Counter[str]()
        self._rows = 0
        self._handed: dict[str, Batch] = {}
        self._draining = False

    def started(self) -> None:
        """Account for the slots of today that are over, then wait for the next."""
        now = self.context.clock.time()
        known = SlotsWanted(self.context.name, f"{self._symbol} slots", self._symbol, 0.0)
        self.context.tell("persistence", known)
        self._wait_for_slot(now)

    def receive(self, message: object) -> object:
        """See the messages' own words."""
        match message:
            case SlotDue(cycle):
                self._begin(cycle)
            case FuturesQuotes(correlation) if correlation == self._correlation():
                self._answered(message)
            case AskAgain(cycle) if cycle == self._cycle:
                self._ask(cycle)
            case NoAnswer(cycle) if cycle == self._cycle:
                self._end(missed(self._symbol, cycle, "the broker did not answer", self._plan.timeout), ())
            case SlotsKnown(_, cycles):
                self._account_for_the_past(cycles)
            case Stored(correlation, error=error):
                if not error:  # else it is handed over again in a while
                    self._stored(correlation)
            case Unacknowledged(correlation) if correlation in self._handed:
                self._hand_over(self._handed[correlation])
            case FuturesQuotes() | AskAgain() | NoAnswer() | Unacknowledged():
                pass  # of a cycle that is over
            case _:
                raise TypeError(message)
        return None

    def drain(self) -> bool:
        """End the cycle in hand as MISSED and wait for persistence to acknowledge what was handed over."""
        self._draining = True
        if self._cycle is not None:
            self._end(missed(self._symbol, self._cycle, "the desk stopped"), ())
        return not self._handed

    def facts(self) -> dict[str, Any]:
        """Cycle in hand, last slot and its contango (%, and % per year); degraded with a reason when it was empty."""
        last, above = self._last, self._contango
        return {
            "symbol": self._symbol,
            "interval": self._plan.interval,
            "cycle": self._cycle,
            "last": last,
            "contango": above.percent if above else None,
            "contango_annual": above.annual if above else None,
            "slots": dict(self._slots),
            "rows": self._rows,
            "unacknowledged": len(self._handed),
            "degraded": last.reason if last is not None and not last.written else "",
        }

    def _wait_for_slot(self, after: float) -> None:
        slot = next_slot(after, self._plan.interval)
        self.context.at(slot, SlotDue(slot))

    def _begin(self, cycle: float) -> None:
        self._wait_for_slot(max(cycle, self.context.clock.time()) + 1e-3)
        if self._draining:
            return
        if self._cycle is not None:
            self._hand_over(self._batch(missed(self._symbol, cycle, "the cycle before was not over"), ()))
            return
        self._cycle = cycle
        self.context.at(cycle + self._plan.timeout + _ANSWER_MARGIN, NoAnswer(cycle))
        self._ask(cycle)

    def _ask(self, cycle: float) -> None:
        deadline = cycle + self._plan.timeout
        asked = FuturesWanted(self.context.name, self._correlation(), self._plan.root, Priority.COLLECTION, deadline)
        self.context.tell("broker", asked)

    def _answered(self, answer: FuturesQuotes) -> None:
        assert self._cycle is not None
        since = self.context.clock.time() - self._cycle
        if answer.error.startswith(_PASSING) and self._plan.timeout - since > _RETRY_AFTER:
            self.context.after(_RETRY_AFTER, AskAgain(self._cycle))
            return
        slot = outcome(self._symbol, self._cycle, answer, since)
        self._contango = None if slot.failed else front_to_next(answer.quotes, self._cycle)
        self._end(slot, answer.quotes)

    def _end(self, slot: Slot, quotes: tuple[Quote, ...]) -> None:
        self._cycle, self._last = None, slot
        counts = {"rows": slot.written, "asked": slot.asked, "partial": slot.partial}
        self.context.log.debug("slot", symbol=slot.symbol, status=slot.status, reason=slot.reason, **counts)
        self._hand_over(self._batch(slot, quotes))

    def _batch(self, slot: Slot, quotes: tuple[Quote, ...]) -> Batch:
        return Batch(self.context.name, f"{slot.symbol} {slot.cycle:.0f}", slot, quotes)

    def _hand_over(self, batch: Batch) -> None:
        self._handed[batch.correlation] = batch
        self.context.tell("persistence", batch)
        self.context.machine_after(_RESEND_AFTER, Unacknowledged(batch.correlation))

    def _stored(self, correlation: str) -> None:
        batch = self._handed.pop(correlation, None)
        if batch is not None:
            self._slots[batch.slot.status] += 1
            self._rows += len(batch.quotes)
        if self._draining and not self._handed:
            self.context.drained()

    def _correlation(self) -> str:
        return f"{self._symbol} {self._cycle}"

    def _account_for_the_past(self, known: tuple[float, ...]) -> None:
        for cycle in unaccounted(known, self.context.clock.time(), self._plan.interval):
            if cycle != self._cycle:
                self._hand_over(self._batch(missed(self._symbol, cycle, "the desk was not running"), ()))
