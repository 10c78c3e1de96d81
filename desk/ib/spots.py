"""Quotes of single contracts: a standing line each, leased once and kept; those of options as long as somebody asks."""

from __future__ import annotations

import asyncio
import math

from desk.clock import LoopTimers
from desk.ib.convert import model, price, to_quote
from desk.ib.errors import Timeout
from desk.ib.feeds import Feed, Feeds, settled
from messages.contract import Contract, Quote
from messages.market import Priority

_STALE = 60.0
"""Seconds without a tick after which a standing line is made anew: a farm's blip can leave it dead without a word."""
_IDLE = 900.0
"""Seconds after which nobody is thought to hold an option that was not asked for: the longest poll is 300 s."""


class StandingQuotes:
    """Underlyings and indices that somebody has asked for since the start, and options that somebody holds."""

    def __init__(self, feeds: Feeds, timers: LoopTimers, patience: float) -> None:
        self._feeds = feeds
        self._timers = timers
        self._patience = patience
        self._standing: dict[Contract, Feed] = {}
        self._wanted: dict[Contract, Priority] = {}
        self._asked: dict[Contract, float] = {}
        self._renewals: dict[Contract, asyncio.Task[Feed]] = {}

    async def quote(self, contract: Contract, priority: Priority, deadline: float) -> Quote:
        """Return the current quote, waiting a few seconds for the first ticks of a new line, an option's Greeks too.

        Raises the error that IB ended the line with, `Timeout` when nothing at all came, or `Disconnected`.
        """
        self._forget_idle_options()
        self._asked[contract] = self._timers.clock.time()
        feed = await self._feed(contract, priority)
        left = min(feed.opened + self._patience, deadline) - self._timers.clock.time()
        if left > 0 and not _complete(feed):
            await settled(feed, self._timers, left, _complete)
        if feed.error is not None:
            raise feed.error
        if feed.received is None:
            raise Timeout(f"no tick of {contract.symbol} came")
        self._wanted[contract] = priority
        return to_quote(contract, feed.ticker, feed.received, map(str, sorted(feed.warnings)))

    def resume(self) -> None:
        """Lease again, after a reconnect, every line that has served."""
        for contract, priority in self._wanted.items():
            if contract not in self._renewals:
                self._renew(contract, priority)

    def release(self) -> None:
        """Give every line back."""
        for task in self._renewals.values():
            task.cancel()
        for feed in self._standing.values():
            self._feeds.release(feed)
        self._standing.clear()

    def _forget_idle_options(self) -> None:
        since = self._timers.clock.time() - _IDLE
        for contract in [c for c, asked in self._asked.items() if c.sec_type == "OPT" and asked < since]:
            del self._asked[contract]
            self._wanted.pop(contract, None)
            if (feed := self._standing.pop(contract, None)) is not None:
                self._feeds.release(feed)

    async def _feed(self, contract: Contract, priority: Priority) -> Feed:
        renewal = self._renewals.get(contract)
        if renewal is None:
            feed = self._standing.get(contract)
            if feed is not None and not self._dead(feed):
                return feed
            renewal = self._renew(contract, priority)
        return await asyncio.shield(renewal)

    def _renew(self, contract: Contract, priority: Priority) -> asyncio.Task[Feed]:
        task = asyncio.ensure_future(self._open(contract, priority))
        self._renewals[contract] = task
        task.add_done_callback(lambda done: self._renewed(contract, done))
        return task

    def _renewed(self, contract: Contract, task: asyncio.Task[Feed]) -> None:
        if self._renewals.get(contract) is task:
            del self._renewals[contract]
        if not task.cancelled():
            task.exception()  # whoever waits has it; a renewal after a reconnect may have nobody

    async def _open(self, contract: Contract, priority: Priority) -> Feed:
        old = self._standing.pop(contract, None)
        if old is not None:
            self._feeds.release(old)
        feed = await self._feeds.subscribe(contract, "", priority)
        self._standing[contract] = feed
        return feed

    def _dead(self, feed: Feed) -> bool:
        since = self._timers.clock.time() - (feed.received if feed.received is not None else feed.opened)
        return feed.error is not None or since > _STALE


def _complete(feed: Feed) -> bool:
    ticker, kind = feed.ticker, feed.contract.sec_type
    two_sided = price(ticker.bid) is not None and price(ticker.ask) is not None
    if kind == "OPT":
        return two_sided and model(ticker) is not None
    return not math.isnan(ticker.last) and (two_sided or kind == "IND")
