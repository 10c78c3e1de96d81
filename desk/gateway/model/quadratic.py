"""Convex quadratic programs with elastic inequalities, by a primal-dual interior point.

Minimise  x'Px/2 + q'x + sum_r rho_r max(0, (Gx - h)_r)  subject to  Ax = b.

A row that may be broken at the price rho has a multiplier z between 0 and rho; a rho that is large enough makes the row
hold (exact penalty). Every problem is feasible that way and any x will do as a start. Predictor and corrector after
Mehrotra, S. (1992), SIAM J. Optimization 2, 575-601; the bounds on z change only the diagonal of the normal equations.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.linalg import cho_factor, cho_solve

Floats = npt.NDArray[np.float64]

_STEPS = 60
_DAMP = 0.995
# OpenBLAS keeps to the calling thread up to so many multiplications, and for Cholesky up to n = 128. Its threads wait
# for each other: on a machine with other work that made a day's fit take 26 s instead of 1 s. So products are cut up.
_ALONE = 262_144


@dataclass(frozen=True, slots=True)
class Program:
    """P (n, n) positive semidefinite, q (n,), G (m, n), h (m,), rho (m,) positive, A (e, n), b (e,)."""

    p: Floats
    q: Floats
    g: Floats
    h: Floats
    rho: Floats
    a: Floats
    b: Floats


@dataclass(slots=True)
class _Point:
    """x, multipliers nu of Ax = b, and for each row: room t, break s, multiplier z, rest r = rho - z; all positive."""

    x: Floats
    nu: Floats
    t: Floats
    s: Floats
    z: Floats
    r: Floats

    def gap(self) -> float:
        """Return the mean complementarity."""
        return float((self.t @ self.z + self.s @ self.r) / (2 * len(self.t)))


def solve(program: Program, start: Floats, tolerance: float = 1e-9) -> Floats:
    """Return the minimiser, or the best point reached after a fixed number of steps."""
    room = program.h - _times(program.g, start)
    point = _Point(
        start,
        np.zeros(len(program.b)),
        np.maximum(room, 0.0) + 1.0,
        np.maximum(-room, 0.0) + 1.0,
        0.5 * np.minimum(program.rho, 1.0),
        program.rho - 0.5 * np.minimum(program.rho, 1.0),
    )
    for _ in range(_STEPS):
        if _step(program, point) < tolerance:
            break
    return point.x


def gram(rows: Floats, weight: Floats) -> Floats:
    """Return rows' diag(weight) rows, (n, n)."""
    n = rows.shape[1]
    block = max(1, _ALONE // (n * n))
    weighted = rows * weight[:, None]
    total = np.zeros((n, n))
    for i in range(0, len(rows), block):
        total += weighted[i : i + block].T @ rows[i : i + block]
    return total


def _times(rows: Floats, x: Floats) -> Floats:
    """Return rows x."""
    return np.asarray(np.einsum("ij,j->i", rows, x), dtype=np.float64)


def _step(program: Program, point: _Point) -> float:
    """Take one predictor-corrector step in place and return what is left to do."""
    g, t, s, z, r = program.g, point.t, point.s, point.z, point.r
    dual = _times(program.p, point.x) + program.q + _times(g.T, z) + program.a.T @ point.nu
    primal = _times(g, point.x) + t - s - program.h
    equal = program.a @ point.x - program.b
    gap = point.gap()
    weight = 1.0 / (t / z + s / r)
    normal: Floats = program.p + gram(g, weight)
    normal[np.diag_indices_from(normal)] += 1e-12 * np.trace(normal) / len(normal)
    factor = cho_factor(normal, check_finite=False)
    back = np.column_stack([cho_solve(factor, row, check_finite=False) for row in program.a])
    schur = program.a @ back

    def direction(tz: Floats, sr: Floats) -> tuple[Any, ...]:
        """Solve for the step that makes t z = tz and s r = sr to first order."""
        load = primal + (tz - t * z) / z - (sr - s * r) / r
        rhs = -dual - _times(g.T, weight * load)
        free = cho_solve(factor, rhs, check_finite=False)
        dnu = np.linalg.solve(schur, program.a @ free + equal)
        dx = free - back @ dnu
        dz = weight * (_times(g, dx) + load)
        return dx, dnu, (tz - t * z - t * dz) / z, (sr - s * r + s * dz) / r, dz

    zero = np.zeros_like(t)
    _, _, dt, ds, dz = direction(zero, zero)
    reach = _reach((t, dt), (s, ds), (z, dz), (r, -dz))
    after = float(((t + reach * dt) @ (z + reach * dz) + (s + reach * ds) @ (r - reach * dz)) / (2 * len(t)))
    aim = gap * min(1.0, (after / gap) ** 3)
    dx, dnu, dt, ds, dz = direction(aim - dt * dz, aim + ds * dz)
    reach = min(1.0, _DAMP * _reach((t, dt), (s, ds), (z, dz), (r, -dz)))
    point.x = point.x + reach * dx
    point.nu = point.nu + reach * dnu
    point.t, point.s = t + reach * dt, s + reach * ds
    point.z, point.r = z + reach * dz, r - reach * dz
    return max(point.gap(), float(np.abs(primal).max()) * (1 - reach), float(np.abs(equal).max()) * (1 - reach))


def _reach(*pairs: tuple[Floats, Floats]) -> float:
    """Return the largest step up to 1 that keeps every value positive."""
    longest = 1.0
    for value, change in pairs:
        falling = change < 0
        if falling.any():
            longest = min(longest, float((-value[falling] / change[falling]).min()))
    return longest
