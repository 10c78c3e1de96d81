"""Starting: in order, refused whole when a spec is wrong, and a failed start is a crash like any other."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from desk.config.model import Supervision
from desk.runtime.child import ChildSpec
from desk.runtime.errors import SpecError
from tests.runtime.stage import BoomError, Player, Script, simulated, spec, threaded


def _boom(_: Player) -> None:
    raise BoomError("no start")


def _script(hook: str, action: Callable[[Player], None]) -> Script:
    return Script(init=action) if hook == "init" else Script(started=action)


def test_children_start_in_declared_order() -> None:
    script = Script()
    with simulated([spec(name, script) for name in "cab"]) as stage:
        stage.run()
        assert [name for name, _, what in script.journal if what == "started"] == ["c", "a", "b"]
        assert set(stage.states().values()) == {"running"}


def test_each_child_has_started_before_the_next_begins() -> None:
    script = Script()
    with threaded([spec(name, script) for name in "abc"]) as stage:
        stage.ask("c")
        assert [name for name, _, what in script.journal if what == "started"] == ["a", "b", "c"]


def test_start_failure_stops_started_in_reverse() -> None:
    fine, broken = Script(), Script(started=_boom)
    specs = [spec("a", fine), spec("b", fine), spec("c", broken, critical=True), spec("d", fine)]
    with simulated(specs, Supervision(max_restarts=0)) as stage:
        assert stage.supervisor.run() == 70
        assert [(name, what) for name, _, what in fine.journal] == [
            *[("a", "started"), ("b", "started")],
            *[("b", "drain"), ("b", "stopped"), ("a", "drain"), ("a", "stopped")],
        ]


@pytest.mark.parametrize(
    ("options", "mistake"),
    [
        ({"restart": "sometimes"}, "restart 'sometimes' is none of permanent, transient, temporary"),
        ({"kind": "process"}, "kind 'process' is none of thread, asyncio"),
        ({"hang_after": 0.0}, "hang_after 0.0 is not above 0"),
        ({"stop_timeout": -1.0}, "stop_timeout -1.0 is below 0"),
        ({"mailbox_limit": 0}, "mailbox_limit 0 is below 1"),
        ({"hang_exit_code": 256}, "hang_exit_code 256 is not within 0..255"),
    ],
)
def test_bad_spec_refused_before_anything_starts(options: dict[str, Any], mistake: str) -> None:
    script = Script()
    with (
        pytest.raises(SpecError, match="bad: ") as refusal,
        simulated([spec("good", script), spec("bad", script, **options)]),
    ):
        pass
    assert refusal.value.mistakes == (f"bad: {mistake}",)
    assert not script.journal


def test_every_mistake_is_named() -> None:
    with pytest.raises(SpecError) as refusal, simulated([ChildSpec("", None, restart="no")]):  # type: ignore[arg-type]  # that is the mistake
        pass
    assert len(refusal.value.mistakes) == 3


def test_duplicate_name_refused() -> None:
    script = Script()
    with pytest.raises(SpecError, match="twin: named 2 times"), simulated([spec("twin", script), spec("twin", script)]):
        pass
    assert not script.journal


def _failing_once(hook: str, kind: str) -> None:
    def once(actor: Player) -> None:
        if actor.context.epoch == 1:
            raise BoomError("not at first")

    with simulated([spec("a", _script(hook, once), kind=kind), spec("next")]) as stage:
        stage.run()
        assert stage.states() == {"a": "backoff", "next": "running"}
        assert stage.report("a").last_error.endswith("BoomError: not at first")
        stage.run(1)
        assert stage.report("a").state == "running"
        assert stage.report("a").restarts == 1


@pytest.mark.parametrize("kind", ["thread", "asyncio"])
def test_on_start_raises_counts_as_crash(kind: str) -> None:
    _failing_once("started", kind)


@pytest.mark.parametrize("kind", ["thread", "asyncio"])
def test_init_raises_counts_as_crash(kind: str) -> None:
    _failing_once("init", kind)


def test_a_supervisor_starts_once() -> None:
    with simulated([spec("a")]) as stage, pytest.raises(RuntimeError):
        stage.supervisor.start([spec("b")])


@pytest.mark.parametrize("hook", ["init", "started"])
@pytest.mark.parametrize("kind", ["thread", "asyncio"])
def test_a_start_that_fails_on_its_thread_is_a_crash(hook: str, kind: str) -> None:
    def once(actor: Player) -> None:
        if actor.context.epoch == 1:
            raise BoomError("not at first")

    with threaded([spec("a", _script(hook, once), kind=kind)]) as stage:
        stage.reborn("a")
        assert stage.ask("a") == (2, "hello")
        assert stage.report("a").restarts == 1


def test_an_async_actor_needs_a_loop() -> None:
    with threaded([ChildSpec("a", spec("a", kind="asyncio").factory, restart="temporary")]) as stage:
        stage.stop()
        assert stage.report("a").last_error == "TypeError: a is an AsyncActor; give its spec kind='asyncio'"
