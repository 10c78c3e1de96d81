"""Scale: many children, and many crashes without a lost reply or a leftover thread."""

from __future__ import annotations

from random import Random
from threading import Thread
from threading import enumerate as threads

from desk.runtime.errors import ActorCrashedError
from tests.runtime.stage import Player, Script, crash, simulated, spec, threaded


def _threads(names: list[str]) -> list[Thread]:
    return [thread for thread in threads() if thread.name in names]


def test_1000_children_start_stop() -> None:
    script = Script()
    names = [f"a{number}" for number in range(1000)]
    with threaded([spec(name, script) for name in names]) as stage:
        assert stage.ask(names[-1]) == (1, "hello")
        assert len(_threads(names)) == 1000
        stage.stop()
        assert [name for name, _, what in script.journal if what == "started"] == names
        assert [name for name, _, what in script.journal if what == "stopped"] == names[::-1]


def test_1000_children_in_virtual_time() -> None:
    with simulated([spec(f"a{number}", kind="asyncio") for number in range(1000)]) as stage:
        stage.run()
        assert set(stage.states().values()) == {"running"}
        stage.stop()
        assert set(stage.states().values()) == {"stopped"}


def test_survive_stress() -> None:
    """Random crashes under several askers: every ask is answered or told of a crash, every tell is handled in order."""
    names = [f"a{number}" for number in range(8)]
    script = Script()
    with threaded([spec(name, script, kind="asyncio" if name > "a5" else "thread") for name in names]) as stage:
        for name in names:
            stage.ask(name)
        outcomes: list[str] = []

        def press(seed: int) -> None:
            random = Random(seed)
            for number in range(250):
                name = random.choice(names)
                stage.tell(name, (seed, number))
                if random.random() < 0.2:
                    stage.tell(name, crash)
                try:
                    stage.ask(name, lambda _: "answer")
                    outcomes.append("answered")
                except ActorCrashedError:
                    outcomes.append("crashed")

        pressing = [Thread(target=press, args=(seed,)) for seed in range(4)]
        for thread in pressing:
            thread.start()
        for thread in pressing:
            thread.join(60)
        for name in names:
            while True:
                try:
                    stage.ask(name)
                    break
                except ActorCrashedError:
                    stage.settle()
        crashes = sum(letter.message is crash for letter in stage.system.letters.latest())
        assert len(outcomes) == 1000
        assert outcomes.count("answered") > 0
        assert crashes == stage.system.letters.count() > 100
        told = [what for _, _, what in script.journal if isinstance(what, tuple)]
        assert sorted(told) == [(seed, number) for seed in range(4) for number in range(250)]
        assert sum(report.restarts for report in stage.system.reports()) == crashes
        while len(_threads(names)) > len(names):
            stage.settle()
        for name in names:
            heard = [what for who, _, what in script.journal if who == name and isinstance(what, tuple)]
            for seed in range(4):
                assert [n for s, n in heard if s == seed] == sorted(n for s, n in heard if s == seed)


def test_the_journal_of_a_stress_is_the_same_for_a_seed() -> None:
    def journal(seed: int) -> list[object]:
        script = Script()
        with simulated([spec(name, script) for name in "abcd"], seed=seed, spread=0.01) as stage:
            random = Random(seed)

            def pass_on(actor: Player) -> None:
                actor.note(round(actor.context.clock.time(), 6))
                if random.random() < 0.05:
                    raise ValueError
                actor.context.after(random.random(), pass_on)
                actor.context.tell(random.choice("abcd"), actor.context.name)

            for name in "abcd":
                stage.tell(name, pass_on)
                stage.tell(name, pass_on)
            stage.run(60)
            return [*script.journal, stage.system.letters.count()]

    assert journal(1) == journal(1)
    assert journal(1) != journal(2)
