import asyncio
from datetime import UTC, datetime

import pytest

from desk.clock import LoopTimers, ManualClock, SimulatedClock, TimerQueue

START = datetime(2019, 5, 13, 13, 25, tzinfo=UTC)


def test_a_cancelled_timer_does_nothing_and_releases_the_clock() -> None:
    clock = ManualClock(START)
    queue = TimerQueue(clock)
    fired: list[int] = []
    timer = queue.add(clock.time() + 1, lambda: fired.append(1))
    queue.add(clock.time() + 2, lambda: fired.append(2))
    timer.cancel()
    clock.advance(5)
    queue.run()
    assert fired == [2]
    assert queue.due() is None


def test_a_timer_may_add_another_that_is_due_at_once() -> None:
    clock = ManualClock(START)
    queue = TimerQueue(clock)
    fired: list[int] = []

    def again() -> None:
        queue.add(clock.time(), lambda: fired.append(1))

    queue.add(clock.time(), again)
    queue.run()
    assert fired == [1]


def run_fast(main: object) -> object:
    async def outer() -> object:
        timers = LoopTimers(SimulatedClock(START, 10_000), asyncio.get_running_loop())
        try:
            return await main(timers)  # type: ignore[operator]  # any coroutine function of the timers
        finally:
            timers.close()

    return asyncio.run(outer())


def test_sleep_takes_market_time() -> None:
    async def main(timers: LoopTimers) -> float:
        before = timers.clock.time()
        await timers.sleep(300)
        return timers.clock.time() - before

    assert run_fast(main) == pytest.approx(300, abs=60)


def test_within_returns_what_came_in_time() -> None:
    async def main(timers: LoopTimers) -> str:
        async def answer() -> str:
            await timers.sleep(1)
            return "here"

        return await timers.within(500, answer())

    assert run_fast(main) == "here"


def test_within_ends_what_is_late_and_says_so() -> None:
    cancelled: list[bool] = []

    async def main(timers: LoopTimers) -> None:
        async def never() -> None:
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                cancelled.append(True)
                raise

        await timers.within(100, never())

    with pytest.raises(TimeoutError, match="no answer within 100 s"):
        run_fast(main)
    assert cancelled == [True]


def test_within_passes_cancellation_from_outside_through() -> None:
    async def main(timers: LoopTimers) -> bool:
        task = asyncio.ensure_future(timers.within(1e6, asyncio.Event().wait()))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return True

    assert run_fast(main) is True
