"""One connected client: its version and id, what it is sent, and what is still to be done for it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from random import Random

from desk.clock import Clock, LoopTimers, Timer
from desk.gateway.book import Book
from desk.gateway.encode import session
from desk.gateway.latency import Latency
from desk.gateway.limits import MessageRate
from desk.gateway.settings import Settings
from desk.gateway.source import Source
from messages.contract import Bar, Contract

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Context:
    """What every part of a running gateway works with."""

    settings: Settings
    source: Source
    clock: Clock
    timers: LoopTimers
    book: Book
    latency: Latency

    @classmethod
    def of(cls, settings: Settings, source: Source, timers: LoopTimers, random: Random) -> Context:
        """Return a context with a book and latencies of its own."""
        return cls(settings, source, timers.clock, timers, Book(source), Latency(settings, random))

    def today(self, origin: Contract) -> Bar | None:
        """Return the session so far of a stock or index of the source, in cents as IB quotes it."""
        bar = self.source.day(origin, self.clock.time())
        if bar is None:
            return None
        opened, high, low, last = (round(price, 2) for price in (bar.open, bar.high, bar.low, bar.close))
        return replace(bar, open=opened, high=high, low=low, close=last)


class Client:
    """The gateway's side of one connection. Messages of one loop turn leave in one write."""

    def __init__(self, context: Context, transport: asyncio.Transport) -> None:
        self.context = context
        self.version = 0
        self.client_id: int | None = None
        self.data_type = 1
        self.congested = False
        self.closed = False
        self.governed = False
        self.rate = MessageRate(context.settings.messages_per_second)
        self._transport = transport
        self._buffer: list[bytes] = []
        self._timers: set[Timer] = set()

    def heard(self) -> None:
        """Find out with its first bytes whether the client shares the clock: then each side notes what is under way."""
        self.governed = self.context.clock.joined(self._transport.get_extra_info("peername"))

    def dealt_with(self, amount: int) -> None:
        """Note on a shared clock that bytes from the client have been dealt with."""
        if self.governed:
            self.context.clock.arrive(amount)

    def send(self, *messages: bytes) -> None:
        """Write framed messages at the end of this turn of the loop; nothing once closed."""
        if self.closed:
            return
        if self.governed:
            self.context.clock.depart(sum(map(len, messages)))
        if not self._buffer:
            asyncio.get_running_loop().call_soon(self._flush)
        self._buffer += messages

    def error(self, request_id: int, code: int, text: str) -> None:
        """Send an error; -1 is no request's."""
        self.send(session.error(self.version, request_id, code, text))

    def after(self, seconds: float, action: Callable[[], None]) -> Timer | None:
        """Do something for this client after market seconds, at once for 0, unless it has left by then."""
        if seconds <= 0:
            action()
            return None

        def act() -> None:
            self._timers.discard(timer)
            attempt(action)

        timer = self.context.timers.call_later(seconds, act)
        self._timers.add(timer)
        return timer

    def cancel(self, timer: Timer) -> None:
        """Do not do what `after` was asked for."""
        timer.cancel()
        self._timers.discard(timer)

    def close(self) -> None:
        """Write what is left and close the connection."""
        self._flush()
        self.leave()
        self._transport.close()

    def leave(self) -> None:
        """Forget what was still to be done; bytes that were never written are no longer on their way."""
        self.closed = True
        for timer in self._timers:
            timer.cancel()
        self._timers.clear()
        if self.governed:
            self.context.clock.arrive(sum(map(len, self._buffer)))
        self._buffer.clear()

    def _flush(self) -> None:
        if self._buffer and not self._transport.is_closing():
            data, self._buffer = b"".join(self._buffer), []
            self._transport.write(data)


def attempt(action: Callable[[], None]) -> None:
    """Do something outside any request, so that its failure is logged and ends nothing else."""
    try:
        action()
    except Exception:  # noqa: BLE001  (a timer has nobody to raise to)
        _log.exception("the gateway could not finish an answer")
