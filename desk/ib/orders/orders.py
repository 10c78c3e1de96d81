"""Orders over one broker's sessions: taken from the trader, sent through the gate, told as IB tells of them."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from typing import Any

from ib_async import IB
from ib_async import Contract as IBContract

from desk.clock import LoopTimers
from desk.ib.errors import Disconnected
from desk.ib.keeper import pause
from desk.ib.orders import reports, taps
from desk.ib.orders.asking import Asking
from desk.ib.orders.gate import Gate
from desk.ib.orders.lists import Lists
from desk.ib.orders.looking import Looking
from desk.ib.orders.records import Records
from desk.ib.orders.sending import Sending
from desk.ib.queue import RequestQueue
from desk.ib.session import Session
from messages.orders import Margin as MarginTold
from messages.orders import MarginWanted, OrderState, SessionTold, Truth, TruthWanted

_POLL = 1.0
"""Machine seconds between two looks at the kill switch's file."""
_LOST, _RESTORED = frozenset({1100, 2110}), frozenset({1101, 1102})


class Orders:
    """Takes orders once `run` runs. `tell` hears `OrderTold`, `Executed`, `Charged` and `SessionTold`.

    `acknowledge` is how long IB has to answer what is sent, in seconds of market time.
    """

    def __init__(
        self,
        session: Session,
        queue: RequestQueue,
        timers: LoopTimers,
        gate: Gate,
        tell: Callable[[object], None],
        acknowledge: float,
    ) -> None:
        self._session = session
        self._clock = timers.clock
        self._gate = gate
        self._tell = tell
        self._up = False
        self._halted = ""
        self._records = Records(timers.clock, tell)
        self._lists = Lists(session, queue, timers)
        self._sending = Sending(session, queue, timers, self._records, gate, acknowledge, self._unsynced)
        self._looking = Looking(session, self._lists, timers, self._records, lambda: self._sending.healthy, acknowledge)
        self._asking = Asking(session, self._lists, timers, self._records, self._looking, gate)
        self._records.on_doubt = self._looking.wake
        self._looking.on_synced = self._synced
        self.place = self._sending.place
        self.replace = self._sending.replace
        self.cancel = self._sending.cancel

    async def run(self) -> None:
        """Look orders up, and heed the kill switch; until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._looking.run())
            group.create_task(self._watch())

    async def margin(self, wanted: MarginWanted) -> MarginTold:
        """See `Asking.margin`."""
        return await self._asking.margin(wanted)

    async def truth(self, wanted: TruthWanted) -> Truth:
        """See `Asking.truth`; asked again and again, so that what is old is forgotten here."""
        self._records.forget()
        return await self._asking.truth(wanted)

    def facts(self) -> dict[str, Any]:
        """Say how orders stand: how many there are in each state, and what keeps more from being sent."""
        states = Counter(record.state for record in self._records)
        account, refusal = self._gate.destination(self._session.accounts)
        return {
            "orders_in_flight": sum(1 for record in self._records if record.awaited),
            "orders_working": states[OrderState.WORKING],
            "orders_unknown": states[OrderState.UNKNOWN],
            "orders_doubled": sum(1 for record in self._records if record.doubled),
            "orders_foreign": len(self._looking.foreign),
            "trading_account": account,
            "halted": self._halted,
            "orders_refused": refusal or self._unsynced(),
        }

    def tapped(self, ib: IB) -> None:
        """Begin to listen on a new connection's `IB`."""
        taps.listen(ib, self)
        ib.errorEvent += self._error

    def connected(self) -> None:
        """Begin with a session: nothing is placed before the first full look."""
        self._records.connected(self._session.client_id)
        self._session.ib.client.updateReqId(self._records.floor)
        self._resync()

    def lost(self, error: Disconnected) -> None:
        """End with a session."""
        self._lists.lost(error)
        self._sending.lost(str(error))
        self._looking.unsync()
        self._down(str(error))

    def abandon(self) -> None:
        """Leave nothing that is under way untold: the broker ends."""
        self._sending.abandon("the broker ended while it was under way")
        self._down("the broker ended")

    def opened(self, report: reports.Open) -> None:
        """See `taps.Listener`."""
        self._looking.opened(report)
        self._records.opened(report)

    def status(self, report: reports.Status) -> None:
        """See `taps.Listener`."""
        self._records.status(report)

    def completed(self, report: reports.Completed) -> None:
        """See `taps.Listener`."""
        self._records.completed(report)

    def executed(self, fields: list[str]) -> None:
        """See `taps.Listener`."""
        self._records.execution(reports.fill(fields, self._clock.time()))

    def charged(self, report: reports.Cost) -> None:
        """See `taps.Listener`."""
        self._records.cost(report)

    def held(self, account: str, contract: IBContract, quantity: float, average_cost: float) -> None:
        """See `taps.Listener`."""
        self._asking.held(account, contract, quantity, average_cost)

    def ended(self, what: str) -> None:
        """See `taps.Listener`."""
        self._lists.ended(what)

    async def _watch(self) -> None:
        while True:
            self._halted = self._gate.halted()
            if self._halted:
                self._sending.cancel_entries()
            await pause(_POLL)

    def _error(self, number: int, code: int, text: str, _contract: object) -> None:
        if number >= 0:
            self._records.error(number, code, text)
        elif code in _LOST:
            self._lists.lost(Disconnected(text))
            self._looking.unsync()
            self._down(text)
        elif code in _RESTORED and self._session.ready.is_set():
            self._resync()

    def _resync(self) -> None:
        self._looking.unsync()
        self._looking.wake()

    def _synced(self) -> None:
        self._up = True
        self._tell(SessionTold(up=True, connection=self._session.connection))

    def _down(self, reason: str) -> None:
        if self._up:
            self._up = False
            self._tell(SessionTold(up=False, connection=self._session.connection, reason=reason))

    def _unsynced(self) -> str:
        if self._looking.synced:
            return ""
        if self._session.read_only:
            return "the gateway's API is in read-only mode"
        return f"orders are being looked up after the connect {self._looking.trouble}".rstrip()
