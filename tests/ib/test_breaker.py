from __future__ import annotations

from datetime import UTC, datetime

import pytest

from desk.clock import ManualClock
from desk.ib.breaker import Breaker
from desk.ib.errors import BreakerOpen


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(datetime(2019, 5, 13, 14, tzinfo=UTC))


def _fail(breaker: Breaker, times: int) -> None:
    for _ in range(times):
        breaker.enter()
        breaker.failed()


def test_opens_after_failures_in_a_row_and_refuses_at_once(clock: ManualClock) -> None:
    breaker = Breaker(clock, 5, 60.0)
    _fail(breaker, 4)
    breaker.enter()
    breaker.succeeded()
    _fail(breaker, 4)
    assert breaker.state == "closed"
    _fail(breaker, 1)
    assert breaker.state == "open"
    with pytest.raises(BreakerOpen):
        breaker.enter()


def test_lets_one_request_through_after_the_pause(clock: ManualClock) -> None:
    breaker = Breaker(clock, 5, 60.0)
    _fail(breaker, 5)
    clock.advance(59.9)
    with pytest.raises(BreakerOpen):
        breaker.enter()
    clock.advance(0.2)
    assert breaker.state == "half-open"
    breaker.enter()
    with pytest.raises(BreakerOpen):
        breaker.enter()
    breaker.succeeded()
    assert breaker.state == "closed"


def test_a_failed_probe_opens_it_again_and_a_cancelled_one_leaves_room_for_the_next(clock: ManualClock) -> None:
    breaker = Breaker(clock, 5, 60.0)
    _fail(breaker, 5)
    clock.advance(61.0)
    breaker.enter()
    breaker.left()
    breaker.enter()
    breaker.failed()
    assert breaker.state == "open"
    clock.advance(61.0)
    assert breaker.state == "half-open"
