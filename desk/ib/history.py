"""Daily bars, within IB's rules for historical requests, asked once per exchange day."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Hashable, Sequence
from datetime import timedelta

from ib_async import BarData

from desk.clock import LoopTimers
from desk.ib.convert import to_bar, to_ib
from desk.ib.errors import Expired
from desk.ib.memo import Memo
from desk.ib.session import Session
from desk.market.calendar import exchange_date, session
from messages.contract import Bar, Contract
from messages.market import Priority

_TEN_MINUTES, _PER_TEN_MINUTES = 600.0, 60
_PER_CONTRACT_SECONDS, _PER_CONTRACT = 2.0, 5
"""IB objects to six or more in two seconds."""
_IDENTICAL = 15.0
_REGULAR_HOURS, _NO_UPDATES = True, False
_MOST_DAYS = 365
_DAYS_IN_A_YEAR = 252
_DAY = timedelta(days=1)


class HistoryRules:
    """When IB takes the next historical request: 60 in ten minutes, 5 per contract in 2 s, no identical one in 15 s."""

    def __init__(self) -> None:
        self._all: deque[float] = deque(maxlen=_PER_TEN_MINUTES)
        self._contracts: dict[Hashable, deque[float]] = {}
        self._requests: dict[Hashable, float] = {}

    def earliest(self, contract: Hashable, request: Hashable) -> float:
        """Market time from which `request`, which is about `contract`, may be sent."""
        recent = self._contracts.get(contract) or deque()
        return max(
            self._all[0] + _TEN_MINUTES if len(self._all) == _PER_TEN_MINUTES else 0.0,
            recent[0] + _PER_CONTRACT_SECONDS if len(recent) == _PER_CONTRACT else 0.0,
            self._requests.get(request, -math.inf) + _IDENTICAL,
        )

    def note(self, contract: Hashable, request: Hashable, now: float) -> None:
        """Count a request sent at `now`, and forget what no rule needs any more."""
        self._all.append(now)
        self._contracts = {c: times for c, times in self._contracts.items() if times[-1] > now - _PER_CONTRACT_SECONDS}
        self._requests = {r: sent for r, sent in self._requests.items() if sent > now - _IDENTICAL}
        self._contracts.setdefault(contract, deque(maxlen=_PER_CONTRACT)).append(now)
        self._requests[request] = now


class History:
    """Daily bars of complete sessions."""

    def __init__(self, session: Session, timers: LoopTimers, patience: float) -> None:
        self._session = session
        self._timers = timers
        self._patience = patience
        self._rules = HistoryRules()
        self._memo = Memo(timers.clock, self._last_complete)

    async def bars(
        self, contract: Contract, what: str, days: int, priority: Priority, deadline: float
    ) -> Sequence[Bar]:
        """Return the bars of the last `days` complete sessions, oldest first; fewer where IB has fewer.

        Raises `NoData`, `PacingViolation`, or how else the request ended.
        """
        key = (contract, what, days)

        async def ask() -> list[Bar]:
            await self._turn(key, deadline)
            back = days + 1  # IB's count includes the session that is running
            duration = f"{back} D" if back <= _MOST_DAYS else f"{math.ceil(back / _DAYS_IN_A_YEAR)} Y"
            wanted = to_ib(contract)
            found: list[BarData] = await self._session.ask(
                lambda client, number: client.reqHistoricalData(
                    number,
                    wanted,
                    "",
                    duration,
                    "1 day",
                    what,
                    _REGULAR_HOURS,
                    1,
                    _NO_UPDATES,
                    [],
                ),
                priority,
                min(deadline, self._timers.clock.time() + self._patience),
                lambda client, number: client.cancelHistoricalData(number),
            )
            last = self._last_complete()
            return [bar for bar in map(to_bar, found) if bar.date <= last]

        return (await self._memo.get(key, ask))[-days:]

    async def _turn(self, request: tuple[Contract, str, int], deadline: float) -> None:
        while (wait := self._rules.earliest(request[0], request) - self._timers.clock.time()) > 0:
            if self._timers.clock.time() + wait > deadline:
                raise Expired("IB's rules for historical requests do not allow it before its deadline")
            await self._timers.sleep(wait)
        self._rules.note(request[0], request, self._timers.clock.time())

    def _last_complete(self) -> str:
        """Day (`YYYYMMDD`) that bars may not be later than: yesterday, or today once its session is over."""
        now = self._timers.clock.time()
        today = exchange_date(now)
        running = session(today)
        over = running is not None and now >= running.closes
        return f"{today if over else today - _DAY:%Y%m%d}"
