import numpy as np
import pytest

from desk.market.variance import at_maturity


def test_total_variance_is_linear_in_time() -> None:
    found = at_maturity(20, 0.20, 50, 0.15)
    expected = np.sqrt((0.04 * 20 * (20 / 30) + 0.0225 * 50 * (10 / 30)) / 30)
    assert found == pytest.approx(expected)


def test_at_an_expiry_it_is_that_expirys_volatility() -> None:
    assert at_maturity(30, 0.2, 60, 0.1) == pytest.approx(0.2)
    assert at_maturity(7, 0.3, 30, 0.17) == pytest.approx(0.17)
    assert at_maturity(30, 0.2, 30, 0.2) == pytest.approx(0.2)


def test_a_flat_surface_stays_flat() -> None:
    np.testing.assert_allclose(at_maturity([5, 10, 29], 0.2, [31, 45, 400], 0.2), 0.2)


@pytest.mark.parametrize(
    ("near", "near_vol", "far", "far_vol"),
    [(35, 0.2, 60, 0.2), (7, 0.2, 20, 0.2), (0, 0.2, 60, 0.2), (7, np.nan, 60, 0.2), (7, 0.2, 60, -0.2)],
)
def test_none_outside_the_expiries_and_without_volatilities(
    near: float, near_vol: float, far: float, far_vol: float
) -> None:
    assert np.isnan(at_maturity(near, near_vol, far, far_vol))
