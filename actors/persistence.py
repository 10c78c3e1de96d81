"""PersistenceActor: what it has acknowledged is on disk; commits to the lake follow in batches."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

from desk.lake.daily_iv import backfill, known_days, missing_days, of_chains, of_volatility
from desk.lake.errors import WriteError
from desk.lake.queries import Lake
from desk.lake.recent import Recent, quotes_of
from desk.lake.rows import Item, of_bars, of_batch, of_positions, of_schedule
from desk.lake.rungs import of_rungs
from desk.lake.views import of_seen
from desk.lake.writer import Writer
from desk.market.contracts import day
from desk.runtime.actor import Actor, Context
from messages.data import (
    Batch,
    DailyBars,
    DailyVolatility,
    PositionUpdates,
    Recorded,
    RecordedWanted,
    Rungs,
    ScheduleInForce,
    Seen,
    SessionOver,
    SlotsKnown,
    SlotsWanted,
    Stored,
    VolatilityMissing,
    VolatilityWanted,
)

Storable = Batch | DailyBars | DailyVolatility | PositionUpdates | Rungs | Seen


@dataclass(frozen=True, slots=True)
class Commit:
    """Time to commit what was accepted."""


class PersistenceActor(Actor):
    """Accepts durably, answers, and commits at most `commit_every` machine seconds later."""

    kind: ClassVar[str] = "persistence"

    def __init__(self, context: Context, open_writer: Callable[[], Writer], commit_every: float) -> None:
        super().__init__(context)
        self._open = open_writer
        self._commit_every = commit_every
        self._writer: Writer | None = None
        self._recent: Recent | None = None
        self._commit_due = False
        self._trouble = ""
        self._facts: dict[str, Any] = {}

    @property
    def writer(self) -> Writer:
        """The open writer."""
        assert self._writer is not None
        return self._writer

    @property
    def recent(self) -> Recent:
        """The newest day in memory."""
        assert self._recent is not None
        return self._recent

    def started(self) -> None:
        """Open the lake; what an earlier incarnation accepted and did not commit is committed first."""
        self._writer = self._open()
        self._recent = Recent(Lake(self._writer.root))
        self._facts = {"rows": Lake(self.writer.root).get_snapshot_stats()["total_rows"], "last_commit": None}
        if recovered := sum(self.writer.recovered.rows.values()):
            self.context.log.info("recovered from the spool", rows=recovered)
        if self._writer.lost:
            self.context.log.warning("set aside what a power cut had damaged", files=len(self._writer.lost))

    def receive(self, message: object) -> object:
        """Store, answer, and see to it that a commit follows."""
        try:
            self._handle(message)
        except BaseException:
            self.writer.close()  # the next incarnation opens the lake, which takes one writer at a time
            raise
        return None

    def _handle(self, message: object) -> None:
        match message:
            case Batch() | DailyBars() | DailyVolatility() | PositionUpdates() | Rungs() | Seen():
                self._store(message, *_rows_of(message))
            case ScheduleInForce():
                self.writer.accept(of_schedule(message, self.context.clock.time()))
                self._commit_later()
            case SlotsWanted(reply_to, correlation, symbol, since):
                self._commit()
                cycles = Lake(self.writer.root).cycles(symbol, since)
                self.context.tell(reply_to, SlotsKnown(correlation, tuple(cycles)))
            case RecordedWanted(reply_to, correlation, symbol, at):
                chain = self.recent.read_latest_chain(symbol) if at is None else self.recent.read_chain_at(symbol, at)
                self.context.tell(reply_to, Recorded(correlation, quotes_of(chain)))
            case VolatilityWanted(reply_to, today, symbols):
                self.context.tell(reply_to, self._missing(today, symbols))
            case SessionOver(over):
                self._commit()
                self.writer.accept(of_chains(self.writer.root, day(over)))
                self._commit_later()
            case Commit():
                self._commit()
            case _:
                raise TypeError(message)

    def _store(self, message: Storable, item: Item, rows: int) -> None:
        try:
            self.writer.accept(item)
        except WriteError as error:
            self._troubled(error)
            self.context.tell(message.reply_to, Stored(message.correlation, 0, str(error)))
            return
        self._trouble = ""
        self.recent.add(item)
        self.context.tell(message.reply_to, Stored(message.correlation, rows))
        self._commit_later()

    def _troubled(self, error: WriteError) -> None:
        """Note that the disk refuses; nothing accepted is lost, and the next try may go through."""
        if not self._trouble:
            self.context.log.error("the lake cannot be written", reason=str(error))
        self._trouble = str(error)

    def _missing(self, today: str, symbols: tuple[str, ...]) -> VolatilityMissing:
        self._commit()
        known, reference = known_days(self.writer.root, symbols), day(today)
        plan = backfill(known, reference)
        days = {symbol: missing_days(known[symbol], reference) for symbol in plan}
        missing = tuple((symbol, plan[symbol], tuple(f"{each:%Y%m%d}" for each in days[symbol])) for symbol in plan)
        return VolatilityMissing(today, missing)

    def drain(self) -> bool:
        """Commit what was accepted."""
        self._commit()
        return True

    def stopped(self) -> None:
        """Give the lake back."""
        self.writer.close()

    def facts(self) -> dict[str, Any]:
        """Rows in the table, market time of the last commit, items in the spool; degraded while the disk refuses."""
        return {**self._facts, "spool": self._writer.waiting if self._writer else 0, "degraded": self._trouble}

    def _commit_later(self) -> None:
        if not self._commit_due:
            self._commit_due = True
            self.context.machine_after(self._commit_every, Commit())

    def _commit(self) -> None:
        self._commit_due = False
        before = self.context.clock.machine()
        try:
            committed = self.writer.drain()
        except WriteError as error:
            self._troubled(error)
            self._commit_later()
            return
        if committed.rows:
            rows = committed.rows.get("option_snapshots", 0)
            self._facts = {"rows": self._facts["rows"] + rows, "last_commit": self.context.clock.time()}
            seconds = round(self.context.clock.machine() - before, 3)
            self.context.log.debug("committed", seconds=seconds, **committed.rows)


def _rows_of(message: Storable) -> tuple[Item, int]:
    """Return what is to be stored of a message, and how many things in it that is."""
    match message:
        case Batch(quotes=quotes):
            return of_batch(message), len(quotes)
        case DailyBars(bars=bars):
            return of_bars(message), len(bars)
        case DailyVolatility(bars=bars):
            return of_volatility(message), len(bars)
        case PositionUpdates(marks=marks):
            return of_positions(marks), len(marks)
        case Rungs(rungs=rungs):
            return of_rungs(message), len(rungs)
        case Seen():
            return of_seen(message), 1
