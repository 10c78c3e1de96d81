from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest

from desk.clock import ManualClock
from desk.ib.errors import Expired, NoSuchContract, Timeout
from desk.ib.memo import Memo


class Asked:
    def __init__(self) -> None:
        self.times = 0
        self.error: Exception | None = None
        self.gate = asyncio.Event()
        self.gate.set()

    async def __call__(self) -> int:
        self.times += 1
        await self.gate.wait()
        if self.error is not None:
            raise self.error
        return self.times


def _memo() -> tuple[Memo, ManualClock, Asked, list[str]]:
    clock = ManualClock(datetime(2019, 5, 13, 14, tzinfo=UTC))
    day = ["monday"]
    return Memo(clock, lambda: day[0]), clock, Asked(), day


def test_asks_once_a_day() -> None:
    async def main() -> None:
        memo, _, ask, day = _memo()
        assert [await memo.get("a", ask) for _ in range(3)] == [1, 1, 1]
        assert await memo.get("b", ask) == 2
        day[0] = "tuesday"
        assert await memo.get("a", ask) == 3

    asyncio.run(main())


def test_asks_once_for_all_who_want_it_at_the_same_time() -> None:
    async def main() -> None:
        memo, _, ask, _ = _memo()
        assert await asyncio.gather(*(memo.get("a", ask) for _ in range(5))) == [1] * 5

    asyncio.run(main())


def test_no_such_contract_is_believed_for_a_minute_only() -> None:
    async def main() -> None:
        memo, clock, ask, _ = _memo()
        ask.error = NoSuchContract("200", "no")
        for _ in range(3):
            with pytest.raises(NoSuchContract):
                await memo.get("a", ask)
        assert ask.times == 1
        clock.advance(61.0)
        ask.error = None
        assert await memo.get("a", ask) == 2

    asyncio.run(main())


def test_other_errors_are_not_kept() -> None:
    async def main() -> None:
        memo, _, ask, _ = _memo()
        ask.error = Timeout("late")
        with pytest.raises(Timeout):
            await memo.get("a", ask)
        ask.error = None
        assert await memo.get("a", ask) == 2

    asyncio.run(main())


@pytest.mark.parametrize("expired", [True, False])
def test_when_the_one_who_asked_gives_up_the_next_asks(expired: bool) -> None:
    async def main() -> None:
        memo, _, ask, _ = _memo()
        ask.gate.clear()
        first = asyncio.ensure_future(memo.get("a", ask))
        await asyncio.sleep(0)
        second = asyncio.ensure_future(memo.get("a", ask))
        await asyncio.sleep(0)
        if expired:
            ask.error = Expired("late")
            ask.gate.set()
            with pytest.raises(Expired):
                await first
            ask.error = None
        else:
            first.cancel()
            await asyncio.gather(first, return_exceptions=True)
            ask.gate.set()
        assert await second == 2

    asyncio.run(main())
