"""Market-data subscriptions: a line each, shared by all who want the same, and nothing left behind afterwards."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from contextlib import suppress

from ib_async import Ticker

from desk.clock import Clock, LoopTimers
from desk.ib.convert import to_ib
from desk.ib.errors import PARTIAL, BrokerError, Disconnected, LinesExceeded, from_code
from desk.ib.lines import Line, Lines
from desk.ib.queue import RequestQueue
from desk.ib.session import Session
from messages.contract import Contract
from messages.market import Priority

_LATE_TICKS = 500
"""Cancelled subscriptions whose last ticks may still be on the way."""


class Feed:
    """One live subscription. Its `ticker` fills; after each change it calls `listeners`.

    `opened` and `received` are market times of its request and of its last tick (None before). `error` ends it;
    `warnings` are codes after which it goes on.
    """

    def __init__(self, contract: Contract, ticks: str, priority: Priority, clock: Clock) -> None:
        self.contract = contract
        self.ticks = ticks
        self.priority = priority
        self.ticker = Ticker()
        self.opened = clock.time()
        self.received: float | None = None
        self.error: BrokerError | None = None
        self.warnings: set[int] = set()
        self.listeners: list[Callable[[], None]] = []
        self.line: Line | None = None
        self.request: int | None = None
        self.users = 0
        self.opening: asyncio.Task[None] | None = None
        self._clock = clock

    @property
    def key(self) -> tuple[Contract, str]:
        """What makes two subscriptions the same."""
        return self.contract, self.ticks

    def start(self, ticker: Ticker, request: int) -> None:
        """Take ticks from `ticker`, asked for with `request`, from now on."""
        self.ticker = ticker
        self.request = request
        self.opened = self._clock.time()
        self.received = None
        ticker.updateEvent += self._updated

    def warn(self, code: int) -> None:
        """Note a code after which ticks may still come."""
        self.warnings.add(code)
        self._notify()

    def fail(self, error: BrokerError) -> None:
        """End it."""
        self.error = error
        self._notify()

    def _updated(self, _ticker: Ticker) -> None:
        self.received = self._clock.time()
        self._notify()

    def _notify(self) -> None:
        for listener in list(self.listeners):
            listener()


async def settled(feed: Feed, timers: LoopTimers, seconds: float, complete: Callable[[Feed], bool]) -> None:
    """Wait until a feed is complete or has ended, for so many seconds of market time at most."""
    done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def look() -> None:
        if not done.done() and (feed.error is not None or complete(feed)):
            done.set_result(None)

    feed.listeners.append(look)
    look()
    try:
        with suppress(TimeoutError):  # what came is what there is
            await timers.within(seconds, done)
    finally:
        feed.listeners.remove(look)


class Feeds:
    """Every subscription of the session. Use `subscribe` and `release` in pairs."""

    def __init__(self, session: Session, queue: RequestQueue, lines: Lines, clock: Clock) -> None:
        self._session = session
        self._queue = queue
        self._lines = lines
        self._clock = clock
        self._feeds: dict[tuple[Contract, str], Feed] = {}
        self._requests: dict[int, Feed] = {}
        self._live: set[Feed] = set()
        self._sink = Ticker()
        self._sunk: deque[int] = deque()
        session.listener = self

    def __len__(self) -> int:
        return len(self._feeds)

    async def subscribe(self, contract: Contract, ticks: str, priority: Priority) -> Feed:
        """Return the feed of `contract` with generic `ticks`, once its request is sent; shared if there is one.

        Waits for a line and for its turn. `Disconnected` without a session. IB's own refusal arrives as `Feed.error`.
        """
        feed = self._feeds.get((contract, ticks))
        if feed is None:
            feed = Feed(contract, ticks, priority, self._clock)
            self._feeds[feed.key] = feed
            feed.opening = asyncio.ensure_future(self._open(feed))
        feed.users += 1
        assert feed.opening is not None
        try:
            await asyncio.shield(feed.opening)
        except BaseException:
            self.release(feed)
            raise
        return feed

    def release(self, feed: Feed) -> None:
        """Give back one use; the last one cancels the subscription and returns its line."""
        feed.users -= 1
        if feed.users > 0:
            return
        self._drop(feed)
        if feed.opening is not None and not feed.opening.done():
            feed.opening.cancel()
        else:
            self._close(feed)

    def lost(self, error: Disconnected) -> None:
        """See `Listener`: every feed ends, and the gateway has forgotten our lines."""
        feeds = list(self._live)
        self._feeds.clear()
        self._requests.clear()
        self._live.clear()
        self._sunk.clear()
        self._lines.reset()
        for feed in feeds:
            feed.fail(error)

    def refused(self, req_id: int, code: int, text: str) -> None:
        """See `Listener`."""
        feed = self._requests.get(req_id)
        if feed is None:
            return
        if code in PARTIAL or 2100 <= code < 2200:
            feed.warn(code)
            return
        error = from_code(code, text)
        if isinstance(error, LinesExceeded):
            self._lines.shrink()
        self._forget(feed)
        self._drop(feed)
        self._return_line(feed)
        feed.fail(error)

    def data_lost(self) -> None:
        """See `Listener`: ask again for everything that is leased, on the lines it has."""
        for feed in list(self._requests.values()):
            self._forget(feed)
            self._queue.post(lambda feed=feed: self._again(feed), feed.priority)  # type: ignore[misc]

    async def _open(self, feed: Feed) -> None:
        try:
            feed.line = await self._lines.lease(feed.priority)
            await self._queue.send(lambda: self._send(feed), feed.priority, float("inf"))
        except BaseException:
            self._drop(feed)
            self._close(feed)
            raise

    def _send(self, feed: Feed) -> None:
        ib = self._session.ib
        try:
            request = ib.client.getReqId()
        except ConnectionError:
            raise Disconnected("the connection was lost") from None
        contract = to_ib(feed.contract)
        ticker = Ticker(contract=contract, defaults=ib.wrapper.defaults)
        ib.wrapper.reqId2Ticker[request] = ticker
        feed.start(ticker, request)
        self._requests[request] = feed
        self._live.add(feed)
        ib.client.reqMktData(request, contract, feed.ticks, False, False, [])  # noqa: FBT003 - never a snapshot

    def _again(self, feed: Feed) -> None:
        if feed.users > 0 and feed.line is not None and feed.line.held:
            with suppress(Disconnected):  # its end is on the way to us
                self._send(feed)

    def _close(self, feed: Feed) -> None:
        """Cancel at the gateway, in turn, and give the line back once that is sent."""
        if feed.line is None or not feed.line.held:
            return
        if feed.request in self._requests:
            feed.line.returning = True
            self._queue.post(lambda: self._cancel(feed), feed.priority)
        else:
            self._return_line(feed)

    def _cancel(self, feed: Feed) -> None:
        if feed.request in self._requests and self._session.ready.is_set():
            request = feed.request
            assert request is not None
            self._forget(feed)
            with suppress(ConnectionError):  # its end is on the way to us
                self._session.ib.client.cancelMktData(request)
        self._return_line(feed)

    def _return_line(self, feed: Feed) -> None:
        self._live.discard(feed)
        if feed.line is not None:
            self._lines.give_back(feed.line)

    def _drop(self, feed: Feed) -> None:
        """Let nobody else share it."""
        if self._feeds.get(feed.key) is feed:
            del self._feeds[feed.key]

    def _forget(self, feed: Feed) -> None:
        """Leave nothing of a request behind, but let its late ticks, which ib_async would report, go nowhere."""
        if feed.request is None or self._requests.pop(feed.request, None) is None or not self._session.ready.is_set():
            return
        tickers = self._session.ib.wrapper.reqId2Ticker
        tickers[feed.request] = self._sink
        self._sunk.append(feed.request)
        if len(self._sunk) > _LATE_TICKS:
            tickers.pop(self._sunk.popleft(), None)
