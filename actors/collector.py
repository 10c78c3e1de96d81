"""CollectorActor: one symbol, a slot every interval, every slot accounted for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from desk.market.calendar import exchange_date
from desk.market.indicators import iv_rank, trend, vix_change
from desk.market.slots import missed, next_slot, outcome, unaccounted
from desk.market.smile import atm_iv
from desk.runtime.actor import Actor, Context
from messages.contract import Bar, Contract, Quote
from messages.data import Batch, DailyBars, Slot, SlotsKnown, SlotsWanted, Stored
from messages.market import Bars, BarsWanted, ChainProgress, ChainQuotes, ChainWanted, Priority, Selection

_HISTORY_DAYS = 60
_PRICES, _VOLATILITY = "TRADES", "OPTION_IMPLIED_VOLATILITY"
_ANSWER_MARGIN = 5.0
"""Market seconds past a cycle's deadline after which the broker's silence ends the slot."""
_RETRY_AFTER = 5.0
"""Market seconds before a refused chain request is sent again within the same slot."""
_PASSING = ("disconnected", "timeout", "breaker", "expired", "the broker")
"""How refusals begin that may pass within the slot; any other is an answer."""
_RESEND_AFTER = 15.0
"""Machine seconds without an acknowledgement after which a batch is handed to persistence again."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a collector records, and when; seconds of market time.

    Daily bars of `benchmarks` are kept besides its own.
    """

    underlying: Contract
    selection: Selection
    interval: float
    timeout: float
    benchmarks: tuple[Contract, ...] = ()
    once: bool = False


@dataclass(frozen=True, slots=True)
class SlotDue:
    """The slot that starts at `cycle` is due."""

    cycle: float


@dataclass(frozen=True, slots=True)
class AskAgain:
    """The chain request of `cycle` was refused; try it again."""

    cycle: float


@dataclass(frozen=True, slots=True)
class NoAnswer:
    """The broker's time for `cycle` is over."""

    cycle: float


@dataclass(frozen=True, slots=True)
class Unacknowledged:
    """Persistence's time for a batch is over."""

    correlation: str


class CollectorActor(Actor):
    """Asks the broker for the chain at every slot and hands what came, with its ledger entry, to persistence."""

    kind: ClassVar[str] = "collector"

    def __init__(self, context: Context, plan: Plan, finished: Callable[[Slot], None] | None = None) -> None:
        super().__init__(context)
        self._plan = plan
        self._finished = finished
        self._symbol = plan.selection.symbol
        self._cycle: float | None = None
        self._progress = (0, 0)
        self._last: Slot | None = None
        self._late = 0
        self._slots = Counter[str]()
        self._rows = 0
        self._newest: float | None = None
        self._changes: tuple[float | None, float | None] = (None, None)
        self._history: dict[str, tuple[Bar, ...]] = {}
        self._history_days: dict[str, str] = {}
        self._history_wanted: set[str] = set()
        self._answer: ChainQuotes | None = None
        self._refused = False
        self._handed: dict[str, Batch] = {}
        self._draining = False

    def started(self) -> None:
        """Account for the slots that are over, then wait for the next."""
        now = self.context.clock.time()
        if self._plan.once:
            self.context.tell(self.context.name, SlotDue(now))
            return
        known = SlotsWanted(self.context.name, f"{self._symbol} slots", self._symbol, 0.0)
        self.context.tell("persistence", known)
        self._wait_for_slot(now)

    def receive(self, message: object) -> object:
        """See the messages' own words."""
        match message:
            case SlotDue(cycle):
                self._begin(cycle)
            case ChainProgress(correlation, done, asked) if correlation == self._correlation():
                self._progress = (done, asked)
            case ChainQuotes() if message.correlation == self._correlation():
                self._answered(message)
            case AskAgain(cycle) if cycle == self._cycle:
                self._ask(cycle)
            case NoAnswer(cycle) if cycle == self._cycle:
                self._give_up(cycle)
            case Bars():
                self._remember(message)
            case SlotsKnown(_, cycles):
                self._account_for_the_past(cycles)
            case Stored(correlation, error=error):
                if not error:  # else it is handed over again in a while
                    self._stored(correlation)
            case Unacknowledged(correlation) if correlation in self._handed:
                self._hand_over(self._handed[correlation])
            case ChainProgress() | ChainQuotes() | AskAgain() | NoAnswer() | Unacknowledged():
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
        """Cycle in hand, last slot, late slots; degraded with a reason when the last slot yielded nothing."""
        last = self._last
        return {
            "symbol": self._symbol,
            "interval": self._plan.interval,
            "cycle": self._cycle,
            "done": self._progress[0],
            "asked": self._progress[1],
            "last": last,
            "late": self._late,
            "slots": dict(self._slots),
            "rows": self._rows,
            "newest": self._newest,
            "changes": self._changes,
            "unacknowledged": len(self._handed),
            "degraded": last.reason if last is not None and not last.written else "",
        }

    def _wait_for_slot(self, after: float) -> None:
        slot = next_slot(after, self._plan.interval)
        self.context.at(slot, SlotDue(slot))

    def _begin(self, cycle: float) -> None:
        now = self.context.clock.time()
        if not self._plan.once:
            self._wait_for_slot(max(cycle, now) + 1e-3)
        if self._draining:
            return
        if self._cycle is not None:
            self._late += 1
            self._hand_over(self._batch(missed(self._symbol, cycle, "the cycle before was not over"), ()))
            return
        self._cycle, self._progress, self._answer, self._refused = cycle, (0, 0), None, False
        self._want_history(now)
        self.context.at(cycle + self._plan.timeout + _ANSWER_MARGIN, NoAnswer(cycle))
        self._ask(cycle)

    def _ask(self, cycle: float) -> None:
        self.context.tell(
            "broker",
            ChainWanted(
                self.context.name,
                self._correlation(),
                self._plan.selection,
                Priority.COLLECTION,
                cycle + self._plan.timeout,
            ),
        )

    def _answered(self, answer: ChainQuotes) -> None:
        assert self._cycle is not None
        now = self.context.clock.time()
        left = self._cycle + self._plan.timeout - now
        if answer.error.startswith(_PASSING) and not answer.quotes and left > _RETRY_AFTER and not self._plan.once:
            log = self.context.log.debug if self._refused else self.context.log.warning
            log("chain refused, asking again", symbol=self._symbol, reason=answer.error)
            self._refused = True
            self.context.after(_RETRY_AFTER, AskAgain(self._cycle))
            return
        self._answer = answer
        self._conclude()

    def _conclude(self) -> None:
        """End the cycle once the chain is there and the day's history has been answered."""
        if self._cycle is None or self._answer is None or self._history_wanted:
            return
        slot = outcome(self._symbol, self._cycle, self._answer, self.context.clock.time() - self._cycle)
        self._end(self._with_indicators(slot, self._answer), self._answer.quotes)

    def _give_up(self, cycle: float) -> None:
        self._history_wanted.clear()
        if self._answer is None:
            self._end(missed(self._symbol, cycle, "the broker did not answer", self._plan.timeout), ())
        else:
            self._conclude()

    def _with_indicators(self, slot: Slot, answer: ChainQuotes) -> Slot:
        closes = [bar.close for bar in self._history.get(_PRICES, ())]
        current = atm_iv(answer.quotes, slot.underlying, slot.cycle) if slot.underlying else None
        history = [bar.close for bar in self._history.get(_VOLATILITY, ())]
        self._changes = _change(answer.underlying), _change(answer.vix)
        rank = iv_rank(history, current) if slot.written else None
        return replace(
            slot,
            trend=trend(closes, slot.underlying) if slot.underlying else None,
            iv_rank=rank.value if rank else None,
            iv_rank_sufficient=rank.sufficient if rank else None,
        )

    def _end(self, slot: Slot, quotes: tuple[Any, ...]) -> None:
        self._cycle, self._last = None, slot
        counts = {"rows": slot.written, "asked": slot.asked, "partial": slot.partial}
        self.context.log.debug("slot", symbol=slot.symbol, status=slot.status, reason=slot.reason, **counts)
        self._hand_over(self._batch(slot, quotes))

    def _batch(self, slot: Slot, quotes: tuple[Any, ...]) -> Batch:
        return Batch(self.context.name, f"{slot.symbol} {slot.cycle:.0f}", slot, quotes)

    def _hand_over(self, batch: Batch) -> None:
        self._handed[batch.correlation] = batch
        self.context.tell("persistence", batch)
        self.context.machine_after(_RESEND_AFTER, Unacknowledged(batch.correlation))

    def _stored(self, correlation: str) -> None:
        batch = self._handed.pop(correlation, None)
        if batch is not None:
            self.context.log.debug("stored", symbol=self._symbol, cycle=batch.slot.cycle, rows=len(batch.quotes))
            self._slots[batch.slot.status] += 1
            self._rows += len(batch.quotes)
            self._newest = max((quote.received for quote in batch.quotes), default=self._newest)
            if self._finished:
                self._finished(batch.slot)
        if self._draining and not self._handed:
            self.context.drained()

    def _correlation(self) -> str:
        return f"{self._symbol} {self._cycle}"

    def _account_for_the_past(self, known: tuple[float, ...]) -> None:
        """Enter every slot since the ledger's last that nobody was there for; in a new lake, those of today."""
        for cycle in unaccounted(known, self.context.clock.time(), self._plan.interval):
            if cycle != self._cycle:
                self._hand_over(self._batch(missed(self._symbol, cycle, "the desk was not running"), ()))

    def _want_history(self, now: float) -> None:
        today = f"{exchange_date(now):%Y%m%d}"
        own = self._plan.underlying
        for contract, what in [
            (own, _PRICES),
            (own, _VOLATILITY),
            *((each, _PRICES) for each in self._plan.benchmarks),
        ]:
            correlation = f"{contract.symbol} {what}"
            if self._history_days.get(correlation) != today:
                deadline = now + self._plan.timeout
                wanted = BarsWanted(
                    self.context.name, correlation, contract, what, _HISTORY_DAYS, Priority.COLLECTION, deadline
                )
                self._history_wanted.add(correlation)
                self.context.tell("broker", wanted)

    def _remember(self, answer: Bars) -> None:
        self._history_wanted.discard(answer.correlation)
        self._keep(answer)
        self._conclude()

    def _keep(self, answer: Bars) -> None:
        symbol = answer.contract.symbol
        if answer.error:
            self.context.log.warning("no history", symbol=symbol, what=answer.what, reason=answer.error)
            return
        today = f"{exchange_date(self.context.clock.time()):%Y%m%d}"
        complete = tuple(bar for bar in answer.bars if bar.date < today)
        self._history_days[answer.correlation] = today
        if symbol == self._symbol:
            self._history[answer.what] = complete
        if answer.what == _PRICES:
            self.context.tell("persistence", DailyBars(self.context.name, answer.correlation, symbol, complete))


def _change(quote: Quote | None) -> float | None:
    """The change since the previous close, as a fraction."""
    return vix_change(quote.last, quote.close) if quote else None
