"""Implied volatility from a near guess."""

from __future__ import annotations

import numpy as np
import pytest

from desk.gateway.model.implied import total_vol
from desk.market.pricing import black76


@pytest.mark.parametrize("total", [0.005, 0.02, 0.1, 0.5])
@pytest.mark.parametrize("off", [0.85, 1.0, 1.2])
def test_a_guess_that_is_off_by_a_fifth_is_put_right(total: float, off: float) -> None:
    k = np.exp(total * np.linspace(-4.5, 4.5, 61))
    value = black76(1.0, k, 1.0, total, 1.0, k >= 1.0)
    found = total_vol(value, k, np.full(61, total * off))
    assert black76(1.0, k, 1.0, found, 1.0, k >= 1.0) == pytest.approx(value, rel=1e-3, abs=2e-9)


def test_a_price_of_nothing_keeps_the_guess() -> None:
    assert total_vol(np.zeros(2), np.array([0.5, 1.5]), np.array([0.1, 0.2])).tolist() == [0.1, 0.2]
