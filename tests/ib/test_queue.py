from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

import pytest

from desk.clock import Clock, LoopTimers, ManualClock
from desk.ib.errors import Disconnected, Expired
from desk.ib.pacer import Pacer
from desk.ib.queue import RequestQueue
from messages.market import Priority

FAR = 1e12


class Bench:
    """A queue on a clock that only `pass_time` moves; what was sent, with its time since the start."""

    def __init__(self, rate: int) -> None:
        self.clock = ManualClock(datetime(2019, 5, 13, 14, tzinfo=UTC))
        self.start = self.clock.time()
        self.pacer = Pacer(rate)
        self.loop = asyncio.get_running_loop()
        self.timers = _Timers(self.clock, self.loop)
        self.queue = RequestQueue(self.timers, self.pacer)
        self.sent: list[tuple[str, float]] = []

    def action(self, name: str) -> Callable[[], str]:
        def send() -> str:
            self.pacer.note(self.clock.time())
            self.sent.append((name, self.clock.time() - self.start))
            return name

        return send

    async def pass_time(self, seconds: float, step: float = 0.005) -> None:
        for _ in range(round(seconds / step)):
            self.clock.advance(step)
            self.timers.fire()
            await asyncio.sleep(0)


class _Timers(LoopTimers):
    """Timers that fire when told to."""

    def __init__(self, clock: Clock, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(clock, loop)

    def _arm(self) -> None:
        """Wait to be told."""

    def fire(self) -> None:
        self._queue.run()


def _run(main: Callable[[], Awaitable[None]]) -> None:
    async def wrapped() -> None:
        await main()

    asyncio.run(wrapped())


def test_serves_by_priority_then_in_order() -> None:
    async def main() -> None:
        bench = Bench(10)
        for name, priority in [
            ("first", Priority.COLLECTION),
            ("collect 1", Priority.COLLECTION),
            ("history", Priority.HISTORY),
            ("collect 2", Priority.COLLECTION),
            ("position", Priority.POSITION),
            ("order", Priority.ORDER),
        ]:
            bench.queue.post(bench.action(name), priority)
        await bench.pass_time(1.0)
        names = [name for name, _ in bench.sent]
        assert names == ["first", "order", "position", "collect 1", "collect 2", "history"]

    _run(main)


def test_an_order_waits_for_one_message_at_most_while_a_collection_is_in_full_swing() -> None:
    async def main() -> None:
        bench = Bench(50)
        for number in range(200):
            bench.queue.post(bench.action(f"collect {number}"), Priority.COLLECTION)
        await bench.pass_time(1.003)
        asked = bench.clock.time() - bench.start
        bench.queue.post(bench.action("order"), Priority.ORDER)
        before = len(bench.sent)
        await bench.pass_time(0.2)
        name, at = bench.sent[before]
        assert name == "order"
        assert at - asked <= 0.02 + 0.005 + 1e-6

    _run(main)


def test_drops_what_is_too_late_and_answers_it() -> None:
    async def main() -> None:
        bench = Bench(10)
        bench.queue.post(bench.action("first"), Priority.COLLECTION)
        late = asyncio.ensure_future(bench.queue.send(bench.action("late"), Priority.HISTORY, bench.start + 0.05))
        fine = asyncio.ensure_future(bench.queue.send(bench.action("fine"), Priority.HISTORY, FAR))
        await asyncio.sleep(0)
        await bench.pass_time(0.5)
        assert await fine == "fine"
        with pytest.raises(Expired):
            await late
        assert [name for name, _ in bench.sent] == ["first", "fine"]

    _run(main)


def test_a_cancelled_wait_takes_its_message_out() -> None:
    async def main() -> None:
        bench = Bench(10)
        bench.queue.post(bench.action("first"), Priority.COLLECTION)
        waiting = asyncio.ensure_future(bench.queue.send(bench.action("gone"), Priority.ENTRY, FAR))
        await asyncio.sleep(0)
        assert bench.queue.depth()["entry"] == 1
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        await bench.pass_time(0.5)
        assert [name for name, _ in bench.sent] == ["first"]
        assert bench.queue.depth() == dict.fromkeys(["order", "position", "entry", "collection", "history"], 0)

    _run(main)


def test_the_end_of_the_session_ends_what_waits() -> None:
    async def main() -> None:
        bench = Bench(10)
        bench.queue.post(bench.action("first"), Priority.COLLECTION)
        waiting = asyncio.ensure_future(bench.queue.send(bench.action("waits"), Priority.ENTRY, FAR))
        await asyncio.sleep(0)
        bench.queue.fail(Disconnected("gone"))
        with pytest.raises(Disconnected):
            await waiting
        await bench.pass_time(0.5)
        assert len(bench.sent) == 1

    _run(main)


def test_what_the_action_raises_reaches_who_asked() -> None:
    async def main() -> None:
        bench = Bench(10)

        def refuse() -> None:
            raise Disconnected("no session")

        with pytest.raises(Disconnected, match="no session"):
            await bench.queue.send(refuse, Priority.ENTRY, FAR)

    _run(main)
