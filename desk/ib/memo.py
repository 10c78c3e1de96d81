"""Answers that hold for a while, asked once however many want them at the same time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Hashable
from typing import Any, TypeVar, cast

from desk.clock import Clock
from desk.ib.errors import Expired, NoSuchContract

T = TypeVar("T")

_REFUSAL_HOLDS = 60.0
"""Seconds for which "no such contract" is believed: during IB's nightly maintenance it is said of good contracts."""


class Memo:
    """Answers by key. They are forgotten when `scope` (the exchange day, say) changes; errors are not kept."""

    def __init__(self, clock: Clock, scope: Callable[[], Hashable]) -> None:
        self._clock = clock
        self._scope = scope
        self._in_force: Hashable = None
        self._answers: dict[Hashable, asyncio.Task[Any]] = {}
        self._refused: dict[Hashable, tuple[float, NoSuchContract]] = {}

    async def get(self, key: Hashable, ask: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """Return the answer kept under `key`, or ask; who comes while it is asked waits for the same answer.

        Raises what `ask` raises. When the one who asked gave up or ran out of time, those who wait ask for themselves.
        """
        self._renew()
        until, refusal = self._refused.get(key, (0.0, None))
        if refusal is not None and self._clock.time() < until:
            raise refusal
        while (task := self._answers.get(key)) is not None:
            await asyncio.wait({task})
            if not (task.cancelled() or isinstance(task.exception(), Expired)):
                return cast("T", task.result())
            self._forget(key, task)
        return await self._ask(key, ask)

    async def _ask(self, key: Hashable, ask: Callable[[], Coroutine[Any, Any, T]]) -> T:
        task = asyncio.ensure_future(ask())
        self._answers[key] = task
        try:
            return await task
        except BaseException as error:
            self._forget(key, task)
            if isinstance(error, NoSuchContract):
                self._refused[key] = (self._clock.time() + _REFUSAL_HOLDS, error)
            raise

    def _forget(self, key: Hashable, task: asyncio.Task[Any]) -> None:
        if self._answers.get(key) is task:
            del self._answers[key]

    def _renew(self) -> None:
        scope = self._scope()
        if scope != self._in_force:
            self._in_force = scope
            self._answers = {key: task for key, task in self._answers.items() if not task.done()}
            self._refused.clear()
