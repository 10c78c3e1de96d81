from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st

from desk.ib.pacer import Pacer


def _most_in_a_second(times: list[float]) -> int:
    return max(sum(1 for t in times if start <= t <= start + 1.0) for start in times)


@given(
    rate=st.integers(1, 60),
    wishes=st.lists(st.floats(0, 0.3), min_size=1, max_size=150),
    burst=st.integers(0, 8),
)
def test_never_more_than_the_rate_in_any_rolling_second(rate: int, wishes: list[float], burst: int) -> None:
    pacer, now, sent = Pacer(rate), 0.0, []
    for _ in range(min(burst, rate)):  # the handshake's messages leave without asking
        pacer.note(now)
        sent.append(now)
    for wish in wishes:
        now = max(now + wish, pacer.earliest())
        pacer.note(now)
        sent.append(now)
    assert _most_in_a_second(sent) <= rate


def test_sustains_the_rate() -> None:
    pacer, now = Pacer(50), 0.0
    for _ in range(1000):
        now = max(now, pacer.earliest())
        pacer.note(now)
    assert 49.0 < 1000 / now <= 50.0


def test_an_urgent_message_waits_one_interval_at_most() -> None:
    pacer, now = Pacer(50), 0.0
    for _ in range(200):
        now = max(now, pacer.earliest())
        pacer.note(now)
        assert pacer.earliest() - now <= 1.01 / 50 + 1e-9


def test_holds_when_the_gateway_complained() -> None:
    pacer = Pacer(50)
    pacer.note(10.0)
    pacer.hold(11.5)
    assert pacer.earliest() == 11.5


def test_counts_the_last_second() -> None:
    pacer, draw = Pacer(50), random.Random(1)
    for _ in range(30):
        pacer.note(5.0 + draw.random() / 10)
    assert pacer.per_second(5.9) == 30
    assert pacer.per_second(7.0) == 0
