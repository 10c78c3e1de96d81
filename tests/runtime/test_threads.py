"""Threads: what Pykka's own loop does not do, and timers under a real and a governed clock."""

from __future__ import annotations

from queue import SimpleQueue
from typing import Any

import pykka
import pytest

from desk.clock import SimulatedClock
from desk.runtime.threads import AsyncHost, ThreadHost
from tests.runtime.stage import START, Player, Script, crash, spec, threaded

KINDS = pytest.mark.parametrize("kind", ["thread", "asyncio"])


@KINDS
def test_a_hosted_actor_is_a_pykka_actor(kind: str) -> None:
    with threaded([spec("a", kind=kind)]) as stage:
        stage.ask("a")
        (ref,) = pykka.ActorRegistry.get_by_class(AsyncHost if kind == "asyncio" else ThreadHost)
        ref.tell("by its ref")
        assert ref.ask("hello", timeout=30) == (1, "hello")
        stage.tell("a", crash)
        stage.reborn("a")
        assert not ref.is_alive()
        stage.stop()
        assert not pykka.ActorRegistry.get_all()


@KINDS
def test_pykkas_stop_is_an_orderly_end(kind: str) -> None:
    script = Script()
    with threaded([spec("a", script, kind=kind)]) as stage:
        stage.ask("a")
        pykka.ActorRegistry.stop_all()
        stage.reborn("a")
        assert [what for _, epoch, what in script.journal if epoch == 1] == ["started", "hello", "drain", "stopped"]
        assert stage.ask("a") == (2, "hello")


@KINDS
def test_timers_of_both_faces_fire_on_threads(kind: str) -> None:
    fired: SimpleQueue[str] = SimpleQueue()

    def arm(actor: Player) -> None:
        actor.context.machine_after(0.02, lambda _: fired.put("machine"))
        actor.context.after(0.01, lambda _: fired.put("market"))
        actor.context.at(0.0, lambda _: fired.put("past"))

    with threaded([spec("a", kind=kind)]) as stage:
        stage.ask("a", arm)
        assert {fired.get(timeout=30) for _ in range(3)} == {"past", "market", "machine"}
        stage.ask("a", lambda actor: actor.context.after(0.01, crash) and None)
        stage.reborn("a")
        assert stage.ask("a") == (2, "hello")


@KINDS
def test_a_governed_clock_waits_for_every_timer_and_message(kind: str) -> None:
    """At 10,000 times the wall's speed timers fire at their instant, and messages are handled at the sender's."""
    clock = SimulatedClock(START, 10_000.0)
    seen: list[tuple[float, float]] = []
    done: SimpleQueue[Any] = SimpleQueue()

    def sent_at(then: float) -> Any:
        def handle(actor: Player) -> None:
            seen.append((then, actor.context.clock.time()))
            if len(seen) == 50:
                done.put(None)

        return handle

    def tick(actor: Player) -> None:
        now = actor.context.clock.time()
        actor.context.tell("b", sent_at(now))
        actor.context.after(60, tick)

    with threaded([spec("a", kind=kind), spec("b")], clock=clock) as stage:
        stage.ask("b")
        stage.tell("a", tick)
        done.get(timeout=30)
        first = seen[0][0]
        assert [then - first for then, _ in seen[:50]] == [60.0 * number for number in range(50)]
        assert all(now == then for then, now in seen[:50])


def test_a_thread_actor_has_no_loop() -> None:
    async def nothing() -> None:
        pass

    with threaded([spec("a")]) as stage:

        def wants_timers(actor: Player) -> str:
            with pytest.raises(RuntimeError, match="a has no loop; give its spec kind='asyncio'"):
                assert actor.context.timers
            with pytest.raises(RuntimeError, match="a has no loop"):
                actor.context.spawn(nothing())
            return "still here"

        assert stage.ask("a", wants_timers) == "still here"


def test_an_actor_without_hooks_lives() -> None:
    from desk.runtime.actor import Actor, AsyncActor
    from desk.runtime.child import ChildSpec

    with threaded([ChildSpec("a", Actor), ChildSpec("b", AsyncActor, kind="asyncio")]) as stage:
        assert stage.ask("a") is None
        assert stage.ask("b") is None
        stage.stop()
        assert stage.states() == {"a": "stopped", "b": "stopped"}
