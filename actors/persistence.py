"""PersistenceActor: what it has acknowledged is on disk; commits to the lake follow in batches."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

from desk.runtime.context import Context

from desk.lake.writer import Writer
from desk.runtime.actor import Actor
from messages.data import Batch, DailyBars, ScheduleInForce, SlotsKnown, SlotsWanted, Stored


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
        self._commit_due = False

    @property
    def writer(self) -> Writer:
        """The open writer."""
        assert self._writer is not None
        return self._writer

    def started(self) -> None:
        """Open the lake; what an earlier incarnation accepted and did not commit is committed first."""
        self._writer = self._open()

    def receive(self, message: object) -> object:
        """Store, answer, and see to it that a commit follows."""
        match message:
            case Batch() | DailyBars():
                rows = self.writer.accept(message)
                self.context.tell(message.reply_to, Stored(message.correlation, rows))
                self._commit_later()
            case ScheduleInForce():
                self.writer.accept(message)
                self._commit_later()
            case SlotsWanted(reply_to, correlation, symbol, since):
                self.context.tell(reply_to, SlotsKnown(correlation, self.writer.cycles(symbol, since)))
            case Commit():
                self._commit()
            case _:
                raise TypeError(message)
        return None

    def drain(self) -> bool:
        """Commit what was accepted."""
        self._commit()
        return True

    def stopped(self) -> None:
        """Give the lake back."""
        self.writer.close()

    def facts(self) -> dict[str, Any]:
        """Rows and size of what is stored, time of the last commit, what waits in the spool."""
        return self._writer.facts() if self._writer else {}

    def _commit_later(self) -> None:
        if not self._commit_due:
            self._commit_due = True
            self.context.machine_after(self._commit_every, Commit())

    def _commit(self) -> None:
        self._commit_due = False
        committed = self.writer.drain()
        if committed.rows:
            self.context.log.info("committed", rows=committed.rows, seconds=round(committed.seconds, 3))
