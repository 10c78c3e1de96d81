from __future__ import annotations

from desk.ib.patience import Patience


def test_nobody_is_cut_off_before_the_pace_is_known() -> None:
    patience = Patience(0.15, 4.0)
    for _ in range(4):
        patience.answered(0.1)
    assert patience.seconds == 4.0
    patience.answered(0.1)
    assert abs(patience.seconds - 0.15) < 1e-9


def test_stretches_when_the_chain_is_slow_and_comes_back() -> None:
    patience = Patience(0.15, 4.0)
    for _ in range(10):
        patience.answered(0.8)
    assert abs(patience.seconds - 1.2) < 1e-9
    for _ in range(40):
        patience.answered(0.05)
    assert abs(patience.seconds - 0.15) < 1e-9


def test_those_cut_off_stretch_it_too() -> None:
    patience = Patience(0.15, 4.0)
    for _ in range(20):
        patience.answered(0.1)
    for _ in range(6):
        patience.cut_off()
    assert patience.seconds > 0.8
    for _ in range(20):
        patience.cut_off()
    assert patience.seconds == 4.0
