"""One connected client: its version and id, what it is sent, and what is still to be done for it."""

from __future__ import annotations

import asyncio
import logging
import socket
import struct
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from random import Random

from desk.clock import Clock, LoopTimers, Timer
from desk.gateway.book import Book
from desk.gateway.encode import session
from desk.gateway.faults.engine import Faults
from desk.gateway.faults.fault import Ground
from desk.gateway.faults.pieces import Pieces
from desk.gateway.latency import Latency
from desk.gateway.limits import MessageRate
from desk.gateway.settings import Settings
from desk.gateway.source import Source
from messages.contract import Bar, Contract

_log = logging.getLogger(__name__)
_ENOUGH = 1024 * 1024
"""Bytes for one client in one turn of the loop, after which the others have theirs."""
_AT_ONCE = struct.pack("ii", 1, 0)
"""SO_LINGER that throws away what is unsent and resets."""


@dataclass(frozen=True, slots=True)
class Context:
    """What every part of a running gateway works with."""

    settings: Settings
    source: Source
    clock: Clock
    timers: LoopTimers
    book: Book
    latency: Latency
    faults: Faults

    @classmethod
    def of(cls, settings: Settings, source: Source, timers: LoopTimers, random: Random, ground: Ground) -> Context:
        """Return a context with a book, latencies and faults of its own."""
        latency = Latency(settings, random)
        own = Random()
        own.setstate(random.getstate())  # what faults draw must not change anybody else's draws
        faults = Faults(timers, Random(own.getrandbits(64)), ground)
        return cls(settings, source, timers.clock, timers, Book(source), latency, faults)

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
        self.wanted_type = 1
        self.congested = False
        self.closed = False
        self.mute = False
        self.rate = MessageRate(context.settings.messages_per_second)
        self._transport = transport
        self._address = transport.get_extra_info("peername")
        self._buffer: list[bytes] = []
        self._size = 0
        self._pieces: Pieces | None = None
        self._timers: set[Timer] = set()
        self._hearing = True

    def dealt_with(self, amount: int) -> None:
        """Note that bytes from the client have been dealt with: a clock that it shares stands still until then."""
        self.context.clock.arrive(amount, self._address)

    def send(self, *messages: bytes) -> None:
        """Send framed messages, or what the faults that are active leave of them."""
        faults = self.context.faults
        if faults.active:
            faults.outgoing(self, messages)
        else:
            self.put(*messages)

    def put(self, *messages: bytes) -> None:
        """Write bytes at the end of this turn of the loop; nothing once closed or mute."""
        if self.closed or self.mute:
            return
        size = sum(map(len, messages))
        self._size += size
        self.context.clock.depart(size, self._address)
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

    @property
    def served(self) -> bool:
        """Whether it has enough for this turn of the loop: more would be for a client that does not read."""
        return self.congested or self._size > _ENOUGH

    @property
    def pending(self) -> int:
        """How many answers are still to come."""
        return len(self._timers)

    def cancel(self, timer: Timer) -> None:
        """Do not do what `after` was asked for."""
        timer.cancel()
        self._timers.discard(timer)

    def hear(self, *, more: bool) -> None:
        """Read on from the client, or leave what it sends to the network until told."""
        if more != self._hearing and not self._transport.is_closing():
            self._hearing = more
            with suppress(NotImplementedError):  # a transport in memory has no network that could hold it
                (self._transport.resume_reading if more else self._transport.pause_reading)()

    def close(self) -> None:
        """Write what is left and close the connection."""
        self._flush()
        self.leave()
        self._transport.close()

    def reset(self) -> None:
        """Write what is left and reset the connection: the other side reads an error, not an end."""
        self._flush()
        self.leave()
        wire = self._transport.get_extra_info("socket")
        if wire is not None:
            wire.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)
        self._transport.abort()

    def break_up(self, size: int, seconds: float) -> None:
        """From now on write in pieces of `size` bytes, market seconds apart; 0 writes as usual."""
        self._pieces = Pieces(self._transport, size, seconds, self.context.timers) if size else None

    def leave(self) -> None:
        """Forget what was still to be done."""
        self.closed = True
        for timer in self._timers:
            timer.cancel()
        self._timers.clear()
        self._buffer.clear()

    def _flush(self) -> None:
        if self._buffer and not self._transport.is_closing():
            data, self._buffer, self._size = b"".join(self._buffer), [], 0
            (self._pieces or self._transport).write(data)
            if self.congested and self._transport.get_write_buffer_size() > self.context.settings.unsent:
                _log.warning("client %s cut off: it does not read", self.client_id)
                self.leave()
                self._transport.abort()


def attempt(action: Callable[[], None]) -> None:
    """Do something outside any request, so that its failure is logged and ends nothing else."""
    try:
        action()
    except Exception:  # noqa: BLE001  (a timer has nobody to raise to)
        _log.exception("the gateway could not finish an answer")
