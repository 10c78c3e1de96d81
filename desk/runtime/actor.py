"""What an actor is, to those who write one: it takes one message at a time and reaches the world by its context."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, ClassVar, Protocol

from structlog.typing import FilteringBoundLogger

from desk.clock import Clock, LoopTimers, Timer
from desk.runtime.envelope import Reply

OnError = Callable[[BaseException], None]
"""Told of a task's error on the actor's own loop."""


class Port(Protocol):
    """What a context needs of the incarnation behind it."""

    def send(self, to: str, message: object) -> None:
        """Send to a name, unless the incarnation has been superseded."""

    def at(self, due: float, message: object) -> Timer:
        """Deliver to the actor itself at market time `due`."""

    def machine_at(self, due: float, message: object) -> Timer:
        """Deliver to the actor itself at machine time `due`."""

    def progress(self) -> None:
        """Note that the work in hand moves."""

    def drained(self) -> None:
        """End a draining actor."""

    def stop(self) -> None:
        """End the actor after the message in hand."""

    def defer(self) -> Reply:
        """Take the answer of the ask in hand out of `receive`."""

    def timers(self) -> LoopTimers:
        """Return the loop's market timers."""

    def spawn(self, work: Coroutine[Any, Any, Any], on_error: OnError | None) -> asyncio.Task[Any]:
        """Run a tracked task."""


class Context:
    """An actor's way to the world, for one incarnation. Use on the actor's own thread, `tell` and `progress` on any."""

    def __init__(self, name: str, epoch: int, clock: Clock, log: FilteringBoundLogger, port: Port) -> None:
        self.name = name
        self.epoch = epoch
        self.clock = clock
        self.log = log
        self._port = port

    def tell(self, to: str, message: object) -> None:
        """Send to the actor named `to`; what cannot be delivered becomes a dead letter, never an exception."""
        self._port.send(to, message)

    def after(self, seconds: float, message: object) -> Timer:
        """Receive `message` after `seconds` of market time."""
        return self._port.at(self.clock.time() + seconds, message)

    def at(self, due: float, message: object) -> Timer:
        """Receive `message` at market time `due`, at once when that is past."""
        return self._port.at(due, message)

    def machine_after(self, seconds: float, message: object) -> Timer:
        """Receive `message` after `seconds` of machine time."""
        return self._port.machine_at(self.clock.machine() + seconds, message)

    def progress(self) -> None:
        """Show that long work moves, so that it does not count as hung."""
        self._port.progress()

    def drained(self) -> None:
        """Say that what was in hand when `drain` returned False is finished."""
        self._port.drained()

    def stop(self) -> None:
        """End this incarnation in good order after the message in hand; a permanent actor starts again."""
        self._port.stop()

    def defer(self) -> Reply:
        """Answer the ask in hand later, through the reply returned; it fails by itself when the incarnation ends."""
        return self._port.defer()

    @property
    def timers(self) -> LoopTimers:
        """Market-time waiting on the actor's loop; `RuntimeError` for an actor without one."""
        return self._port.timers()

    def spawn(self, work: Coroutine[Any, Any, Any], on_error: OnError | None = None) -> asyncio.Task[Any]:
        """Run a task that is cancelled when the incarnation ends; its error goes to `on_error`, else it is a crash."""
        return self._port.spawn(work, on_error)


class Actor:
    """Base of all actors. Every method runs on the actor's own thread or loop, one at a time."""

    kind: ClassVar[str] = "actor"

    def __init__(self, context: Context) -> None:
        self.context = context

    def started(self) -> None:
        """Begin; an exception counts as a crash."""

    def receive(self, message: object) -> object:
        """Handle one message; what is returned answers an ask. An exception ends the incarnation."""
        self.context.log.warning("unexpected message", message=type(message).__name__)
        return None

    def drain(self) -> bool:
        """Finish what is in hand because an orderly stop was asked: True when done, False to call `drained` later."""
        return True

    def stopped(self) -> None:
        """End, on an orderly stop only."""

    def facts(self) -> dict[str, Any]:
        """Return the actor's own facts for health; called after messages and at intervals, so it must be cheap."""
        return {}


class AsyncActor(Actor):
    """An actor whose thread is an asyncio loop; `receive` and the rest run as callbacks on it."""

    async def run(self) -> None:
        """Run until cancelled by a stop; an exception counts as a crash, a return ends the incarnation."""
        await asyncio.get_running_loop().create_future()
