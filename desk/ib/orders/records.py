"""The truth about orders: what IB has said, by orderRef, permId and execId, told on once."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import replace

from desk.clock import Clock
from desk.ib.orders import codes, reports
from desk.ib.orders.record import ENDING, STATUSES, Awaited, Record
from messages.orders import Charged, Executed, OrderState

_FORGET = 86_400.0
"""Seconds after which an ended order is forgotten; IB itself tells of a day only."""
_JUMP = 1000
"""Numbers to pass over when one that nothing shows to be used is: how many more are, nobody says."""
_EARLY = 1000
"""Commissions kept for executions that have not come."""


class Records:
    """Takes in IB's reports for client `client_id`; `tell` hears of every change (`OrderTold`, `Executed`, `Charged`).

    `floor` is above every number that this client id is known to have used, over all connections.
    """

    def __init__(self, clock: Clock, tell: Callable[[object], None]) -> None:
        self._clock = clock
        self._tell = tell
        self._by_ref: dict[str, Record] = {}
        self._by_number: dict[int, Record] = {}
        self._executed: dict[str, Executed] = {}
        self._charged: dict[str, Charged] = {}
        self._early: OrderedDict[str, reports.Cost] = OrderedDict()
        self.client_id = -1
        self.floor = 1
        self.on_doubt: Callable[[], None] = lambda: None

    def __iter__(self) -> Iterator[Record]:
        """Every order known."""
        return iter(list(self._by_ref.values()))

    def get(self, order_id: str) -> Record | None:
        """Return an order's record."""
        return self._by_ref.get(order_id)

    def of(self, order_id: str) -> Record:
        """Return an order's record, a new one when there is none."""
        return self._by_ref.setdefault(order_id, Record(order_id))

    @property
    def executed(self) -> tuple[Executed, ...]:
        """Every execution known, each in its latest revision."""
        return tuple(self._executed.values())

    @property
    def charged(self) -> tuple[Charged, ...]:
        """Every commission known."""
        return tuple(self._charged.values())

    def connected(self, client_id: int) -> None:
        """Begin with a connection; under another client id no number holds."""
        if client_id != self.client_id:
            self._by_number.clear()
        self.client_id = client_id

    def number(self, record: Record, number: int) -> None:
        """Remember under what number an order is sent."""
        record.number, record.client_id = number, self.client_id
        self._by_number[number] = record
        self.floor = max(self.floor, number + 1)

    def numbered(self, record: Record) -> int | None:
        """Return the number of an order, None without one that holds for this client id."""
        return record.number if record.client_id == self.client_id else None

    def emit(self, record: Record) -> None:
        """Tell of an order, if that is news."""
        told = record.telling(self._clock.time())
        if record.told is None or replace(told, at=record.told.at) != record.told:
            record.told = told
            self._tell(told)

    def repeat(self, record: Record) -> None:
        """Tell of an order, news or not: somebody has asked something of it."""
        record.told = None
        self.emit(record)

    def doubt(self, record: Record, code: int, text: str) -> None:
        """Take an order for unknown, and have it looked up."""
        record.doubt(code, text)
        self.emit(record)
        self.on_doubt()

    def opened(self, report: reports.Open) -> None:
        """Take in an open order. It does not say what has filled, so its end counts by the status that follows only."""
        self._used(report.client_id, report.number)
        if not report.ref or report.status not in STATUSES:
            return
        record = self.of(report.ref)
        if report.client_id == self.client_id and report.number > 0:
            self.number(record, report.number)
        record.quantity = record.order.quantity if record.order else report.quantity
        record.contract, record.terms, record.net = report.contract, report.terms, report.net
        if record.awaited is Awaited.REPLACED and report.net == record.asked:
            record.awaited, record.asked, record.code, record.text = Awaited.NOTHING, None, 0, ""
        if report.status not in ENDING:
            record.saw(report.perm_id, report.status, 0, self._clock.time())
            self.emit(record)

    def status(self, report: reports.Status) -> None:
        """Take in a status; one of an order that this client has not sent and not been shown says nothing."""
        record = self._by_number.get(report.number)
        if record is None or report.client_id != self.client_id or report.status not in STATUSES:
            return
        record.quantity = record.quantity or report.filled + report.remaining
        record.saw(report.perm_id, report.status, report.filled, self._clock.time())
        self.emit(record)

    def completed(self, report: reports.Completed) -> None:
        """Take in a completed order."""
        if not report.ref or report.status not in STATUSES:
            return
        record = self.of(report.ref)
        if not record.ended:
            record.text = report.text
        record.saw(report.perm_id, report.status, report.filled, self._clock.time())
        self.emit(record)

    def execution(self, report: reports.Fill) -> None:
        """Take in an execution; a repeated one is no news, a correction is."""
        self._used(report.client_id, report.number)
        known = self._executed.get(report.exec_id)
        if not report.ref or (known is not None and known.revision >= report.revision):
            return
        r = report
        row = Executed(r.ref, r.fill, r.exec_id, r.revision, r.con_id, r.bought, r.quantity, r.price, r.at)
        self._executed[r.exec_id] = row
        self._tell(row)
        if r.con_id == 0:
            self._count(self.of(r.ref))
        early = self._early.pop(r.exec_id, None)
        if early is not None:
            self.cost(early)

    def cost(self, report: reports.Cost) -> None:
        """Take in a commission; one that comes before its execution waits for it."""
        row = self._executed.get(report.exec_id)
        if row is None:
            self._early[report.exec_id] = report
            while len(self._early) > _EARLY:
                self._early.popitem(last=False)
            return
        charged = Charged(row.order_id, row.fill, row.exec_id, report.commission, report.realised)
        if self._charged.get(row.exec_id) != charged:
            self._charged[row.exec_id] = charged
            self._tell(charged)

    def error(self, number: int, code: int, text: str) -> None:
        """Take in an error about a number, if it is that of an order."""
        record = self._by_number.get(number)
        if record is None or record.ended or self.numbered(record) != number:
            return
        if code in codes.NOTES:
            record.code, record.text = code, text
            self.emit(record)
        elif code in codes.CANCEL_DOUBTS:
            self._cancel_refused(record, code, text)
        elif record.perms and record.awaited is Awaited.REPLACED and code in codes.KEPT:
            record.awaited, record.asked, record.code, record.text = Awaited.NOTHING, None, code, text
            self.emit(record)
        elif not record.perms and code in codes.REFUSALS:
            self._refused(record, code, text)
        else:
            self.doubt(record, code, text)

    def forget(self) -> None:
        """Forget orders that ended long ago, and their executions."""
        limit = self._clock.time() - _FORGET
        for record in self:
            if (record.ended or record.state is OrderState.ABSENT) and max(record.heard, record.missed) < limit:
                del self._by_ref[record.order_id]
        self._by_number = {n: record for n, record in self._by_number.items() if record.order_id in self._by_ref}
        for row in self.executed:
            if row.at < limit and row.order_id not in self._by_ref:
                del self._executed[row.exec_id]
                self._charged.pop(row.exec_id, None)

    def _count(self, record: Record) -> None:
        rows = (row for row in self._executed.values() if row.order_id == record.order_id and row.con_id == 0)
        record.done = sum(row.quantity for row in rows)
        record.heard = self._clock.time()
        if record.state is None:
            record.state = OrderState.UNKNOWN
        if record.done >= record.quantity > 0 and not record.live:
            record.settle()
        self.emit(record)

    def _cancel_refused(self, record: Record, code: int, text: str) -> None:
        if record.state is OrderState.ABSENT:
            record.awaited, record.code, record.text = Awaited.NOTHING, code, text
            self.emit(record)
        else:
            self.doubt(record, code, text)

    def _refused(self, record: Record, code: int, text: str) -> None:
        record.state, record.awaited, record.code, record.text = OrderState.REJECTED, Awaited.NOTHING, code, text
        record.heard = self._clock.time()
        if code == codes.DUPLICATE and record.number is not None:
            del self._by_number[record.number]
            record.number = None
            self.floor += _JUMP
        self.emit(record)

    def _used(self, client_id: int, number: int) -> None:
        if client_id == self.client_id and number > 0:
            self.floor = max(self.floor, number + 1)
