"""One life of an actor: what every host does with it, whichever way it waits for the next message."""

from __future__ import annotations

import asyncio
import sys
import traceback
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from threading import Lock, get_ident
from typing import TYPE_CHECKING, Any, Protocol

from desk.clock import LoopTimers, Timer
from desk.runtime.actor import Actor, Context, OnError
from desk.runtime.child import Child
from desk.runtime.envelope import Envelope, Reply, refuse
from desk.runtime.errors import ActorCrashedError, ActorError, ActorStoppedError
from messages.system import Drain, Exit

if TYPE_CHECKING:
    from desk.runtime.system import System

_FACTS_EVERY = 0.25
"""Machine seconds between two readings of an actor's facts, so that a flood of messages does not pay for them."""


@dataclass(frozen=True, slots=True)
class Started:
    """An incarnation has begun to read its mailbox."""

    name: str
    epoch: int


class Host(Protocol):
    """What carries a life: a thread or a place on a loop."""

    def at(self, due: float, action: Callable[[], None]) -> Timer:
        """Do `action` at market time `due`."""

    def machine_at(self, due: float, action: Callable[[], None]) -> Timer:
        """Do `action` at machine time `due`."""

    def timers(self) -> LoopTimers:
        """Return the loop's market timers."""

    def spawn(self, work: Coroutine[Any, Any, Any], on_error: OnError | None) -> asyncio.Task[Any]:
        """Run a tracked task."""


class Life:
    """One incarnation: begins, handles, ends once, and is fenced off when it is superseded.

    Runs on its host's thread, except `abandon`, which the supervisor calls for a life that has stopped moving.
    """

    def __init__(self, system: System, child: Child, epoch: int) -> None:
        self.child = child
        self.epoch = epoch
        self.name = child.spec.name
        self.host: Host | None = None
        self._system = system
        self._clock = system.clock
        self._actor: Actor | None = None
        self._context = Context(self.name, epoch, self._clock, system.log.bind(actor=self.name, epoch=epoch), self)
        self._over = False
        self._draining = False
        self._disconnected = False
        self._ended = False
        self._ending = Lock()
        self._in_hand: Envelope | None = None
        self._deferred: set[Reply] = set()
        self._deferring = False
        self._facts_at = float("-inf")
        self._thread = 0
        child.born = child.moved = child.progressed = self._clock.machine()

    @property
    def over(self) -> bool:
        """Whether the host shall take no more messages."""
        return self._over or self._ended

    def begin(self, wake: Callable[[], None] | None = None) -> Actor:
        """Make the actor, start it and open its mailbox; `wake` as in `Mailbox.attach`."""
        self._thread = get_ident()
        actor = self._actor = self.child.spec.factory(self._context)
        if not self._ended:
            self.child.kind = actor.kind
        actor.started()
        if not self._ended:
            self.child.mailbox.attach(self.epoch, wake)
            self.beat()
            self._system.notify(Started(self.name, self.epoch))
        return actor

    def handle(self, envelope: Envelope) -> None:
        """Handle one message that the mailbox has put in hand; an error ends the life and leaves it there."""
        assert self._actor is not None
        child = self.child
        child.moved = self._clock.machine()
        self._in_hand, self._deferring = envelope, False
        message = envelope.message
        result = self._drain(self._actor) if isinstance(message, Drain) else self._actor.receive(message)
        if self._ended:
            return
        child.handled += 1
        child.progressed = self._clock.machine()
        if envelope.reply_to is not None and not self._deferring:
            envelope.reply_to.set(result)
        self._in_hand = None
        child.mailbox.done(self.epoch)
        self.beat()

    def beat(self) -> None:
        """Show a sign of life, and read the actor's facts when they are old."""
        if self._ended or self._actor is None:
            return
        now = self.child.moved = self._clock.machine()
        if now - self._facts_at >= _FACTS_EVERY:
            self._facts_at = now
            self.child.facts = self._read_facts(self._actor)

    def wrap_up(self) -> None:
        """Tell the actor that it has stopped in good order."""
        if self._actor is not None and not self._ended:
            self.child.facts = self._read_facts(self._actor)
            self._actor.stopped()

    def disconnect(self, error: BaseException | None) -> None:
        """Stop reading the mailbox and fail every open ask, once. Asks that come later wait for the next life."""
        if self._disconnected:
            return
        self._disconnected = True
        refusal = self._refusal(error)
        for envelope in self.child.mailbox.detach(self.epoch):
            refuse(envelope, refusal)
        for reply in tuple(self._deferred):
            reply.set_exception((type(refusal), refusal, None))

    def finish(self, error: BaseException | None) -> None:
        """Report the ending, once: `error` None is an orderly one."""
        trace = "".join(traceback.format_exception(error)) if error is not None else ""
        summary = trace.strip().rpartition("\n")[2] if error is not None else ""
        reason = "crash" if error is not None else "stopped" if self.child.stopping else "normal"
        exit_ = self._end(Exit(self.name, self.epoch, reason, summary, trace), error)
        if exit_ is not None:
            self._system.notify(exit_)

    def abandon(self, why: str) -> Exit | None:
        """Fence a life that does not move: what it still sends or answers is dropped. None when it has just ended."""
        frame = sys._current_frames().get(self._thread)  # noqa: SLF001 - the documented way to see another thread
        trace = "".join(traceback.format_stack(frame)) if frame is not None else ""
        return self._end(Exit(self.name, self.epoch, "crash", why, trace), RuntimeError(why))

    def _end(self, exit_: Exit, error: BaseException | None) -> Exit | None:
        with self._ending:
            if self._ended:
                return None
            self.disconnect(error)
            self._ended = True
        envelope, self._in_hand = self._in_hand, None
        if envelope is not None and error is not None:
            self._system.letters.add(self.name, envelope.message, exit_.error or exit_.reason, exit_.traceback)
            refuse(envelope, self._refusal(error))
        return exit_

    def _refusal(self, error: BaseException | None) -> ActorError:
        if error is None:
            return ActorStoppedError(self.name, "stopped before it answered")
        refusal = ActorCrashedError(self.name, f"crashed before it answered: {error!r}")
        refusal.__cause__ = error
        return refusal

    def _read_facts(self, actor: Actor) -> dict[str, Any]:
        try:
            return actor.facts()
        except Exception as error:  # noqa: BLE001 - a mistake in a report must not cost the actor its life
            return {"error": repr(error)}

    def _drain(self, actor: Actor) -> bool:
        self._draining = True
        self._over = actor.drain() or self._over
        return self._over

    # What the actor's context asks for.

    def send(self, to: str, message: object) -> None:
        """See `Context.tell`."""
        if self._ended:
            self._system.letters.add(to, message, f"sent by superseded {self.name} #{self.epoch}")
        else:
            self._system.tell(to, message)

    def at(self, due: float, message: object) -> Timer:
        """See `Context.at`."""
        assert self.host is not None
        return self.host.at(due, lambda: self._ring(message))

    def machine_at(self, due: float, message: object) -> Timer:
        """See `Context.machine_after`."""
        assert self.host is not None
        return self.host.machine_at(due, lambda: self._ring(message))

    def progress(self) -> None:
        """See `Context.progress`."""
        if not self._ended:
            self.child.moved = self.child.progressed = self._clock.machine()

    def drained(self) -> None:
        """See `Context.drained`."""
        if self._draining:
            self.stop()

    def stop(self) -> None:
        """See `Context.stop`."""
        self._over = True
        self.child.mailbox.probe()

    def defer(self) -> Reply:
        """See `Context.defer`."""
        self._deferring = True
        reply = self._in_hand.reply_to if self._in_hand is not None else None
        if not isinstance(reply, Reply):
            return Reply()
        self._deferred.add(reply)
        reply.on_done(self._deferred.discard)
        return reply

    def timers(self) -> LoopTimers:
        """See `Context.timers`."""
        assert self.host is not None
        return self.host.timers()

    def spawn(self, work: Coroutine[Any, Any, Any], on_error: OnError | None) -> asyncio.Task[Any]:
        """See `Context.spawn`."""
        assert self.host is not None
        return self.host.spawn(work, on_error)

    def _ring(self, message: object) -> None:
        if not self.over:
            self.child.mailbox.hold(self.epoch)
            self.handle(Envelope(message))
