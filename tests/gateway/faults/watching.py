"""What tests of faults look for on the wire."""

from __future__ import annotations

import asyncio

from desk.clock import LoopTimers, SimulatedClock
from tests.gateway.serving import Raw, contract

SPY = contract("SPY", "STK")
SPX = contract("SPX", "IND", exchange="CBOE")
CALL = contract("SPX", "OPT", "20190517", 2800, "C", trading_class="SPXW")
PUT = contract("SPX", "OPT", "20190517", 2800, "P", trading_class="SPXW")


async def errors(client: Raw, last: str) -> list[list[str]]:
    """Return id, code and text of the errors up to the first of code `last`."""
    seen = []
    while (fields := await client.read()) is not None:
        if fields[0] == "4":
            seen.append(fields[2:5])
            if fields[3] == last:
                return seen
    raise ConnectionError(str(seen))


async def passed(clock: SimulatedClock, seconds: float) -> None:
    """Let market seconds pass."""
    timers = LoopTimers(clock, asyncio.get_running_loop())
    await timers.sleep(seconds)
    timers.close()


async def ended(client: Raw) -> list[list[str]]:
    """Return every message up to the end of the stream."""
    seen = []
    while (fields := await client.read()) is not None:
        seen.append(fields)
    return seen


async def every_byte(reader: asyncio.StreamReader, seen: bytearray) -> None:
    while True:
        seen += await reader.readexactly(1)


async def listening(port: int) -> None:
    """Wait until somebody listens."""
    while True:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except ConnectionRefusedError:
            continue
        writer.close()
        return
