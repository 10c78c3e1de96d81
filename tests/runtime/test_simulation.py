"""The simulation: virtual time, in-memory connections, and the same trace for the same seed."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, cast

import pytest

from desk.clock import LoopTimers
from desk.config.model import Supervision
from desk.runtime.actor import AsyncActor
from desk.runtime.child import ChildSpec
from desk.runtime.machine import MachineFace
from desk.runtime.simulation import DeadlockError, VirtualClock, VirtualLoop
from tests.runtime.stage import START, AsyncPlayer, Player, Script, crash, simulated, spec

CLOSE = datetime(2019, 5, 13, 20, 0, tzinfo=UTC).timestamp()


@pytest.fixture
def loop() -> Iterator[VirtualLoop]:
    made = VirtualLoop()
    yield made
    made.close()


class Recorder(asyncio.Protocol):
    """Notes what happens to it."""

    def __init__(self, *, half_open: bool = False) -> None:
        self.events: list[Any] = []
        self.half_open = half_open

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        self.events.append("made")

    def data_received(self, data: bytes) -> None:
        self.events.append(data)

    def eof_received(self) -> bool:
        self.events.append("eof")
        return self.half_open

    def connection_lost(self, exc: Exception | None) -> None:
        self.events.append(type(exc) if exc else "lost")


class Echo(Recorder):
    """Sends back what it gets."""

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self.transport.write(data.upper())


async def _connect(loop: VirtualLoop, server: Recorder, *, half_open: bool = False) -> Recorder:
    loop.serve("127.0.0.1", 4002, lambda: server)
    _, client = await loop.create_connection(lambda: Recorder(half_open=half_open), "127.0.0.1", 4002)
    assert isinstance(client, Recorder)
    return client


async def _settle() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


def test_bytes_go_both_ways_in_order(loop: VirtualLoop) -> None:
    async def scene() -> None:
        server = Echo()
        client = await _connect(loop, server)
        client.transport.write(b"one ")
        client.transport.writelines([b"two", b" three"])
        await _settle()
        assert server.events == ["made", b"one ", b"two three"]
        assert client.events == ["made", b"ONE ", b"TWO THREE"]
        assert client.transport.get_extra_info("peername") == ("127.0.0.1", 4002)
        assert server.transport.get_extra_info("sockname") == ("127.0.0.1", 4002)
        assert client.transport.get_extra_info("socket") is None

    loop.run_until_complete(scene())


def test_close_delivers_what_was_written(loop: VirtualLoop) -> None:
    async def scene() -> None:
        server = Recorder()
        client = await _connect(loop, server)
        server.transport.write(b"never read")
        client.transport.write(b"last words")
        client.transport.write_eof()
        client.transport.close()
        client.transport.close()
        assert client.transport.is_closing()
        client.transport.abort()
        await _settle()
        assert client.events == ["made", "lost"]
        assert server.events == ["made", b"last words", "eof", "lost"]

    loop.run_until_complete(scene())


def test_one_direction_may_end_alone(loop: VirtualLoop) -> None:
    async def scene() -> None:
        server = Recorder()
        client = await _connect(loop, server, half_open=True)
        assert server.transport.can_write_eof()
        server.transport.write_eof()
        await _settle()
        client.transport.write(b"still heard")
        await _settle()
        assert client.events == ["made", "eof"]
        assert server.events == ["made", b"still heard"]
        with pytest.raises(RuntimeError):
            server.transport.write(b"after the end")

    loop.run_until_complete(scene())


def test_an_error_in_a_protocol_costs_its_connection(loop: VirtualLoop) -> None:
    class Broken(Recorder):
        def data_received(self, data: bytes) -> None:
            raise ValueError(data)

    async def scene() -> None:
        complaints: list[Any] = []
        loop.set_exception_handler(lambda _, context: complaints.append(context["exception"]))
        client = await _connect(loop, Broken())
        client.transport.write(b"x")
        await _settle()
        assert [repr(error) for error in complaints] == ["ValueError(b'x')"]
        assert client.events == ["made", ConnectionResetError]

    loop.run_until_complete(scene())


def test_a_timer_within_a_rounding_error_of_another_fires(loop: VirtualLoop) -> None:
    clock = VirtualClock(loop, START)
    timers = LoopTimers(MachineFace(clock), loop)
    seen: list[int] = []
    for number in range(-50, 51):
        loop.call_at(1e6 + number * 1e-8, lambda: None)
        timers.call_at(1e6 + number * 1.3e-8, lambda: seen.append(1))
        LoopTimers(clock, loop).call_at(START.timestamp() + 1e6 + number * 1.7e-7, lambda: seen.append(2))
    loop.run_to(1e6 + 1)
    assert sorted(seen) == [1] * 101 + [2] * 101


def test_abort_is_a_reset_to_the_other_end(loop: VirtualLoop) -> None:
    async def scene() -> None:
        server = Recorder()
        client = await _connect(loop, server)
        client.transport.write(b"x")
        client.transport.abort()
        await _settle()
        assert client.events == ["made", "lost"]
        assert server.events == ["made", b"x", ConnectionResetError]

    loop.run_until_complete(scene())


def test_nobody_there_is_refused(loop: VirtualLoop) -> None:
    async def scene() -> None:
        await _connect(loop, Recorder())
        loop.unserve("127.0.0.1", 4002)
        with pytest.raises(ConnectionRefusedError):
            await loop.create_connection(Recorder, "127.0.0.1", 4002)

    loop.run_until_complete(scene())


def test_streams_work_too(loop: VirtualLoop) -> None:
    async def scene() -> bytes:
        loop.serve("gateway", 1, Echo)
        reader = asyncio.StreamReader()
        transport, protocol = await loop.create_connection(lambda: asyncio.StreamReaderProtocol(reader), "gateway", 1)
        writer = asyncio.StreamWriter(transport, protocol, reader, loop)
        writer.write(b"hello\n")
        await writer.drain()
        line = await reader.readline()
        writer.close()
        await writer.wait_closed()
        return line

    assert loop.run_until_complete(scene()) == b"HELLO\n"


def test_time_jumps_to_the_next_timer_and_never_waits(loop: VirtualLoop) -> None:
    async def scene() -> float:
        await asyncio.sleep(86_400 * 365)
        return loop.time()

    before = time.perf_counter()
    assert loop.run_until_complete(scene()) == 86_400 * 365
    assert time.perf_counter() - before < 60


def test_a_deadlock_is_an_error_and_not_a_hang(loop: VirtualLoop) -> None:
    loop.call_later(5, lambda: None)
    with pytest.raises(DeadlockError):
        loop.run_to()
    assert loop.time() == 5


def test_work_for_an_executor_is_done_at_once(loop: VirtualLoop) -> None:
    async def scene() -> int:
        with pytest.raises(ZeroDivisionError):
            await asyncio.to_thread(lambda: 1 // 0)
        return await asyncio.to_thread(lambda: 42)

    assert loop.run_until_complete(scene()) == 42


def test_market_time_is_exact_at_a_timer(loop: VirtualLoop) -> None:
    clock = VirtualClock(loop, START)
    seen: list[float] = []
    for number in range(1, 1000):
        loop.call_at(number * 0.1, lambda: seen.append(clock.time()))
    loop.run_to(100)
    assert seen == [round(START.timestamp() + number * 0.1, 6) for number in range(1, 1000)]


class Ticker(Player):
    """Notes the time every 60 s of market time."""

    def started(self) -> None:
        self.context.at(self.context.clock.time() + 60, "tick")

    def receive(self, message: object) -> object:
        if message == "tick":
            self.script.journal.append(self.context.clock.time())
            self.context.after(60, "tick")
            self.context.tell("log", "ticked")
            return None
        return super().receive(message)


class AsyncTicker(AsyncPlayer, AsyncActor):
    """The same as a coroutine."""

    async def run(self) -> None:
        while True:
            await self.context.timers.sleep(60)
            self.script.journal.append(self.context.clock.time())


def test_a_simulated_day() -> None:
    script, async_script, log = Script(), Script(), Script()
    specs = [
        spec("log", log),
        ChildSpec("ticker", lambda context: Ticker(context, script)),
        ChildSpec("async", lambda context: AsyncTicker(context, async_script), kind="asyncio"),
    ]
    with simulated(specs) as stage:
        stage.system.run_until(CLOSE)
        minutes = [START.timestamp() + 60 * minute for minute in range(1, 391)]
        assert script.journal == minutes
        assert async_script.journal[1:] == minutes
        assert len(log.journal) == 391
        assert stage.system.clock.time() == CLOSE
        stage.stop()


def test_restart_with_backoff_in_virtual_time() -> None:
    starts: list[float] = []

    def started(actor: Player) -> None:
        starts.append(actor.context.clock.machine())
        if len(starts) < 6:
            raise ValueError

    with simulated([spec("a", Script(started=started))], Supervision(jitter=0.0)) as stage:
        stage.run(60)
        assert starts == pytest.approx([0, 0.2, 0.6, 1.4, 3.0, 6.2])


def test_timers_of_both_faces_end_with_their_incarnation() -> None:
    script = Script()

    def arm(actor: Player) -> None:
        actor.context.after(10, "market")
        actor.context.machine_after(11, "machine")
        actor.context.after(12, "cancelled").cancel()

    with simulated([spec("a", script), spec("b", script, kind="asyncio")]) as stage:
        for name in "ab":
            stage.ask(name, arm)
        stage.run(20)
        heard = [("a", 1, "market"), ("b", 1, "market"), ("a", 1, "machine"), ("b", 1, "machine")]
        assert script.journal[2:] == heard
        for name in "ab":
            stage.ask(name, arm)
            stage.tell(name, crash)
        stage.run(20)
        assert script.journal[6:] == [("a", 2, "started"), ("b", 2, "started")] or script.journal[6:] == [
            ("b", 2, "started"),
            ("a", 2, "started"),
        ]


def _trace(seed: int, spread: float) -> list[Any]:
    script = Script()

    def ring(actor: Player) -> None:
        actor.note((actor.context.clock.time(), actor.context.clock.machine()))
        actor.context.tell("c", actor.context.name)

    with simulated([spec(name, script) for name in "abcdef"], seed=seed, spread=spread) as stage:
        for round_ in range(20):
            for name in "abdef":
                stage.tell(name, ring)
            stage.tell("abdef"[round_ % 5], crash)
            stage.run(7)
        return script.journal


def test_same_seed_same_trace() -> None:
    assert _trace(7, 0.01) == _trace(7, 0.01)
    assert _trace(7, 0.0) == _trace(7, 0.0)


def test_another_seed_is_another_order_of_turns() -> None:
    assert _trace(7, 0.01) != _trace(8, 0.01)


def test_a_task_error_is_a_crash_or_its_handlers() -> None:
    async def fail() -> None:
        raise ValueError("in a task")

    caught: list[BaseException] = []
    with simulated([spec("a", kind="asyncio")]) as stage:
        stage.ask("a", lambda actor: actor.context.spawn(fail(), caught.append) and None)
        stage.run(5)
        assert [str(error) for error in caught] == ["in a task"]
        assert stage.ask("a") == (1, "hello")
        stage.ask("a", lambda actor: actor.context.spawn(fail()) and None)
        stage.run(5)
        assert stage.ask("a") == (2, "hello")
        assert stage.report("a").last_error == "ValueError: in a task"


def test_tasks_end_with_their_incarnation() -> None:
    ended: list[str] = []

    async def never_begun() -> None:
        ended.append("begun")

    async def work(actor: Player) -> None:
        try:
            await asyncio.get_running_loop().create_future()
        finally:
            ended.append("work")
            actor.context.spawn(never_begun()).cancel()

    with simulated([spec("a", kind="asyncio")]) as stage:
        stage.ask("a", lambda actor: actor.context.spawn(work(actor)) and None)
        stage.run()
        stage.tell("a", crash)
        stage.run()
        assert ended == ["work"]
        assert stage.report("a").state == "backoff"
