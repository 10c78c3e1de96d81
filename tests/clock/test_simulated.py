from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.clock import SimulatedClock, TimerQueue

START = datetime(2019, 5, 13, 13, 25, tzinfo=UTC)


class Wall:
    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def clock_at(speed: float) -> tuple[SimulatedClock, Wall]:
    wall = Wall()
    return SimulatedClock(START, speed, wall), wall


def elapsed(clock: SimulatedClock) -> float:
    return clock.time() - START.timestamp()


def test_runs_at_its_speed() -> None:
    clock, wall = clock_at(60)
    wall.seconds += 2
    assert elapsed(clock) == 120
    assert clock.machine() == 2
    assert clock.now() == datetime(2019, 5, 13, 13, 27, tzinfo=UTC)


def test_stands_still_while_an_answer_is_on_its_way() -> None:
    clock, wall = clock_at(60)
    wall.seconds += 1
    clock.depart(100)
    wall.seconds += 1
    assert elapsed(clock) == 60
    clock.arrive(60)
    wall.seconds += 0.5
    assert elapsed(clock) == 60
    clock.arrive(40)
    wall.seconds += 1
    assert elapsed(clock) == 120


def test_what_was_under_way_over_a_lost_connection_no_longer_is() -> None:
    clock, wall = clock_at(60)
    clock.join("me")
    clock.depart(100, "me")
    clock.depart(100, "a stranger")
    wall.seconds += 1
    assert elapsed(clock) == 0
    clock.leave("me")
    wall.seconds += 1
    assert elapsed(clock) == 60


def test_never_passes_a_pin_before_its_holder_has_acted() -> None:
    clock, wall = clock_at(60)
    pin = clock.pin(clock.time() + 30)
    wall.seconds += 1.5
    assert elapsed(clock) == 30
    clock.release(pin)
    wall.seconds += 1
    assert elapsed(clock) == 90


def test_a_hung_holder_cannot_stop_the_day() -> None:
    clock, wall = clock_at(60)
    clock.pin(clock.time() + 30)
    wall.seconds += 1
    assert elapsed(clock) == 30
    for _ in range(8):
        wall.seconds += 0.5
        clock.time()
    assert elapsed(clock) > 30


def test_lost_work_cannot_stop_the_day() -> None:
    clock, wall = clock_at(60)
    clock.depart()
    for _ in range(8):
        wall.seconds += 0.5
        clock.time()
    assert elapsed(clock) > 0


def test_shows_the_speed_reached() -> None:
    clock, wall = clock_at(60)
    clock.depart()
    wall.seconds += 1
    clock.arrive()
    wall.seconds += 1
    asked, reached = clock.speed()
    assert asked == 60
    assert reached == pytest.approx(30)


def test_speed_must_be_positive() -> None:
    with pytest.raises(ValueError, match="speed must be above 0"):
        SimulatedClock(START, 0)


@given(st.lists(st.floats(0, 500), min_size=1, max_size=30), st.floats(0.01, 5))
def test_timers_fire_in_order_and_at_their_instant_however_late_the_thread_wakes(
    delays: list[float], step: float
) -> None:
    clock, wall = clock_at(60)
    queue = TimerQueue(clock)
    fired: list[tuple[float, float]] = []
    for delay in delays:
        due = clock.time() + delay
        queue.add(due, lambda due=due: fired.append((due, clock.time())))  # type: ignore[misc]  # mypy: default in lambda
    while queue.due() is not None:
        wall.seconds += step
        queue.run()
    assert fired == sorted(fired)
    assert all(at == due for due, at in fired)
