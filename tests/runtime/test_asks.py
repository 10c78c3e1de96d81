"""Asks: every one ends, with an answer or an error that says which."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial
from threading import Event, Thread
from typing import Any

import pytest

from desk.clock import ManualClock
from desk.config.model import Supervision
from desk.runtime.errors import (
    ActorCrashedError,
    ActorError,
    ActorStoppedError,
    ActorUnknownError,
    AskTimeoutError,
    MailboxFullError,
)
from tests.runtime.stage import QUICK, START, Player, Script, crash, leave, simulated, spec, threaded

KINDS = pytest.mark.parametrize("kind", ["thread", "asyncio"])


class Asking(Thread):
    """An ask on a thread of its own."""

    def __init__(self, ask: Callable[..., Any], *args: Any) -> None:
        super().__init__()
        self._ask: Callable[[], Any] = partial(ask, *args)
        self.answer: Any = None
        self.start()

    def run(self) -> None:
        try:
            self.answer = self._ask()
        except ActorError as error:
            self.answer = error

    def get(self) -> Any:
        self.join(30)
        assert not self.is_alive()
        return self.answer


@KINDS
def test_pending_ask_fails_on_crash(kind: str) -> None:
    entered, go = Event(), Event()

    def crash_later(_: Player) -> None:
        entered.set()
        assert go.wait(30)
        raise ValueError("no")

    with threaded([spec("a", kind=kind)]) as stage:
        in_hand = Asking(stage.ask, "a", crash_later)
        assert entered.wait(30)
        waiting = Asking(stage.ask, "a", "waiting")
        while not len(stage.system.children["a"].mailbox):
            stage.settle()
        go.set()
        for asking in (in_hand, waiting):
            assert isinstance(asking.get(), ActorCrashedError)
            assert isinstance(asking.get().__cause__, ValueError)
        stage.reborn("a")
        assert stage.ask("a") == (2, "hello")


@KINDS
def test_an_ask_fails_when_the_actor_ends_before_it(kind: str) -> None:
    with simulated([spec("a", kind=kind, restart="temporary")]) as stage:
        stage.tell("a", leave)
        with pytest.raises(ActorStoppedError):
            stage.ask("a")
        with pytest.raises(ActorStoppedError):
            stage.ask("a")


@KINDS
def test_in_flight_deferred_reply_fails_on_crash(kind: str) -> None:
    with threaded([spec("a", kind=kind)]) as stage:
        held: list[Any] = []
        asking = Asking(stage.ask, "a", lambda actor: held.append(actor.context.defer()))
        while not held:
            stage.settle()
        assert asking.is_alive()
        stage.tell("a", crash)
        assert isinstance(asking.get(), ActorCrashedError)
        held[0].set("too late")


@KINDS
def test_a_deferred_reply_answers_later(kind: str) -> None:
    with simulated([spec("a", kind=kind)]) as stage:

        def later(actor: Player) -> str:
            reply = actor.context.defer()
            actor.context.after(5, lambda _: reply.set("late"))
            return "not this"

        before = stage.system.clock.time()
        assert stage.ask("a", later) == "late"
        assert stage.system.clock.time() - before == 5


def test_the_edges_of_an_ask() -> None:
    with simulated([spec("a", mailbox_limit=1)], Supervision(max_restarts=0)) as stage:
        stage.run()
        with pytest.raises(ActorUnknownError):
            stage.ask("nobody")
        with pytest.raises(AskTimeoutError, match="no answer within 3 s"):
            stage.ask("a", lambda actor: actor.context.defer(), timeout=3)
        stage.tell("a", "fills it")
        with pytest.raises(MailboxFullError):
            stage.ask("a")
        with pytest.raises(TimeoutError):
            stage.ask("a", lambda actor: actor.context.defer(), timeout=3)


@KINDS
def test_ask_racing_stop_never_hangs(kind: str) -> None:
    """Askers go round while the actor leaves and returns; every ask ends by itself, long before its limit."""
    with threaded([spec("a", kind=kind)]) as stage:
        outcomes: list[Any] = []
        over = Event()

        def ask_on() -> None:
            while not over.is_set():
                try:
                    outcomes.append(stage.ask("a", "q", 20.0)[1])
                except AskTimeoutError:
                    raise
                except ActorError as error:
                    outcomes.append(type(error))

        askers = [Thread(target=ask_on) for _ in range(4)]
        for asker in askers:
            asker.start()
        for times in range(60):
            stage.tell("a", leave if times % 2 else crash)
            stage.reborn("a", times + 1)
        stage.stop()
        over.set()
        for asker in askers:
            asker.join(30)
            assert not asker.is_alive()
        assert set(outcomes) <= {"q", ActorCrashedError, ActorStoppedError}
        assert outcomes.count("q") > 0


def test_late_reply_from_dead_incarnation_dropped() -> None:
    entered, go = Event(), Event()

    def hang(actor: Player) -> str:
        entered.set()
        assert go.wait(30)
        actor.context.tell("b", "from the dead")
        return "late"

    script = Script()
    with threaded([spec("a"), spec("b", script, hang_after=1e9)], QUICK, ManualClock(START)) as stage:
        asking = Asking(stage.ask, "a", hang)
        assert entered.wait(30)
        (thread,) = [thread for thread in threading.enumerate() if thread.name == "a"]
        for _ in range(4):
            stage.advance(15)
        assert isinstance(asking.get(), ActorCrashedError)
        stage.advance(1)
        stage.reborn("a")
        go.set()
        thread.join(30)
        assert not thread.is_alive()
        assert stage.ask("a") == (2, "hello")
        stage.ask("b")
        assert [what for _, _, what in script.journal] == ["started", "hello"]
        letters = [(letter.to, letter.message, letter.reason) for letter in stage.system.letters.latest()]
        assert letters == [
            ("a", hang, "hung: no progress for 60 s"),
            ("b", "from the dead", "sent by superseded a #1"),
        ]


def test_order_not_resent_after_restart() -> None:
    """An order that left before the crash is not sent again by handling its message again."""
    sent: list[str] = []

    def order(_: Player) -> None:
        sent.append("BUY 1 SPX condor")
        raise ConnectionError("before the acknowledgement")

    with simulated([spec("broker", kind="asyncio"), spec("strategy")]) as stage:
        stage.ask("strategy", lambda actor: actor.context.tell("broker", order))
        stage.run(60)
        assert stage.ask("broker")[0] == 2
        assert sent == ["BUY 1 SPX condor"]
        assert [letter.message for letter in stage.system.letters.latest()] == [order]
