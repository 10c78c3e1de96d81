"""An ib_async `IB` made ready for us: unthrottled, counted, and without the things it does by itself."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, field

from ib_async import IB

from desk.clock import Clock
from desk.ib.governor import Governor
from desk.ib.pacer import Pacer

_BID = 1
_NOISY = ("ib_async.client", "ib_async.ib", "ib_async.wrapper")
"""They log as errors what reaches us as typed errors and notices. Its decoder's complaints are left to be seen."""


@dataclass(slots=True)
class Wire:
    """One connection's `IB`; `gone` is done, with the reason, when its socket has closed."""

    ib: IB
    gone: asyncio.Future[str]
    heard: float = 0.0
    """Machine time at which the last bytes came."""
    governor: Governor | None = field(default=None)

    async def hang_up(self) -> None:
        """Close the socket in order: say that we are done, read what is still on its way, and leave within a second.

        The second is machine time.
        """
        client = self.ib.client
        if client.conn.transport is None:
            return
        client.connState = client.DISCONNECTED
        client.conn.transport.write_eof()
        if not (await asyncio.wait({self.gone}, timeout=1.0))[0]:
            self.abort()
            await asyncio.wait({self.gone}, timeout=1.0)

    def abort(self) -> None:
        """Close the socket without a farewell."""
        if self.ib.client.conn.transport is not None:
            self.ib.client.conn.transport.abort()


def make(clock: Clock, pacer: Pacer, *, governed: bool) -> Wire:
    """Make an unconnected `IB` whose messages `pacer` counts and whose bytes, when governed, the clock knows of."""
    ib = IB()
    ib.RaiseRequestErrors = True
    ib.client.MaxRequests = 0
    ib.errorEvent -= ib._onError  # noqa: SLF001 - at every 1102 it asks for an account summary, past our queue
    for name in _NOISY:
        logging.getLogger(name).setLevel(logging.CRITICAL)
    wire = Wire(ib, asyncio.get_running_loop().create_future(), governor=Governor(clock) if governed else None)
    _count_sent(wire, clock, pacer)
    _count_received(wire, clock)
    _keep_zero_bids(ib)
    return wire


def _count_sent(wire: Wire, clock: Clock, pacer: Pacer) -> None:
    connection = wire.ib.client.conn
    write: Callable[[bytes], None] = connection.sendMsg

    def send(message: bytes) -> None:
        if connection.transport is not None:
            pacer.note(clock.time())
            if wire.governor is not None:
                wire.governor.sent(len(message), connection.transport.get_extra_info("sockname"))
        write(message)

    connection.sendMsg = send  # type: ignore[method-assign]  # ib_async offers no hook


def _count_received(wire: Wire, clock: Clock) -> None:
    def data(received: bytes) -> None:
        wire.heard = clock.machine()
        if wire.governor is not None:
            wire.governor.processed(len(received))

    def closed(reason: str) -> None:
        if wire.governor is not None:
            wire.governor.settle()
        if not wire.gone.done():
            wire.gone.set_result(reason)

    wire.ib.client.conn.hasData += data  # after ib_async's own, so what came is decoded
    wire.ib.client.conn.disconnected += closed


def _keep_zero_bids(ib: IB) -> None:
    """Let a bid of 0 be 0: nobody bids. ib_async takes a size of 0 for "unknown" and says -1."""
    wrapper, price_size = ib.wrapper, ib.wrapper.priceSizeTick

    def tick(req_id: int, tick_type: int, price: float, size: float) -> None:
        price_size(req_id, tick_type, price, size)
        if tick_type == _BID and price == 0.0 and size == 0 and (ticker := wrapper.reqId2Ticker.get(req_id)):
            ticker.bid = 0.0

    wrapper.priceSizeTick = tick  # type: ignore[method-assign, assignment]  # ib_async offers no hook
