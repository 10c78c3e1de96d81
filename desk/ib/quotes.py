"""Quoting a list of contracts: one is asked for after the other, and each is done when its ticks are there."""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import Callable, Sequence

from desk.clock import LoopTimers
from desk.config import model
from desk.ib.errors import BrokerError, LinesExceeded
from desk.ib.feeds import Feeds
from desk.ib.lines import Lines
from desk.ib.patience import Patience
from desk.ib.watch import Watch
from desk.market.contracts import dte
from messages.contract import Contract, Quote
from messages.market import Priority

_OPEN_INTEREST = "101"
_FAR = 45
"""Calendar days to expiry from which an option may take its time."""
_TRIES = 3
"""Times a contract is asked for when IB grants no line for it."""


class Round:
    """The quotes of some options of one chain.

    Contracts are subscribed one after the other, as fast as pacing and free lines allow, and watched side by side. The
    pace is learned anew in each round, apart for near and far expiries.
    """

    def __init__(
        self,
        settings: model.Broker,
        feeds: Feeds,
        lines: Lines,
        timers: LoopTimers,
        priority: Priority,
        progress: Callable[[int, int], None],
    ) -> None:
        self._settings = settings
        self._feeds = feeds
        self._lines = lines
        self._timers = timers
        self._priority = priority
        self._progress = progress
        longest = settings.greeks_deadline
        self._near = Patience(settings.quote_deadline_near, longest), Patience(settings.quote_deadline, longest)
        self._far = Patience(settings.quote_deadline, longest), Patience(settings.quote_deadline, longest)
        self._waiting: deque[Contract] = deque()
        self._active: set[Watch] = set()
        self._change = asyncio.Event()
        self._tries: Counter[Contract] = Counter()
        self._asked = 0
        self._step = 1
        self.quotes: dict[Contract, Quote] = {}
        self.failed: Counter[str] = Counter()

    async def run(self, contracts: Sequence[Contract], deadline: float) -> None:
        """Fill `quotes` and `failed`, which counts by reason; at `deadline` (market time) with what is there."""
        self._waiting.extend(contracts)
        self._asked = len(contracts)
        self._step = max(1, self._asked // 20)
        try:
            await self._timers.within(max(0.0, deadline - self._timers.clock.time()), self._all())
        except TimeoutError:
            self._stop()
            self.failed["deadline"] += len(self._waiting)
        finally:
            self._stop()

    def _stop(self) -> None:
        for watch in list(self._active):
            watch.finish()

    async def _all(self) -> None:
        while self._waiting or self._active:
            while self._waiting:
                await self._start(self._waiting[0])
            if self._active:
                self._change.clear()
                await self._change.wait()

    async def _start(self, contract: Contract) -> None:
        try:
            feed = await self._feeds.subscribe(contract, _OPEN_INTEREST, self._priority)
        except BrokerError as error:
            self.failed[error.reason] += len(self._waiting)
            self._waiting.clear()
            return
        self._waiting.popleft()
        sides, greeks = self._far if dte(contract.expiry, self._timers.clock.time()) >= _FAR else self._near
        longest = self._settings.greeks_deadline
        watch = Watch(contract, feed, self._timers, self._lines, sides, greeks, longest, self._finished)
        self._active.add(watch)
        watch.begin()

    def _finished(self, watch: Watch) -> None:
        self._active.discard(watch)
        self._change.set()
        self._tries[watch.contract] += 1
        result = watch.result()
        self._feeds.release(watch.feed)
        if isinstance(watch.error, LinesExceeded) and self._tries[watch.contract] < _TRIES:
            self._waiting.append(watch.contract)
            return
        if isinstance(result, Quote):
            self.quotes[watch.contract] = result
        else:
            self.failed[result] += 1
        done = len(self.quotes) + self.failed.total()
        if done % self._step == 0 or done == self._asked:
            self._progress(done, self._asked)
