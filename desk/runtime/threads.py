"""Production: a thread per actor, on Pykka."""

from __future__ import annotations

import asyncio
import queue
import sys
import threading
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NoReturn, cast

import pykka
from pykka.messages import _ActorStop

from desk.clock import Clock, Timer, TimerQueue, precise_loop
from desk.runtime.actor import AsyncActor, OnError
from desk.runtime.envelope import Envelope, Reply
from desk.runtime.life import Life
from desk.runtime.loop import LoopHost
from desk.runtime.machine import MachineFace
from desk.runtime.mailbox import Mailbox
from messages.system import Drain

if TYPE_CHECKING:
    from pykka._actor import ActorInbox
    from pykka._envelope import Envelope as PykkaEnvelope


_SWITCH = 0.0001
"""Seconds that a busy thread may keep the interpreter from others; Python's 5 ms would be most of an order's way."""


class _Inbox:
    """A child's mailbox as Pykka's refs see it: their stop is an orderly one."""

    def __init__(self, mailbox: Mailbox) -> None:
        self._mailbox = mailbox

    def put(self, envelope: PykkaEnvelope[Any]) -> None:
        message = Drain() if isinstance(envelope.message, _ActorStop) else envelope.message
        self._mailbox.put(Envelope(message, envelope.reply_to))


class ThreadHost(pykka.ThreadingActor):
    """A Pykka actor whose inbox is the child's mailbox, and whose every ending is reported once.

    Pykka's own loop loses tells queued behind a crash, lets `SystemExit` stop every actor, and does not report an
    error in `on_start`; so its loop is replaced whole.
    """

    use_daemon_thread = True

    def __init__(self, life: Life, clock: Clock) -> None:
        super().__init__()
        self.actor_inbox = cast("ActorInbox", _Inbox(life.child.mailbox))  # only `put` is ever called on it
        self._actor_ref = pykka.ActorRef(self)
        self._life = life
        self._clock = clock
        self._market = TimerQueue(clock)
        self._machine = TimerQueue(MachineFace(clock))
        life.host = self

    def at(self, due: float, action: Callable[[], None]) -> Timer:
        """See `Host.at`."""
        return self._market.add(due, action)

    def machine_at(self, due: float, action: Callable[[], None]) -> Timer:
        """See `Host.machine_at`."""
        return self._machine.add(due, action)

    def timers(self) -> NoReturn:
        """See `Host.timers`."""
        raise RuntimeError(f"{self._life.name} has no loop; give its spec kind='asyncio'")

    def spawn(self, work: Coroutine[Any, Any, Any], on_error: OnError | None) -> NoReturn:
        """See `Host.spawn`."""
        del on_error
        work.close()
        self.timers()

    def _start_actor_loop(self) -> None:
        threading.Thread(target=self._actor_loop, name=self._life.name, daemon=self.use_daemon_thread).start()

    def _actor_loop(self) -> None:
        error: BaseException | None = None
        try:
            error = self._live()
        except BaseException as raised:  # noqa: BLE001 - whatever ends an actor ends only that actor
            error = raised
        finally:
            self._market.clear()
            self._machine.clear()
            self.actor_stopped.set()
            pykka.ActorRegistry.unregister(self.actor_ref)
            self._life.finish(error)

    def _live(self) -> BaseException | None:
        if isinstance(self._life.begin(), AsyncActor):
            raise TypeError(f"{self._life.name} is an AsyncActor; give its spec kind='asyncio'")
        while not self._life.over:
            self._step()
        self._life.wrap_up()
        return None

    def _step(self) -> None:
        self._market.run()
        self._machine.run()
        if self._life.over:
            return
        envelope = self._life.child.mailbox.take(self._life.epoch, self._patience())
        if envelope is None:
            self._life.beat()
        else:
            self._life.handle(envelope)

    def _patience(self) -> float | None:
        """Machine seconds until the next timer; None without one."""
        market, machine = self._market.due(), self._machine.due()
        waits = [self._clock.delay(market)] if market is not None else []
        if machine is not None:
            waits.append(max(0.0, machine - self._clock.machine()))
        return min(waits, default=None)


class AsyncHost(ThreadHost):
    """A Pykka actor type of our own: its thread's loop is an asyncio loop, and ending it cancels every task."""

    def _live(self) -> BaseException | None:
        with asyncio.Runner(loop_factory=precise_loop) as runner:
            return runner.run(self._host())

    async def _host(self) -> BaseException | None:
        loop = asyncio.get_running_loop()
        return await LoopHost(self._life, self._clock, loop, loop.call_soon_threadsafe).live()


class Agenda:
    """The supervisor's inbox on a thread: what to do, in order, and what to do at a machine time."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._timers = TimerQueue(MachineFace(clock))
        # SimpleQueue's put may interrupt its get on the same thread, which a signal handler does.
        self._inbox: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()

    def post(self, action: Callable[[], None]) -> None:
        """Do `action` on the supervisor's thread. From any thread."""
        self._inbox.put(action)

    def later(self, seconds: float, action: Callable[[], None]) -> Timer:
        """Do `action` after `seconds` of machine time. On the supervisor's thread only."""
        return self._timers.add(self._clock.machine() + seconds, action)

    def run(self, until: Callable[[], bool]) -> None:
        """Work until `until()`."""
        while not until():
            self._timers.run()
            due = self._timers.due()
            with suppress(queue.Empty):
                self._inbox.get(timeout=None if due is None else max(0.0, due - self._clock.machine()))()


class ThreadDispatcher(Agenda):
    """Hosts lives on threads."""

    def __init__(self, clock: Clock) -> None:
        super().__init__(clock)
        sys.setswitchinterval(_SWITCH)

    def launch(self, life: Life) -> None:
        """Start a life on a thread of its own."""
        host = AsyncHost if life.child.spec.kind == "asyncio" else ThreadHost
        host.start(life, self._clock)

    def wait(self, reply: Reply, timeout: float) -> Any:
        """Wait for an answer for at most `timeout` wall seconds."""
        return reply.result(timeout)
