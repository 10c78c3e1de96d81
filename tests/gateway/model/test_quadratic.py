"""The solver against problems whose answer is known."""

from __future__ import annotations

import numpy as np
import pytest

from desk.gateway.model.quadratic import Program, gram, solve


def program(**changed: object) -> Program:
    """Minimise |x|²/2 subject to x1 + x2 + x3 = 3 and x >= 0."""
    usual = {
        "p": np.eye(3),
        "q": np.zeros(3),
        "g": -np.eye(3),
        "h": np.zeros(3),
        "rho": np.full(3, 1e4),
        "a": np.ones((1, 3)),
        "b": np.array([3.0]),
    }
    return Program(**(usual | changed))  # type: ignore[arg-type]  # a test's short hand


def test_without_active_bounds_it_is_the_projection() -> None:
    assert solve(program(), np.ones(3)) == pytest.approx([1.0, 1.0, 1.0])


def test_a_bound_that_costs_enough_holds() -> None:
    found = solve(program(q=np.array([5.0, 0.0, 0.0])), np.zeros(3))
    assert found == pytest.approx([0.0, 1.5, 1.5], abs=1e-6)


def test_a_bound_that_costs_little_is_broken_up_to_its_price() -> None:
    # Alone, x1 would be -7/3; its bound pushes back with at most rho = 2 and gives way by the rest.
    found = solve(program(q=np.array([5.0, 0.0, 0.0]), rho=np.array([2.0, 1e4, 1e4])), np.zeros(3))
    assert found == pytest.approx([-1.0, 2.0, 2.0], abs=1e-6)


def test_contradictory_rows_are_settled_at_the_least_price() -> None:
    either = program(g=np.array([[1.0, 0, 0], [-1.0, 0, 0]]), h=np.array([0.5, -2.0]), rho=np.array([10.0, 50.0]))
    assert solve(either, np.zeros(3))[0] == pytest.approx(2.0, abs=1e-6)


def test_products_cut_up_are_the_products() -> None:
    random = np.random.default_rng(5)
    rows, weight = random.standard_normal((700, 130)), random.random(700)
    assert gram(rows, weight) == pytest.approx(rows.T @ np.diag(weight) @ rows)
