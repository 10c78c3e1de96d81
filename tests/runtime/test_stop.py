"""Stopping: in reverse, each within its own limit, at any moment, more than once."""

from __future__ import annotations

from threading import Event, Thread
from typing import Any

import pytest

from desk.clock import ManualClock
from desk.config.model import Supervision
from desk.runtime.actor import Context
from desk.runtime.child import ChildSpec
from tests.runtime.stage import QUICK, START, AsyncPlayer, Player, Script, crash, simulated, spec, threaded

KINDS = pytest.mark.parametrize("kind", ["thread", "asyncio"])


@KINDS
def test_reverse_order(kind: str) -> None:
    script = Script()
    with threaded([spec(name, script, kind=kind) for name in "abc"]) as stage:
        stage.ask("c")
        stage.stop()
        endings = [(name, what) for name, _, what in script.journal if what in {"drain", "stopped"}]
        assert endings == [(name, what) for name in "cba" for what in ("drain", "stopped")]
        assert stage.supervisor.exit_code == 0


@KINDS
def test_what_was_accepted_is_handled_before_the_stop(kind: str) -> None:
    script = Script()
    with simulated([spec("a", script, kind=kind)]) as stage:
        for number in range(5):
            stage.tell("a", number)
        stage.stop()
        assert [what for _, _, what in script.journal] == ["started", 0, 1, 2, 3, 4, "drain", "stopped"]


@KINDS
def test_a_draining_actor_still_receives(kind: str) -> None:
    """A collector that waits for quotes hands over its batch to persistence, which is still there to take it."""
    persistence, collector = Script(), Script(drain=lambda _: False)
    with simulated([spec("persistence", persistence), spec("collector", collector, kind=kind)]) as stage:
        stage.run()
        stage.supervisor.stop()
        stage.run(3)
        assert stage.states() == {"persistence": "running", "collector": "draining"}

        def last_quotes(actor: Player) -> None:
            actor.context.tell("persistence", "last batch")
            actor.context.drained()

        stage.tell("collector", last_quotes)
        stage.supervisor.run()
        assert [what for _, _, what in persistence.journal] == ["started", "last batch", "drain", "stopped"]
        assert not stage.supervisor.abandoned


def test_a_task_may_end_the_draining() -> None:
    async def finish(context: Context) -> None:
        await context.timers.sleep(2)
        context.drained()

    def drain(actor: Player) -> bool:
        actor.context.spawn(finish(actor.context))
        return False

    with simulated([spec("a", Script(drain=drain), kind="asyncio")]) as stage:
        stage.run()
        stage.stop()
        assert stage.system.clock.machine() == 2
        assert not stage.supervisor.abandoned


def test_per_child_timeout() -> None:
    never = Script(drain=lambda _: False)
    specs = [spec("a", never, stop_timeout=2), spec("b", never, stop_timeout=7), spec("c", never)]
    with simulated(specs, Supervision(stop_timeout=10)) as stage:
        stage.run()
        stage.supervisor.stop()
        ends: dict[float, Any] = {}
        for _ in range(20):
            stage.run(1)
            ends[stage.system.clock.machine()] = tuple(stage.supervisor.abandoned)
        assert [next(at for at, names in ends.items() if name in names) for name in "cba"] == [10, 17, 19]
        assert stage.supervisor.ended.is_set()


@KINDS
def test_hung_child_abandoned_and_named(kind: str) -> None:
    entered, go = Event(), Event()

    def hang(_: Player) -> None:
        entered.set()
        assert go.wait(30)

    fine = Script()
    specs = [spec("a", fine), spec("b", Script(stopped=hang), kind=kind)]
    with threaded(specs, QUICK, ManualClock(START)) as stage:
        stage.ask("b")
        stage.supervisor.stop()
        assert entered.wait(30)
        stage.tell("b", "too late")
        stage.advance(9.9)
        assert stage.states() == {"a": "running", "b": "draining"}
        stage.advance(0.1)
        assert stage.supervisor.ended.wait(30)
        assert stage.supervisor.abandoned == ["b"]
        assert stage.states() == {"a": "stopped", "b": "hung"}
        assert stage.report("b").last_error == "hung: did not stop within 10 s"
        assert fine.journal[-1][2] == "stopped"
        go.set()


def test_a_task_that_will_not_end_is_abandoned() -> None:
    class Stubborn(AsyncPlayer):
        async def run(self) -> None:
            try:
                await super().run()
            finally:
                await self.context.timers.sleep(1000)

    stubborn = ChildSpec("a", lambda context: Stubborn(context, Script()), kind="asyncio")
    with simulated([stubborn]) as stage:
        stage.run()
        stage.stop()
        assert stage.system.clock.machine() == 10
        assert stage.supervisor.abandoned == ["a"]


def test_stop_idempotent() -> None:
    ended: list[int] = []
    script = Script()
    with threaded([spec("a", script)], on_end=ended.append) as stage:
        stage.ask("a")
        for code in (0, 3, 4):
            stage.supervisor.stop(code)
        assert stage.supervisor.ended.wait(30)
        stage.thread.join(30)
        stage.supervisor.stop()
        stage.supervisor.stop_now()
        assert [what for _, _, what in script.journal] == ["started", "hello", "drain", "stopped"]
        assert ended == [0]


def test_stop_now_ends_at_once() -> None:
    ended: list[int] = []
    entered, go = Event(), Event()

    def hang(_: Player) -> None:
        entered.set()
        assert go.wait(30)

    with threaded([spec("a"), spec("b", Script(stopped=hang))], on_end=ended.append) as stage:
        stage.ask("b")
        stage.supervisor.stop()
        assert entered.wait(30)
        stage.supervisor.stop_now(130)
        assert stage.supervisor.ended.wait(30)
        stage.thread.join(30)
        assert ended == [130]
        assert sorted(stage.supervisor.abandoned) == ["a", "b"]
        go.set()


@pytest.mark.parametrize("moment", range(0, 12, 2))
def test_stop_race(moment: int) -> None:
    """Stops from several threads while an actor crashes: everything ends, once."""
    ended: list[int] = []
    with threaded([spec("a"), spec("b", kind="asyncio"), spec("c")], on_end=ended.append) as stage:
        stage.ask("c")
        stoppers = [Thread(target=stage.supervisor.stop) for _ in range(3)]
        for number in range(12):
            if number == moment:
                for stopper in stoppers:
                    stopper.start()
            stage.tell("abc"[number % 3], crash)
        assert stage.supervisor.ended.wait(30)
        for stopper in stoppers:
            stopper.join()
        stage.thread.join(30)
        assert ended == [0]
        assert set(stage.states().values()) == {"stopped"}


def test_stop_during_start() -> None:
    entered, go = Event(), Event()

    def slow(_: Player) -> None:
        entered.set()
        assert go.wait(30)

    script = Script()
    with threaded([spec("a", script), spec("b", Script(started=slow)), spec("c", script)]) as stage:
        assert entered.wait(30)
        stage.supervisor.stop()
        stage.settle()
        assert stage.states() == {"a": "running", "b": "draining", "c": "stopped"}
        go.set()
        assert stage.supervisor.ended.wait(30)
        assert [(name, what) for name, _, what in script.journal] == [
            ("a", "started"),
            ("a", "drain"),
            ("a", "stopped"),
        ]
        assert not stage.supervisor.abandoned


def test_a_crash_while_stopping_is_not_restarted() -> None:
    script = Script(drain=crash)
    with simulated([spec("a"), spec("b", script)]) as stage:
        stage.run()
        stage.stop()
        stage.run(60)
        assert stage.states() == {"a": "stopped", "b": "stopped"}
        assert [what for _, _, what in script.journal].count("started") == 1
