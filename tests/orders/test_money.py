"""Money per share, per contract and of a position cannot be mixed, and the multiplier counts once (F19)."""

from __future__ import annotations

import operator
from collections.abc import Callable
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.orders.money import Dollars, PerContract, PerShare, max_loss, worth
from tests.orders.made import condor

KINDS = (PerShare(1.0), PerContract(1.0), Dollars(1.0), 1.0)


@given(
    credit=st.integers(0, 2500).map(lambda n: n / 100),
    width=st.sampled_from([5.0, 10.0, 25.0, 2.5]),
    quantity=st.integers(1, 50),
)
def test_f19_credit_and_max_loss_are_the_width(credit: float, width: float, quantity: int) -> None:
    sold = condor(wing=width)
    both = worth(sold, PerShare(credit), quantity) + max_loss(sold, PerShare(credit), quantity)
    assert both.amount == pytest.approx(width * 100 * quantity)


@pytest.mark.parametrize("act", [operator.add, operator.sub, operator.lt, operator.ge])
@pytest.mark.parametrize(("one", "other"), list(permutations(KINDS, 2)))
def test_f19_kinds_do_not_mix(act: Callable[[Any, Any], Any], one: Any, other: Any) -> None:
    with pytest.raises(TypeError):
        act(one, other)


def test_one_kind_adds_up_and_compares() -> None:
    assert PerShare(1.5) - PerShare(0.5) + PerShare(1.0) == PerShare(2.0)
    assert Dollars(1.0) < Dollars(2.0)
    assert -Dollars(3.0) == Dollars(-3.0)


def test_from_a_quote_to_a_position() -> None:
    assert PerShare(1.45).per_contract(100).of(2) == Dollars(290.0)
    assert max_loss(condor(), PerShare(1.5), 2) == Dollars(1700.0)
