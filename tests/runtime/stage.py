"""A stage for actors under test: messages are scripts that the actor performs, and a journal of what was performed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from random import Random
from threading import Condition, Event, Thread
from typing import Any, NoReturn

from desk.clock import Clock, ManualClock, RealClock
from desk.config.model import Supervision
from desk.runtime.actor import Actor, AsyncActor, Context
from desk.runtime.child import ChildSpec
from desk.runtime.simulation import SimulatedSystem
from desk.runtime.supervision import Supervisor
from desk.runtime.system import System
from messages.system import Report

START = datetime(2019, 5, 13, 13, 30, tzinfo=UTC)
QUICK = Supervision(backoff_min=0.001, backoff_max=0.002, max_restarts=1_000_000)
"""Supervision for tests on real threads: restarts at once and as often as wanted."""


class BoomError(Exception):
    """What crashes on this stage."""


@dataclass
class Script:
    """How the actors of one name behave; shared by all incarnations. `journal` belongs to the test."""

    journal: list[Any] = field(default_factory=list)
    init: Callable[[Player], None] = lambda _: None
    started: Callable[[Player], None] = lambda _: None
    drain: Callable[[Player], bool] = lambda _: True
    stopped: Callable[[Player], None] = lambda _: None


class Player(Actor):
    """Performs callable messages and notes the others; answers asks with (epoch, message)."""

    kind = "player"

    def __init__(self, context: Context, script: Script) -> None:
        super().__init__(context)
        self.script = script
        script.init(self)

    def note(self, what: Any) -> None:
        self.script.journal.append((self.context.name, self.context.epoch, what))

    def started(self) -> None:
        self.note("started")
        self.script.started(self)

    def receive(self, message: object) -> object:
        if callable(message):
            return message(self)
        self.note(message)
        return self.context.epoch, message

    def drain(self) -> bool:
        self.note("drain")
        return self.script.drain(self)

    def stopped(self) -> None:
        self.note("stopped")
        self.script.stopped(self)

    def facts(self) -> dict[str, Any]:
        return {"epoch": self.context.epoch}


class AsyncPlayer(Player, AsyncActor):
    """The same on a loop."""


def crash(_: Player) -> NoReturn:
    raise BoomError


def leave(actor: Player) -> None:
    actor.context.stop()


def spec(name: str, script: Script | None = None, **options: Any) -> ChildSpec:
    """Specify a player; `kind="asyncio"` makes it an async one."""
    made = script or Script()
    player = AsyncPlayer if options.get("kind") == "asyncio" else Player
    return ChildSpec(name, lambda context: player(context, made), **options)


@dataclass
class Stage:
    """A system and its supervisor."""

    system: System
    supervisor: Supervisor

    def tell(self, name: str, message: Any) -> None:
        self.system.tell(name, message)

    def ask(self, name: str, message: Any = "hello", timeout: float = 30.0) -> Any:
        return self.system.ask(name, message, timeout)

    def report(self, name: str) -> Report:
        return next(report for report in self.system.reports() if report.name == name)

    def states(self) -> dict[str, str]:
        return {report.name: report.state for report in self.system.reports()}


@dataclass
class Simulated(Stage):
    """In virtual time."""

    system: SimulatedSystem

    def run(self, seconds: float = 0.0) -> None:
        self.system.run_for(seconds)

    def stop(self) -> None:
        self.supervisor.stop()
        self.supervisor.run()


@contextmanager
def simulated(
    specs: Sequence[ChildSpec], settings: Supervision | None = None, seed: int = 1, spread: float = 0.0
) -> Iterator[Simulated]:
    """Start the specs in virtual time; nothing has run yet."""
    system = SimulatedSystem(START, settings or Supervision(), seed, spread=spread)
    stage = Simulated(system, Supervisor(system))
    try:
        stage.supervisor.start(specs)
        yield stage
    finally:
        system.close()


@dataclass
class Threaded(Stage):
    """On real threads."""

    thread: Thread
    restarts: Counter[str] = field(default_factory=Counter)
    restarts_changed: Condition = field(default_factory=Condition)

    def advance(self, seconds: float) -> None:
        """Move a manual clock, and let the supervisor see it."""
        assert isinstance(self.system.clock, ManualClock)
        self.system.clock.advance(seconds)
        self.settle()

    def settle(self) -> None:
        """Wait until the supervisor has dealt with what was due and posted before this call, or has ended."""
        for _ in range(2):
            seen = Event()
            self.system.dispatcher.post(seen.set)
            while not (seen.wait(0.01) or self.supervisor.ended.is_set()):
                assert self.thread.is_alive()

    def stop(self) -> None:
        self.supervisor.stop()
        assert self.supervisor.ended.wait(30)

    def reborn(self, name: str, times: int = 1) -> None:
        """Wait until `name` has been restarted so often."""
        with self.restarts_changed:
            assert self.restarts_changed.wait_for(lambda: self.restarts[name] >= times, 30)

    def count(self, name: str, _: int) -> None:
        with self.restarts_changed:
            self.restarts[name] += 1
            self.restarts_changed.notify_all()


@contextmanager
def threaded(
    specs: Sequence[ChildSpec], settings: Supervision = QUICK, clock: Clock | None = None, **options: Any
) -> Iterator[Threaded]:
    """Start the specs on threads; they may not have started yet."""
    system = System(clock or RealClock(), settings, Random(1))
    supervisor = Supervisor(system, **options)
    stage = Threaded(system, supervisor, Thread(target=supervisor.run, name="supervisor"))
    supervisor.watch(stage.count)
    stage.thread.start()
    try:
        supervisor.start(specs)
        yield stage
    finally:
        supervisor.stop_now()
        stage.thread.join(30)
        assert not stage.thread.is_alive()
