"""A gateway on a free port, and clients of it: ib_async, or bare frames."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from random import Random
from typing import Any, TypeVar

from ib_async import IB

from desk.clock import Clock, SimulatedClock
from desk.gateway.fields import message
from desk.gateway.frames import PREFIX, frame
from desk.gateway.server import Gateway
from desk.gateway.settings import Settings
from tests.gateway.market import START, Market

T = TypeVar("T")
LONG = 100.0
"""Machine seconds that a test waits for what must come."""


def run(scenario: Coroutine[Any, Any, T]) -> T:
    """Run a scenario on a loop of its own, within `LONG` machine seconds."""
    return asyncio.run(asyncio.wait_for(scenario, LONG))


@dataclass
class Served:
    gateway: Gateway
    market: Market
    clock: Clock
    port: int


@asynccontextmanager
async def serving(
    *, clock: Clock | None = None, seed: int = 1, market: Market | None = None, **settings: Any
) -> AsyncIterator[Served]:
    """Serve the small market; without delays and with Greeks for all, unless the settings say otherwise."""
    market = market or Market()
    clock = clock or SimulatedClock(START, 1.0)
    chosen = Settings(**{"latency": 0.0, "silent_share": 0.0, "sentinel_share": 0.0, **settings})
    gateway = Gateway(chosen, market, clock, Random(seed))
    port = await gateway.start()
    try:
        yield Served(gateway, market, clock, port)
    finally:
        await gateway.stop()


@asynccontextmanager
async def connected(port: int, client_id: int = 1) -> AsyncIterator[IB]:
    """Connect an unmodified ib_async with every start-up request, each of which must be answered."""
    ib = IB()
    await ib.connectAsync("127.0.0.1", port, clientId=client_id, timeout=5, raiseSyncErrors=True)
    try:
        yield ib
    finally:
        ib.disconnect()
        if ib.client.conn.transport is not None:
            await ib.client.conn.disconnected


class Raw:
    """A client of bare frames. With a clock it shares the gateway's: what it reads has arrived."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, clock: Clock | None) -> None:
        self._reader = reader
        self._writer = writer
        self._clock = clock
        self.read_at = 0.0
        if clock is not None:
            self._address = writer.get_extra_info("sockname")
            clock.join(self._address)

    def write(self, data: bytes) -> None:
        if self._clock is not None:
            self._clock.depart(len(data), self._address)
        self._writer.write(data)

    def send(self, *fields: str | float | None) -> None:
        self.write(message(*fields))

    async def read(self) -> list[str] | None:
        """Return the next message's fields, None at the end of the stream."""
        try:
            length = int.from_bytes(await self._reader.readexactly(4))
            fields = (await self._reader.readexactly(length)).decode().split("\0")[:-1]
        except (asyncio.IncompleteReadError, ConnectionResetError):
            return None
        if self._clock is not None:
            self.read_at = self._clock.time()
            self._clock.arrive(4 + length, self._address)
        return fields

    async def until(self, *head: str) -> list[str]:
        """Return the next message that begins with these fields, passing over others."""
        while (fields := await self.read()) is not None:
            if fields[: len(head)] == list(head):
                return fields
        raise ConnectionError("the stream ended")


@asynccontextmanager
async def raw(port: int, clock: Clock | None = None) -> AsyncIterator[Raw]:
    """Connect without a word."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        yield Raw(reader, writer, clock)
    finally:
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()


@asynccontextmanager
async def started(
    port: int, versions: str = "v157..178", client_id: int = 9, clock: Clock | None = None
) -> AsyncIterator[Raw]:
    """Connect, shake hands and start the API, up to the last farm notice."""
    async with raw(port, clock) as client:
        client.write(PREFIX + frame(versions.encode()))
        await client.read()
        client.send(71, 2, client_id, "")
        await client.until("4", "2", "-1", "2158")
        yield client


def contract(
    symbol: str = "",
    sec_type: str = "",
    expiry: str = "",
    strike: float = 0.0,
    right: str = "",
    exchange: str = "SMART",
    trading_class: str = "",
    con_id: int = 0,
    currency: str = "USD",
    local_symbol: str = "",
) -> list[str | float | None]:
    """Return the twelve contract fields of a request."""
    return [con_id, symbol, sec_type, expiry, strike, right, "", exchange, "", currency, local_symbol, trading_class]


def details_request(number: int, *terms: str | float | None) -> list[str | float | None]:
    return [9, 8, number, *terms, 0, "", "", ""]


def quote_request(
    number: int, *terms: str | float | None, generics: str = "", snapshot: int = 0
) -> list[str | float | None]:
    return [1, 11, number, *terms, 0, generics, snapshot, 0, ""]


def bars_request(
    number: int,
    *terms: str | float | None,
    end: str = "",
    size: str = "1 day",
    duration: str = "5 D",
    what: str = "TRADES",
    form: int = 1,
    keep: int = 0,
) -> list[str | float | None]:
    return [20, number, *terms, 0, end, size, duration, 1, what, form, keep, ""]
