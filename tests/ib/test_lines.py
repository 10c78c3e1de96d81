from __future__ import annotations

import asyncio

from desk.ib.lines import Line, Lines
from messages.market import Priority

COLLECTION, POSITION, ENTRY = Priority.COLLECTION, Priority.POSITION, Priority.ENTRY


async def _lease(lines: Lines, count: int, priority: Priority) -> list[Line]:
    return [await lines.lease(priority) for _ in range(count)]


async def _waiter(lines: Lines, priority: Priority) -> asyncio.Task[Line]:
    task = asyncio.ensure_future(lines.lease(priority))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    return task


def test_collection_leaves_three_lines_to_the_others() -> None:
    async def main() -> None:
        lines = Lines(10)
        await _lease(lines, 7, COLLECTION)
        waiting = await _waiter(lines, COLLECTION)
        assert not waiting.done()
        await _lease(lines, 3, POSITION)
        assert lines.in_use == 10
        waiting.cancel()

    asyncio.run(main())


def test_waiters_are_served_by_priority() -> None:
    async def main() -> None:
        lines = Lines(8)
        held = await _lease(lines, 8, POSITION)
        collection, entry = await _waiter(lines, COLLECTION), await _waiter(lines, ENTRY)
        lines.give_back(held[0])
        await asyncio.sleep(0)
        assert entry.done()
        assert not collection.done()
        for line in held:
            lines.give_back(line)
        await collection
        assert lines.in_use == 2

    asyncio.run(main())


def test_who_offered_a_line_gives_it_up_only_when_another_waits() -> None:
    async def main() -> None:
        lines = Lines(4)
        held = await _lease(lines, 4, POSITION)
        lines.offer(held[2], lambda: lines.give_back(held[2]))
        assert lines.in_use == 4
        first = await _waiter(lines, ENTRY)
        assert first.done()
        second = await _waiter(lines, ENTRY)
        assert not second.done()
        lines.offer(held[0], lambda: lines.give_back(held[0]))
        await second

    asyncio.run(main())


def test_a_cancelled_wait_loses_no_line() -> None:
    async def main() -> None:
        lines = Lines(4)
        held = await _lease(lines, 4, POSITION)
        waiting = await _waiter(lines, ENTRY)
        lines.give_back(held[0])  # granted, but its waiter has not run yet
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        assert lines.in_use == 3

    asyncio.run(main())


def test_a_lost_session_frees_every_line_once() -> None:
    async def main() -> None:
        lines = Lines(4)
        held = await _lease(lines, 4, POSITION)
        lines.shrink()
        lines.reset()
        again = await _lease(lines, 4, POSITION)
        for line in held:
            lines.give_back(line)
        assert lines.in_use == len(again) == lines.limit == 4

    asyncio.run(main())


def test_asks_for_fewer_when_the_gateway_grants_fewer() -> None:
    async def main() -> None:
        lines = Lines(100)
        await _lease(lines, 60, POSITION)
        lines.shrink()
        assert lines.limit == 59

    asyncio.run(main())
