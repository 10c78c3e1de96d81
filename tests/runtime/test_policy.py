"""When a crashed actor starts again."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.config.model import Supervision
from desk.runtime.policy import History, Policy, crashed
from tests.runtime.stage import Simulated, crash, simulated, spec

POLICY = Policy.of(Supervision(jitter=0.0))
seconds = st.floats(0.001, 1e4)


@given(st.integers(0, 10_000), seconds, seconds, st.floats(0, 1), st.floats(0, 1, exclude_max=True))
def test_delay_formula(streak: int, low: float, high: float, jitter: float, random: float) -> None:
    policy = Policy(5, 300.0, low, high, jitter, 60.0)
    doubled = low * 2**streak if streak < 64 else high
    assert policy.delay(streak, random) == pytest.approx(min(high, doubled) * (1 + random * jitter))


@given(st.integers(0, 50), st.floats(0, 1, exclude_max=True))
def test_jitter_bounds(streak: int, random: float) -> None:
    policy = Policy.of(Supervision(jitter=0.2))
    base = POLICY.delay(streak, 0.0)
    assert base <= policy.delay(streak, random) <= 1.2 * base
    assert policy.longest(random) <= 36.0


def _crash_at(times: list[float], policy: Policy = POLICY, ran: float = 1.0) -> tuple[list[float], list[bool]]:
    history, delays, exhausted = History(), [], []
    for now in times:
        verdict = crashed(history, policy, now, ran, 0.0)
        history = verdict.history
        delays.append(verdict.delay)
        exhausted.append(history.exhausted)
    return delays, exhausted


def test_the_limit_is_the_number_of_restarts_within_the_period() -> None:
    delays, exhausted = _crash_at([1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0])
    assert delays == [0.2, 0.4, 0.8, 1.6, 3.2, 30.0, 30.0]
    assert exhausted == [False] * 5 + [True] * 2


def test_restarts_when_crashes_outside_window() -> None:
    policy = Policy(5, 300.0, 0.2, 30.0, 0.0, stable_after=1e9)
    _, exhausted = _crash_at([60.0 * n for n in range(100)], policy)
    assert not any(exhausted)
    _, exhausted = _crash_at([59.0 * n for n in range(100)], policy)
    assert exhausted[5:] == [True] * 95


def test_count_resets_after_stable_period() -> None:
    tired = History((1.0, 2.0, 3.0), 9, exhausted=True)
    assert crashed(tired, POLICY, 100.0, 59.9, 0.0).delay == 30.0
    assert crashed(tired, POLICY, 100.0, 60.0, 0.0).delay == 0.2
    assert crashed(tired, POLICY, 100.0, 60.0, 0.0).history == History((100.0,), 1)


def _crash(stage: Simulated, times: int) -> None:
    for _ in range(times):
        stage.tell("a", crash)
        stage.run()


def test_exhausted_after_limit_then_retried_at_longest_backoff() -> None:
    with simulated([spec("a"), spec("b")], Supervision(jitter=0.0)) as stage:
        for _ in range(6):
            _crash(stage, 1)
            before = stage.states()["a"]
            stage.run(4)
        assert before == "exhausted"
        assert stage.states() == {"a": "exhausted", "b": "running"}
        stage.run(25.9)
        assert stage.states()["a"] == "exhausted"
        for _ in range(20):
            stage.run(0.2)
            assert stage.states()["a"] == "running"
            _crash(stage, 1)
            assert stage.states()["a"] == "exhausted"
            stage.run(29.9)
        stage.run(61)
        _crash(stage, 1)
        assert stage.states()["a"] == "backoff"


def test_limit_zero() -> None:
    with simulated([spec("a")], Supervision(max_restarts=0, jitter=0.0)) as stage:
        _crash(stage, 1)
        stage.run(29.9)
        assert stage.states() == {"a": "exhausted"}
        stage.run(0.2)
        assert stage.states() == {"a": "running"}


def test_critical_child_escalates_to_ordered_exit() -> None:
    with simulated([spec("a", critical=True), spec("b")], Supervision(max_restarts=1)) as stage:
        _crash(stage, 1)
        stage.run(5)
        assert stage.states() == {"a": "running", "b": "running"}
        _crash(stage, 1)
        assert stage.supervisor.run() == 70
        assert stage.states() == {"a": "stopped", "b": "stopped"}


def test_no_child_is_critical_by_default() -> None:
    assert not spec("a").critical


def test_noncritical_exhausted_others_run() -> None:
    with simulated([spec("a"), spec("b")], Supervision(max_restarts=0)) as stage:
        _crash(stage, 1)
        stage.run(10)
        assert stage.states() == {"a": "exhausted", "b": "running"}
        assert stage.ask("b") == (1, "hello")
