"""Restarting: one for one, by kind and ending, whatever the crash."""

from __future__ import annotations

from asyncio import CancelledError

import pytest

from desk.config.model import Supervision
from tests.runtime.stage import BoomError, Player, Script, crash, leave, simulated, spec, threaded


def test_one_for_one_leaves_siblings_untouched() -> None:
    with simulated([spec("a"), spec("b"), spec("c")]) as stage:
        stage.tell("b", crash)
        stage.run(5)
        assert [stage.ask(name)[0] for name in "abc"] == [1, 2, 1]
        assert [stage.report(name).restarts for name in "abc"] == [0, 1, 0]


def test_temporary_sibling_not_restarted() -> None:
    with simulated([spec("a"), spec("t", restart="temporary")]) as stage:
        stage.tell("a", crash)
        stage.tell("t", crash)
        stage.run(5)
        assert stage.states() == {"a": "running", "t": "stopped"}


@pytest.mark.parametrize(
    ("restart", "ending", "again"),
    [
        ("permanent", "normal", True),
        ("permanent", "stop", False),
        ("permanent", "crash", True),
        ("transient", "normal", False),
        ("transient", "stop", False),
        ("transient", "crash", True),
        ("temporary", "normal", False),
        ("temporary", "stop", False),
        ("temporary", "crash", False),
    ],
)
def test_restart_kind_by_ending(restart: str, ending: str, again: bool) -> None:
    script = Script()
    with simulated([spec("a", script, restart=restart)]) as stage:
        stage.run()
        if ending == "stop":
            stage.supervisor.stop()
        else:
            stage.tell("a", leave if ending == "normal" else crash)
        stage.run(5)
        assert stage.report("a").state == ("running" if again else "stopped")
        assert [what for _, _, what in script.journal].count("started") == (2 if again else 1)
        assert ("a", 1, "stopped") in script.journal or ending == "crash"


@pytest.mark.parametrize("kind", ["thread", "asyncio"])
def test_crash_in_tell(kind: str) -> None:
    with threaded([spec("a", kind=kind)]) as stage:
        stage.tell("a", crash)
        stage.reborn("a")
        assert stage.ask("a") == (2, "hello")
        assert stage.report("a").last_error.endswith("BoomError")


@pytest.mark.parametrize("kind", ["thread", "asyncio"])
def test_crash_in_on_stop(kind: str) -> None:
    script = Script(stopped=crash)
    with threaded([spec("a"), spec("b", script, kind=kind)]) as stage:
        stage.tell("b", leave)
        stage.reborn("b")
        assert stage.ask("b") == (2, "hello")
        stage.stop()
        assert stage.states() == {"a": "stopped", "b": "stopped"}
        assert stage.report("b").last_error.endswith("BoomError")


@pytest.mark.parametrize("kind", ["thread", "asyncio"])
@pytest.mark.parametrize(
    "error", [SystemExit, KeyboardInterrupt, StopIteration, GeneratorExit, CancelledError, BaseException]
)
def test_system_exit_in_child_does_not_stop_others(kind: str, error: type[BaseException]) -> None:
    def bail(_: Player) -> None:
        raise error

    with threaded([spec("a", kind=kind), spec("b"), spec("c", kind="asyncio")]) as stage:
        stage.tell("a", bail)
        stage.reborn("a")
        assert [stage.ask(name)[0] for name in "abc"] == [2, 1, 1]
    with simulated([spec("a", kind=kind), spec("b")]) as virtual:
        virtual.tell("a", bail)
        virtual.run(5)
        assert [virtual.ask(name)[0] for name in "ab"] == [2, 1]


def test_system_exit_in_a_task_does_not_stop_others() -> None:
    async def bail() -> None:
        raise SystemExit

    with simulated([spec("a", kind="asyncio"), spec("b", kind="asyncio")]) as stage:
        stage.tell("a", lambda actor: actor.context.spawn(bail()) and None)
        stage.run(5)
        assert [stage.ask(name)[0] for name in "ab"] == [2, 1]


def test_failed_restart_retried_through_inbox_not_loop() -> None:
    def fail_thrice(actor: Player) -> None:
        if 1 < actor.context.epoch < 5:
            raise BoomError

    with simulated([spec("a", Script(started=fail_thrice)), spec("b")], Supervision(jitter=0.0)) as stage:
        stage.tell("a", crash)
        stage.run(0.2 + 0.4 + 0.8 + 1.5)
        assert stage.report("a").state == "backoff"
        assert stage.ask("b", timeout=0.01) == (1, "hello")
        stage.run(0.2)
        assert stage.ask("a") == (5, "hello")
        assert stage.report("a").restarts == 4


@pytest.mark.parametrize("state", ["backoff", "exhausted"])
def test_shutdown_accepted_during_backoff(state: str) -> None:
    settings = Supervision(max_restarts=0 if state == "exhausted" else 5)
    script = Script()
    with simulated([spec("a", script), spec("b")], settings) as stage:
        stage.tell("a", crash)
        stage.run(0.01)
        assert stage.report("a").state == state
        before = stage.system.clock.machine()
        stage.stop()
        assert stage.system.clock.machine() == before
        assert stage.states() == {"a": "stopped", "b": "stopped"}
        stage.run(100)
        assert [what for _, _, what in script.journal].count("started") == 1


def test_many_simultaneous_crashes() -> None:
    names = [f"a{index}" for index in range(50)]
    with threaded(
        [spec(name, kind="asyncio" if index % 5 == 0 else "thread") for index, name in enumerate(names)]
    ) as stage:
        for name in names:
            stage.ask(name)
        for name in names:
            stage.tell(name, crash)
        for name in names:
            stage.reborn(name)
        assert {stage.ask(name)[0] for name in names} == {2}
