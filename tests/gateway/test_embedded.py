"""The gateway inside another process: on its own thread, on a shared clock, over a transport in memory."""

from __future__ import annotations

import asyncio
import socket
from pathlib import Path
from random import Random
from typing import Any

import pytest

from desk.clock import SimulatedClock
from desk.gateway.fields import message
from desk.gateway.frames import PREFIX, frame
from desk.gateway.server import Gateway
from desk.gateway.settings import Settings
from desk.gateway.thread import GatewayThread
from tests.gateway.market import START, Market
from tests.gateway.serving import connected, contract, quote_request, run, serving, started


def _threaded(**settings: Any) -> GatewayThread:
    return GatewayThread(Settings(latency=0, **settings), Market(), SimulatedClock(START), Random(1))


def test_on_a_thread_of_its_own() -> None:
    gateway = _threaded()
    port = gateway.start()

    async def scenario() -> None:
        async with connected(port) as ib:
            assert (await ib.reqCurrentTimeAsync()).year == 2019

    run(scenario())
    gateway.stop()
    gateway.stop()
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", port)) != 0


def test_a_port_in_use_is_said_by_start_and_leaves_nothing() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        gateway = _threaded(port=taken.getsockname()[1])
        with pytest.raises(OSError, match="in use"):
            gateway.start()
        gateway.stop()


def test_a_damaged_journal_is_said_by_start(tmp_path: Path) -> None:
    (tmp_path / "gateway.json").write_text("{")
    gateway = _threaded(journal=tmp_path)
    with pytest.raises(ValueError, match="no journal"):
        gateway.start()


def test_stopping_closes_every_connection() -> None:
    async def scenario() -> None:
        async with serving() as served, started(served.port) as client:
            client.send(*quote_request(1, *contract("SPY", "STK")))
            await client.until("1", "6", "1", "2")
            await served.gateway.stop()
            while await client.read() is not None:
                pass

    run(scenario())


def test_a_governed_clock_stands_still_until_the_answer_has_been_read() -> None:
    async def scenario() -> None:
        clock = SimulatedClock(START, 1_000_000.0)
        async with serving(clock=clock) as served, started(served.port, clock=clock) as client:
            asked = clock.time()
            client.send(49, 1)
            await client.read()
            assert client.read_at == pytest.approx(asked, abs=50)

    run(scenario())


class Memory(asyncio.Transport):
    """The least of a transport: what the gateway writes is kept."""

    def __init__(self) -> None:
        super().__init__()
        self.written = b""
        self.closing = False

    def write(self, data: Any) -> None:
        self.written += data

    def close(self) -> None:
        self.closing = True

    def is_closing(self) -> bool:
        return self.closing


def test_any_transport_will_do_and_a_turn_of_the_loop_is_one_write() -> None:
    async def scenario() -> None:
        gateway = Gateway(Settings(latency=0), Market(), SimulatedClock(START), Random(1))
        gateway.open()
        transport, server = Memory(), gateway.accept()
        assert isinstance(server, asyncio.Protocol)
        server.connection_made(transport)
        server.data_received(PREFIX + frame(b"v157..178") + message(71, 2, 1, "") + message(49, 1))
        assert transport.written == b""
        await asyncio.sleep(0)
        assert message(49, 1, int(START.timestamp())) in transport.written
        await gateway.stop()
        assert transport.closing
        server.connection_lost(None)

    run(scenario())


def test_streams_pause_while_a_client_does_not_read_and_catch_up_after() -> None:
    async def scenario() -> None:
        market = Market()
        clock = SimulatedClock(START, 1000.0)
        gateway = Gateway(Settings(latency=0), market, clock, Random(1))
        gateway.open()
        transport, server = Memory(), gateway.accept()
        assert isinstance(server, asyncio.Protocol)
        server.connection_made(transport)
        server.data_received(PREFIX + frame(b"v157..178") + message(71, 2, 1, ""))
        server.data_received(message(*quote_request(1, *contract("SPY", "STK"))))
        timers = gateway.context.timers
        await timers.sleep(2)
        server.pause_writing()
        transport.written = b""
        market.drift = 1.0
        await timers.sleep(5)
        assert transport.written == b""
        server.resume_writing()
        await timers.sleep(2)
        assert message(1, 6, 1, 1, 282.4, 10, 1) in transport.written
        await gateway.stop()

    run(scenario())
