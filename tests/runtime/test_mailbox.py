"""The mailbox: outlives the incarnation, keeps order, is bounded, and holds market time while a message waits."""

from __future__ import annotations

from threading import Event
from typing import Any

import pytest

from desk.clock import ManualClock
from desk.runtime.envelope import Envelope
from desk.runtime.mailbox import Mailbox
from messages.system import Drain
from tests.runtime.stage import START, Player, Script, crash, simulated, spec, threaded


class CountingClock(ManualClock):
    """Counts what is on its way."""

    def __init__(self) -> None:
        super().__init__(START)
        self.flying = 0

    def depart(self, amount: int = 1, address: object = None) -> None:
        self.flying += amount

    def arrive(self, amount: int = 1, address: object = None) -> None:
        self.flying -= amount
        assert self.flying >= 0


def _mailbox(limit: int = 100) -> tuple[CountingClock, Mailbox, list[tuple[Any, str]]]:
    clock, refused = CountingClock(), list[tuple[Any, str]]()
    return clock, Mailbox(clock, limit, lambda envelope, why: refused.append((envelope.message, why))), refused


@pytest.mark.parametrize("kind", ["thread", "asyncio"])
def test_kept_across_restart_in_order(kind: str) -> None:
    script, entered, go = Script(), Event(), Event()

    def crash_later(_: Player) -> None:
        entered.set()
        assert go.wait(30)
        raise ValueError

    with threaded([spec("a", script, kind=kind)]) as stage:
        stage.tell("a", crash_later)
        assert entered.wait(30)
        for number in range(100):
            stage.tell("a", number)
            if number % 10 == 3:
                stage.tell("a", crash)
        go.set()
        stage.reborn("a", 11)
        stage.ask("a")
        assert [what for _, _, what in script.journal if isinstance(what, int)] == list(range(100))
        assert script.journal[-2][1] == 12


@pytest.mark.parametrize("kind", ["thread", "asyncio"])
def test_crashing_message_not_redelivered(kind: str) -> None:
    seen: list[int] = []

    def poison(actor: Player) -> None:
        seen.append(actor.context.epoch)
        raise ValueError("poison")

    with simulated([spec("a", kind=kind)]) as stage:
        stage.tell("a", poison)
        stage.run(5)
        assert seen == [1]
        (letter,) = stage.system.letters.latest()
        assert (letter.to, letter.message, letter.reason) == ("a", poison, "ValueError: poison")
        assert 'raise ValueError("poison")' in letter.traceback


def test_priority_order_kept() -> None:
    script = Script()
    ranked = spec("a", script, priority=lambda message: message[0])
    with simulated([ranked]) as stage:
        for message in [(3, "x"), (1, "x"), (2, "x"), (1, "y"), (3, "y"), (0, "x")]:
            stage.tell("a", message)
        stage.stop()
        assert [what for _, _, what in script.journal] == [
            "started",
            *[(0, "x"), (1, "x"), (1, "y"), (2, "x"), (3, "x"), (3, "y")],
            "drain",
            "stopped",
        ]


def test_priority_order_is_kept_across_a_restart() -> None:
    script = Script()
    with simulated([spec("a", script, priority=lambda message: 0 if callable(message) else message)]) as stage:
        for message in [3, 1, crash, 2]:
            stage.tell("a", message)
        stage.run(5)
        assert [(epoch, what) for _, epoch, what in script.journal if what != "started"] == [(2, 1), (2, 2), (2, 3)]


def test_full_mailbox_goes_to_dead_letters() -> None:
    script = Script()
    with simulated([spec("a", script, mailbox_limit=3)]) as stage:
        for number in range(5):
            stage.tell("a", number)
        assert [(letter.message, letter.reason) for letter in stage.system.letters.latest()] == [
            (3, "full"),
            (4, "full"),
        ]
        stage.stop()
        assert [what for _, _, what in script.journal] == ["started", 0, 1, 2, "drain", "stopped"]


def test_address_valid_after_restart() -> None:
    with simulated([spec("a"), spec("b")]) as stage:
        stage.tell("a", crash)
        stage.run(5)
        stage.ask("b", lambda actor: actor.context.tell("a", "from b"))
        assert stage.ask("a") == (2, "hello")


def test_watcher_told_restart_once() -> None:
    told: list[tuple[str, int]] = []

    def bad(_name: str, _epoch: int) -> None:
        raise ValueError("a watcher's own trouble")

    with simulated([spec("a"), spec("b")]) as stage:
        stage.supervisor.watch(bad)
        stage.supervisor.watch(lambda name, epoch: told.append((name, epoch)))
        stage.run()
        assert not told
        stage.tell("a", crash)
        stage.run(5)
        stage.tell("b", crash)
        stage.tell("a", crash)
        stage.run(5)
        assert told == [("a", 2), ("b", 2), ("a", 3)]


def test_unknown_and_closed_addresses_lead_to_dead_letters() -> None:
    with simulated([spec("a")]) as stage:
        stage.stop()
        stage.tell("a", 1)
        stage.tell("nobody", 2)
        assert [(letter.to, letter.message, letter.reason) for letter in stage.system.letters.latest()] == [
            ("a", 1, "closed"),
            ("nobody", 2, "unknown"),
        ]


def test_what_waits_at_the_end_is_a_dead_letter() -> None:
    with simulated([spec("a")]) as stage:
        stage.run()
        stage.tell("a", lambda actor: actor.context.stop())
        stage.tell("a", "kept")
        stage.supervisor.stop()
        stage.supervisor.run()
        assert [letter.message for letter in stage.system.letters.latest()] == ["kept"]


def test_market_time_is_held_from_put_to_done() -> None:
    clock, mailbox, _ = _mailbox()
    mailbox.put(Envelope(1))
    assert clock.flying == 0
    mailbox.attach(1)
    mailbox.put(Envelope(2))
    assert clock.flying == 2
    mailbox.take(1)
    assert clock.flying == 2
    mailbox.done(1)
    mailbox.done(1)
    assert clock.flying == 1


def test_an_ending_releases_market_time_once() -> None:
    clock, mailbox, _ = _mailbox()
    mailbox.attach(1)
    for number in range(3):
        mailbox.put(Envelope(number))
    mailbox.take(1)
    assert clock.flying == 3
    mailbox.detach(1)
    mailbox.done(1)
    mailbox.put(Envelope(3))
    assert clock.flying == 0
    mailbox.attach(2)
    assert clock.flying == 3
    mailbox.close()
    mailbox.done(2)
    assert clock.flying == 0


def test_a_superseded_incarnation_takes_nothing() -> None:
    clock, mailbox, _ = _mailbox()
    mailbox.attach(1)
    mailbox.detach(1)
    mailbox.attach(1)
    mailbox.put(Envelope(1))
    assert mailbox.take(1) is None
    mailbox.attach(2)
    assert mailbox.take(1) is None
    assert mailbox.take(2) is not None
    assert clock.flying == 1


def test_an_orderly_stop_fits_into_a_full_mailbox_and_does_not_survive_a_crash() -> None:
    _, mailbox, refused = _mailbox(limit=1)
    mailbox.attach(1)
    mailbox.put(Envelope(1))
    mailbox.put(Envelope(Drain()))
    mailbox.put(Envelope(2))
    assert refused == [(2, "full")]
    assert len(mailbox) == 2
    mailbox.detach(1)
    assert len(mailbox) == 1


def test_nothing_is_left_on_its_way_after_crashes_and_a_stop() -> None:
    clock = CountingClock()
    with threaded([spec("a", mailbox_limit=3), spec("b", kind="asyncio")], clock=clock) as stage:
        for name in ["a", "b"] * 10:
            stage.tell(name, "x")
        stage.tell("a", crash)
        stage.tell("b", crash)
        stage.stop()
    assert clock.flying == 0
