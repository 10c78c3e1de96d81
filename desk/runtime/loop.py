"""Hosting a life on an asyncio loop: in production a loop of its own thread, in simulation one loop for all."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from desk.clock import Clock, LoopTimers, Timer
from desk.runtime.actor import AsyncActor, OnError
from desk.runtime.life import Life
from desk.runtime.machine import MachineFace

Schedule = Callable[[Callable[[], None]], object]
"""Puts a callback on the loop: `call_soon_threadsafe` where others have threads."""


class EscapeError(RuntimeError):
    """Stands for an error that would end the loop under everybody, or that no future can carry; its cause."""

    @classmethod
    def of(cls, error: BaseException) -> EscapeError:
        """Wrap `SystemExit`, `StopIteration` and their like."""
        wrapped = cls(repr(error))
        wrapped.__cause__ = error
        return wrapped


class GuardedTimers(LoopTimers):
    """Timers whose actions' errors end the actor instead of reaching the loop."""

    def __init__(
        self, clock: Clock, loop: asyncio.AbstractEventLoop, guard: Callable[[Callable[[], None]], None]
    ) -> None:
        super().__init__(clock, loop)
        self._guard = guard

    def call_at(self, due: float, action: Callable[[], None]) -> Timer:
        """See `LoopTimers.call_at`."""
        return super().call_at(due, lambda: self._guard(action))


class LoopHost:
    """One life on a loop. Everything but the mailbox's wake runs on the loop's thread."""

    def __init__(self, life: Life, clock: Clock, loop: asyncio.AbstractEventLoop, schedule: Schedule) -> None:
        self._life = life
        self._loop = loop
        self._schedule = schedule
        self._market = GuardedTimers(clock, loop, self._guarded)
        self._machine = GuardedTimers(MachineFace(clock), loop, self._guarded)
        self._tasks: set[asyncio.Task[Any]] = set()
        self._ending: asyncio.Future[None] = loop.create_future()
        self._scheduled = False
        life.host = self

    async def live(self) -> BaseException | None:
        """Live the life to its end, orderly or not; the mailbox is let go before the loop can end."""
        error: BaseException | None = None
        try:
            actor = self._life.begin(self._wake)
            if not self._life.over:
                if isinstance(actor, AsyncActor):
                    self.spawn(self._main(actor), None)
                await self._ending
            await self._cancel_tasks()
            self._life.wrap_up()
        except BaseException as raised:  # noqa: BLE001 - whatever ends an actor ends only that actor
            error = raised
        finally:
            self._market.close()
            self._machine.close()
            self._life.disconnect(error)
            await self._cancel_tasks()
        return error

    # What the life asks of its host.

    def at(self, due: float, action: Callable[[], None]) -> Timer:
        """See `Host.at`."""
        return self._market.call_at(due, action)

    def machine_at(self, due: float, action: Callable[[], None]) -> Timer:
        """See `Host.machine_at`."""
        return self._machine.call_at(due, action)

    def timers(self) -> LoopTimers:
        """See `Host.timers`."""
        return self._market

    def spawn(self, work: Coroutine[Any, Any, Any], on_error: OnError | None) -> asyncio.Task[Any]:
        """See `Host.spawn`."""
        task = self._loop.create_task(_contained(work))
        self._tasks.add(task)
        task.add_done_callback(lambda done: self._settle(done, work, on_error))
        return task

    async def _main(self, actor: AsyncActor) -> None:
        await actor.run()
        self._life.stop()

    def _wake(self) -> None:
        if not self._scheduled:
            self._scheduled = True
            self._schedule(self._pump)

    def _pump(self) -> None:
        """Take one message, so that the loop's other work gets its turn between two."""
        self._scheduled = False
        if not self._ending.done():
            self._guarded(self._take)

    def _take(self) -> None:
        mailbox = self._life.child.mailbox
        if not self._life.over:
            envelope = mailbox.take(self._life.epoch)
            if envelope is not None:
                self._life.handle(envelope)
            else:
                self._life.beat()
        if len(mailbox):
            self._wake()

    def _guarded(self, action: Callable[[], None]) -> None:
        try:
            action()
        except BaseException as error:  # noqa: BLE001 - an actor's error must not reach the loop
            self._fail(error)
        else:
            if self._life.over and not self._ending.done():
                self._ending.set_result(None)

    def _fail(self, error: BaseException) -> None:
        if not self._ending.done():
            plain = isinstance(error, Exception) and not isinstance(error, StopIteration)
            self._ending.set_exception(error if plain else EscapeError.of(error))

    def _settle(self, task: asyncio.Task[Any], work: Coroutine[Any, Any, Any], on_error: OnError | None) -> None:
        self._tasks.discard(task)
        work.close()  # A task cancelled before its first step has never started it.
        error = None if task.cancelled() else task.exception()
        if error is None:
            return
        if on_error is None:
            self._fail(error)
        else:
            self._guarded(lambda: on_error(error))

    async def _cancel_tasks(self) -> None:
        while self._tasks:
            for task in self._tasks:
                task.cancel()
            await asyncio.wait(self._tasks)


async def _contained(work: Coroutine[Any, Any, Any]) -> Any:
    try:
        return await work
    except (SystemExit, KeyboardInterrupt) as error:
        raise EscapeError.of(error) from error
