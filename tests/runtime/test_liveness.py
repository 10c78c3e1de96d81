"""Liveness and health: who hangs is found, and a report never waits for anyone."""

from __future__ import annotations

from collections.abc import Iterable
from threading import Event
from typing import Any, Self

import pytest

from desk.clock import ManualClock
from tests.runtime.stage import QUICK, START, Player, Script, Threaded, crash, simulated, spec, threaded

KINDS = pytest.mark.parametrize("kind", ["thread", "asyncio"])


class Stuck:
    """A message that blocks its actor until the test ends."""

    def __init__(self) -> None:
        self.entered, self._go = Event(), Event()

    def __call__(self, _: Any) -> None:
        self.entered.set()
        assert self._go.wait(30)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._go.set()


def _pass(stage: Threaded, seconds: int, lively: Iterable[str]) -> None:
    """Let time pass in steps within which the lively actors show that they live."""
    for _ in range(seconds):
        stage.advance(1)
        for name in lively:
            stage.ask(name)


@KINDS
def test_hung_actor_reported_within_its_limit(kind: str) -> None:
    with Stuck() as stuck, threaded([spec("a", kind=kind), spec("b")], QUICK, ManualClock(START)) as stage:
        stage.ask("b")
        stage.tell("a", stuck)
        assert stuck.entered.wait(30)
        stage.tell("a", "waits")
        _pass(stage, 59, "b")
        assert stage.states() == {"a": "running", "b": "running"}
        stage.advance(1)
        assert stage.states() == {"a": "hung", "b": "running"}
        assert stage.report("a").last_error == "hung: no progress for 60 s"
        stage.advance(1)
        stage.reborn("a")
        assert stage.ask("a") == (2, "hello")
        assert stage.states() == {"a": "running", "b": "running"}
        assert "self._go.wait(30)" in stage.system.letters.latest()[0].traceback


def test_each_actor_has_its_own_limit() -> None:
    with Stuck() as stuck, threaded([spec("a", hang_after=10), spec("b")], QUICK, ManualClock(START)) as stage:
        stage.ask("b")
        stage.tell("a", stuck)
        assert stuck.entered.wait(30)
        _pass(stage, 9, "b")
        assert stage.states()["a"] == "running"
        stage.advance(1)
        assert stage.states()["a"] == "hung"


def test_long_work_that_shows_progress_is_not_hung() -> None:
    steps: list[Event] = [Event() for _ in range(120)]
    done = Event()

    def work(actor: Player) -> None:
        for step in steps:
            assert step.wait(30)
            actor.context.progress()
        done.set()

    with threaded([spec("a")], QUICK, ManualClock(START)) as stage:
        stage.tell("a", work)
        for step in steps:
            before = stage.system.children["a"].moved
            stage.advance(1)
            step.set()
            while stage.system.children["a"].moved == before:
                stage.settle()
        assert done.wait(30)
        assert stage.ask("a") == (1, "hello")


@KINDS
def test_a_hung_start_does_not_keep_the_others_waiting(kind: str) -> None:
    with Stuck() as stuck:
        script = Script(started=lambda actor: stuck(actor) if actor.context.epoch == 1 else None)
        with threaded([spec("a", script, kind=kind), spec("b")], QUICK, ManualClock(START)) as stage:
            assert stuck.entered.wait(30)
            assert stage.states() == {"a": "starting", "b": "stopped"}
            _pass(stage, 60, "")
            assert stage.ask("b") == (1, "hello")
            stage.advance(1)
            stage.reborn("a")
            assert stage.ask("a") == (2, "hello")


def test_a_process_that_stood_still_accuses_nobody() -> None:
    with threaded([spec("a"), spec("b", kind="asyncio")], QUICK, ManualClock(START)) as stage:
        stage.ask("b")
        stage.advance(3600)
        assert [stage.ask(name) for name in "ab"] == [(1, "hello"), (1, "hello")]
        _pass(stage, 120, "ab")
        assert [stage.ask(name) for name in "ab"] == [(1, "hello"), (1, "hello")]


def test_hung_broker_ends_process() -> None:
    ended: list[int] = []
    script = Script()
    specs = [spec("persistence", script), spec("broker", kind="asyncio", hang_exit_code=75)]
    clock = ManualClock(START)
    with Stuck() as stuck, threaded(specs, QUICK, clock, on_end=ended.append) as stage:
        stage.tell("broker", stuck)
        assert stuck.entered.wait(30)
        _pass(stage, 59, ["persistence"])
        clock.advance(1)
        stage.system.dispatcher.post(lambda: None)
        assert stage.supervisor.ended.wait(30)
        stage.thread.join(30)
        assert ended == [75]
        assert stage.supervisor.abandoned == ["broker"]
        assert script.journal[-1][2] == "stopped"
        assert stage.states() == {"persistence": "stopped", "broker": "hung"}


def test_counts_include_restarting() -> None:
    with simulated([spec("a"), spec("b"), spec("c", restart="temporary")]) as stage:
        stage.tell("a", crash)
        stage.tell("c", crash)
        stage.run(0.01)
        assert stage.states() == {"a": "backoff", "b": "running", "c": "stopped"}


def test_dead_letter_count() -> None:
    with simulated([spec("a")]) as stage:
        for number in range(1200):
            stage.tell("nobody", number)
        assert stage.system.letters.count() == 1200
        kept = stage.system.letters.latest()
        assert [kept[0].message, kept[-1].message, len(kept)] == [200, 1199, 1000]


@KINDS
def test_health_answers_while_broker_busy(kind: str) -> None:
    with Stuck() as stuck, threaded([spec("broker", kind=kind)], clock=ManualClock(START)) as stage:
        stage.ask("broker")
        stage.tell("broker", stuck)
        assert stuck.entered.wait(30)
        stage.tell("broker", "waits")
        stage.advance(7)
        report = stage.report("broker")
        assert (report.state, report.mailbox, report.handled, report.idle) == ("running", 1, 1, 7.0)
        assert report.facts == {"epoch": 1}
        assert report.kind == "player"


def test_a_report_refreshes_the_facts_of_idle_actors() -> None:
    class Counted(Script):
        asked = 0

    counted = Counted()
    with simulated([spec("a", counted)]) as stage:
        stage.run()
        player_facts = Player.facts

        def facts(actor: Player) -> dict[str, Any]:
            counted.asked += 1
            return {**player_facts(actor), "asked": counted.asked}

        stage.ask("a", lambda actor: setattr(actor, "facts", lambda: facts(actor)))
        before = counted.asked
        stage.run(5)
        stage.system.reports()
        stage.run()
        assert counted.asked == before + 1
        assert stage.report("a").facts == {"epoch": 1, "asked": counted.asked}


def test_a_mistake_in_facts_costs_no_life() -> None:
    with simulated([spec("a")]) as stage:
        stage.ask("a", lambda actor: setattr(actor, "facts", lambda: 1 / 0))
        stage.run(30)
        assert stage.report("a").facts == {"error": "ZeroDivisionError('division by zero')"}
        assert stage.ask("a") == (1, "hello")
