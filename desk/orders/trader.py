"""The trader: the one writer of all orders. Messages in, messages out; time, addresses and folders come from outside.

One because exactly once wants one writer: wishes are taken on the newest version of a book only, a position has one
closing order at a time, every log line is on disk before the wire, and limits see all ledgers at once. Its parts:
`Entries` and `Exits` decide, `Worker` sends and writes down, `Inquiry` and `Watch` compare with IB, `Recorder` tells
the lake, `Levels` know where expired options settled.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from desk.market.calendar import exchange_date, opens_next
from desk.orders import halt as kill_switch
from desk.orders.account import Account
from desk.orders.books import Books
from desk.orders.edge import Edge
from desk.orders.entries import Entries
from desk.orders.exits import Exits
from desk.orders.expiry import Levels
from desk.orders.halt import Halt
from desk.orders.inquiry import Inquiry
from desk.orders.journal import TRADES, Journals
from desk.orders.ladder import Pace
from desk.orders.limits import Limits
from desk.orders.lines import RiskLine
from desk.orders.reconcile import Watch
from desk.orders.reconciler import REMEDY, Reconciler
from desk.orders.recorder import Recorder
from desk.orders.standing import day_so_far, open_positions
from desk.orders.worker import Worker
from messages.data import Stored
from messages.market import Bars, Spots
from messages.orders import (
    Action,
    BookLeft,
    BookWanted,
    Breach,
    Charged,
    Enter,
    Executed,
    Exit,
    Margin,
    OrderTold,
    SessionTold,
    Truth,
    Veto,
    Wishes,
)

_HASTE = 1.0
"""Least market seconds between two looks at fills whose commissions do not come."""


@dataclass(frozen=True, slots=True)
class Settings:
    """How orders are worked. `reconcile` in market seconds; `strategies` maps instances to their actors' addresses.

    `logs` is the folder of all strategies' logs, `root` the data folder, where the file HALT is looked for.
    """

    logs: Path
    root: Path
    pace: Pace
    limits: Limits
    reconcile: float
    strategies: Mapping[str, str]


class Trader:
    """Takes one message at a time, and `wake` at the market time that `due` names.

    Claims the logs until `close`. Raises JournalError when they cannot be used.
    """

    def __init__(self, settings: Settings, edge: Edge) -> None:
        self.accounts: dict[str, Account] = {}
        self.halted: Halt | None = None
        self.draining = False
        self._settings = settings
        self._edge = edge
        self._alarm: Halt | None = None
        self._books = Books(edge.tell, settings.strategies)
        self._marks_due = self._conclude_after = edge.now()
        self.watch = Watch()
        self.recorder = Recorder(edge)
        self.levels = Levels(edge)
        self.inquiry = Inquiry(edge, settings.reconcile)
        self.worker = Worker(edge, self.accounts, self.recorder, settings.pace, self.inquiry.resolve, self.alarm)
        self.truth = Reconciler(edge, self.accounts, self.worker, self.inquiry, self.watch, self.levels)
        self.exits = Exits(edge, self.worker, self.watch)
        self.entries = Entries(
            edge,
            self.accounts,
            self.worker,
            self.recorder,
            self.watch,
            settings.limits,
            settings.pace.lifetime,
            self._closed,
            self.alarm,
        )
        self._journals = Journals(settings.logs)
        try:
            for name in sorted({*settings.strategies, *_logged(settings.logs)}):
                self._open(name)
        except BaseException:
            self._journals.close()
            raise
        self.poll()

    # ---- What happens ---------------------------------------------------------------------------------------------

    def receive(self, message: object) -> bool:
        """Take one message; whether it was one for the trader."""
        match message:
            case Wishes():
                self._wishes(message)
            case BookWanted() | BookLeft():
                self._reader(message)
            case OrderTold():
                self.worker.told(message)
            case Executed():
                self.worker.executed(message)
            case Charged():
                self.worker.charged(message)
            case Margin():
                self.entries.margin(message)
            case Truth():
                self.truth.take(message)
            case SessionTold():
                self._session(message)
            case Spots():
                _ = self.recorder.take(message) or self.levels.take(message)
            case Bars():
                self.levels.take(message)
            case Stored():
                self.recorder.stored(message)
            case _:
                return False
        self.settle_up()
        return True

    def wake(self) -> None:
        """Do what is due."""
        self.inquiry.wake()
        self.entries.wake()
        self.recorder.wake()
        if self.able:
            self.worker.walk()
            self._mark()
            self.levels.wake(self.truth.legs(settled=True))
        self.settle_up()

    def poll(self) -> None:
        """Look at the kill switch, and at a disk that refused; every machine second."""
        if self._alarm is not None:
            self.alarm(self._alarm.reason)
        halt = kill_switch.read(self._settings.root) or self._alarm
        if halt != self.halted:
            self.halted = halt
            if halt:
                self._edge.log.error("halted", reason=halt.reason, flatten=halt.flatten)
            else:
                self._edge.log.warning("resumed")
        for account in self.accounts.values():
            account.flush()
        self.settle_up()

    def alarm(self, why: str) -> None:
        """Halt, because something has happened that cannot be if orders are what they should be."""
        halt = Halt(why, at=self._edge.now(), by=self._edge.name)
        self._edge.log.critical("halt", reason=why)
        try:
            self.halted, self._alarm = kill_switch.write(self._settings.root, halt), None
        except OSError as error:
            self._edge.log.error("the halt cannot be written", why=str(error))  # noqa: TRY400 - the disk's word says it
            self.halted = self._alarm = halt

    def drain(self) -> None:
        """Enter nothing more, and cancel entries that work; exits are left at IB."""
        self.draining = True
        self.settle_up()

    def close(self) -> None:
        """Let others write the logs."""
        self._journals.close()

    def settle_up(self) -> None:
        """Follow up on what has happened, and show it to whoever reads the books."""
        if self.halted or self.draining:
            self._stop_entries()
        if self.able:
            self._conclude_after = self._edge.now() + _HASTE
            self.worker.conclude()
            for account in self.accounts.values():
                self.exits.pursue(account)
            if self.halted and self.halted.flatten:
                self.exits.flatten(self.accounts.values(), "halt")
        self._show()

    # ---- How things stand -----------------------------------------------------------------------------------------

    @property
    def able(self) -> bool:
        """Whether orders may be sent: the session is up and its orders and positions are known."""
        return self.inquiry.up and self.inquiry.reconciled

    @property
    def due(self) -> float:
        """Market time at which to `wake`."""
        times = [self.inquiry.due, self.entries.due, self.recorder.due]
        if self.able:
            times += [self.worker.walk_due, self.levels.due(self.truth.legs(settled=False))]
            times.append(max(self.worker.conclude_due, self._conclude_after))
            times += [self._marks_due] if self.truth.held() else []
        return min(times)

    @property
    def at_rest(self) -> bool:
        """Whether no entry works and no exit at market: a state to stop in."""
        alive = [e for account in self.accounts.values() for e in account.executions.values()]
        return not any(e.order.action is Action.OPEN or e.limit is None for e in alive)

    def trouble(self, account: Account) -> str:
        """Return what stands in the way of an account's orders, empty when nothing does."""
        halted = self.halted and f"halted: {self.halted.reason}"
        found = [halted, "stopping" if self.draining else "", self._not_ready(account), *account.troubles]
        return "; ".join([each for each in found if each] + self.truth.unexplained)

    def facts(self) -> dict[str, Any]:
        """Return what health shows."""
        exposure, day = self.entries.exposure(), exchange_date(self._edge.now())
        troubles = {name: text for name, account in self.accounts.items() if (text := self.trouble(account))}
        return {
            "ready": self.able,
            "halted": self.halted.reason if self.halted else "",
            "strategies": {name: self._standing(account, day) for name, account in self.accounts.items()},
            "open_risk": exposure.risk,
            "condors": exposure.condors,
            "day": exposure.day,
            "unexplained": self.truth.unexplained,
            "foreign": self.truth.foreign,
            "trouble": troubles,
            "last_reconcile": self.inquiry.looked,
            "unacknowledged": self.recorder.unacknowledged,
            "degraded": self._degraded(),
        }

    def _standing(self, account: Account, day: date) -> dict[str, Any]:
        positions = open_positions(account.ledger, self.recorder.quotes, self._edge.now())
        return {
            "open_positions": len(positions),
            "working_orders": len(account.executions),
            "pnl_today": account.ledger.realised(day).amount,
            "day": day_so_far(account.ledger, positions, day),
            "positions": positions,
            "orders": account.working,
        }

    # ---- Wishes ---------------------------------------------------------------------------------------------------

    def _wishes(self, wishes: Wishes) -> None:
        account = self._open(wishes.strategy)
        self.recorder.learn(wishes.quotes)
        if veto := self._stale(account, wishes):
            self._refuse(account, (veto,))
            return
        self._refuse(account, ())
        risks = [w for w in wishes.wishes if isinstance(w, Breach) and _changes(account, w)]
        exits = [w for w in wishes.wishes if isinstance(w, Exit)]
        vetoes: list[Veto | None] = []
        for wish in exits:
            lines = self._risk_lines(risk for risk in risks if risk.active and risk.position == wish.position)
            vetoes.append(self.exits.wish(account, wish, lines, wishes.quotes))
        closing = {wish.position for wish in exits}
        account.record(*self._risk_lines(risk for risk in risks if risk.position not in closing or not risk.active))
        vetoes += [self.entries.wish(account, w, wishes) for w in wishes.wishes if isinstance(w, Enter)]
        self._refuse(account, tuple(veto for veto in vetoes if veto is not None))

    def _stale(self, account: Account, wishes: Wishes) -> Veto | None:
        version = account.ledger.version
        if wishes.version != version:
            numbers = {"wished": float(wishes.version), "now": float(version)}
            return Veto("version", "the book has moved on", numbers)
        if self._edge.now() > wishes.deadline:
            return Veto("deadline", "the wishes came too late", {"deadline": wishes.deadline})
        if reason := self._not_ready(account):
            return Veto("ready", reason)
        if self.entries.asked(account) and any(isinstance(wish, Enter) for wish in wishes.wishes):
            return Veto("margin", "the margin of another entry is being asked for")
        return None

    def _refuse(self, account: Account, vetoes: tuple[Veto, ...]) -> None:
        account.refused = vetoes
        for veto in vetoes:
            self._edge.log.warning("wish refused", strategy=account.strategy, veto=veto.name, text=veto.text)
            self._books.again(account.strategy)

    def _risk_lines(self, breaches: Iterable[Breach]) -> tuple[RiskLine, ...]:
        return tuple(RiskLine(breach, self._edge.now()) for breach in breaches)

    def _closed(self) -> Veto | None:
        if self.halted:
            return Veto("halted", self.halted.reason)
        if self.draining:
            return Veto("stopping", "the desk is stopping")
        return None if self.able else Veto("ready", f"not reconciled: {self.inquiry.error}")

    def _stop_entries(self) -> None:
        if veto := self._closed():
            self.entries.drop(veto)
        for account in self.accounts.values():
            for e in tuple(account.executions.values()):
                if e.order.action is Action.OPEN and not e.cancelling and not e.over:
                    self.worker.stop(account, e, f"halted: {self.halted.reason}" if self.halted else "the desk stops")

    def _reader(self, message: BookWanted | BookLeft) -> None:
        if isinstance(message, BookWanted):
            self._open(message.strategy)
            self._books.subscribe(message.strategy, message.reply_to)
        else:
            self._books.unsubscribe(message.strategy, message.reply_to)

    def _session(self, told: SessionTold) -> None:
        self.inquiry.session(told)
        if not told.up:
            self.entries.drop(Veto("ready", f"the session is lost: {told.reason}"))

    def _mark(self) -> None:
        now = self._edge.now()
        if now < self._marks_due:
            return
        if (opens := opens_next(now)) > now:  # nothing moves until then
            self._marks_due = opens
            return
        self._marks_due = now + self._settings.reconcile
        held = self.truth.held()
        for account, holding in held:
            self.recorder.mark(account.strategy, holding)
        alive = [e.order.condor for account in self.accounts.values() for e in account.executions.values()]
        condors = [holding.condor for _, holding in held] + alive
        self.recorder.forget(leg.con_id for condor in condors for leg in condor.legs)

    def _open(self, name: str) -> Account:
        account = self.accounts.get(name)
        if account is None:
            journal = self._journals.open(name)
            account = self.accounts[name] = Account(name, journal)
            for path in journal.torn:
                self._edge.log.warning("a torn line was set aside", file=str(path))
        return account

    def _not_ready(self, account: Account) -> str:
        if not self.able:
            return f"not reconciled: {self.inquiry.error}"
        return account.trouble

    def _degraded(self) -> str:
        disk = [account.trouble for account in self.accounts.values() if account.trouble]
        halted = [f"halted: {self.halted.reason}"] if self.halted else []
        waiting = [] if self.able else [f"not reconciled: {self.inquiry.error}"]
        remedy = [REMEDY] if self.truth.unexplained else []
        return "; ".join([*halted, *waiting, *disk, *self.truth.unexplained, *remedy])

    def _show(self) -> None:
        day = exchange_date(self._edge.now())
        for account in self.accounts.values():
            ready, asked = not self._not_ready(account), self.entries.asked(account)
            self._books.show(account, day, self.trouble(account), asked, ready=ready)


def _logged(logs: Path) -> list[str]:
    """Strategies that have a log, also those that the config no longer names: what they own is ours all the same."""
    return [path.parent.name for path in logs.glob(f"*/{TRADES}")]


def _changes(account: Account, breach: Breach) -> bool:
    return ((breach.position, breach.line) in account.ledger.breaches) is not breach.active
