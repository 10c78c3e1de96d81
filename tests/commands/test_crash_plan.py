"""Which kill is next: every moment in its turn, the same ones for a seed, and never more than were asked for."""

from __future__ import annotations

from collections import Counter
from random import Random

import pytest

from commands.crash.plan import Kill, Moment, next_kill, rounds


def plan(kills: int, seed: int) -> list[Kill]:
    planned: list[Kill] = []
    random = Random(seed)
    for _ in range(kills):
        planned.append(next_kill([each.moment for each in planned], random))
    return planned


def test_every_moment_is_hit_before_any_is_hit_again() -> None:
    hits = Counter(each.moment for each in plan(2 * len(Moment), 1))
    assert set(hits) == set(Moment)
    assert set(hits.values()) == {2}


def test_a_moment_that_was_not_reached_is_tried_again() -> None:
    missed = [moment for moment in Moment if moment is not Moment.BETWEEN_FILLS]
    assert {next_kill(missed, Random(n)).moment for n in range(20)} == {Moment.BETWEEN_FILLS}


def test_equal_seeds_plan_equal_kills() -> None:
    assert plan(30, 5) == plan(30, 5)
    assert plan(30, 5) != plan(30, 6)
    assert any(each.fresh for each in plan(30, 5))


@pytest.mark.parametrize(
    ("kills", "jobs", "shares"),
    [(1, 2, [1]), (40, 2, [20, 20]), (7, 3, [3, 2, 2]), (120, 1, [40, 40, 40]), (50, 1, [50])],
)
def test_rounds_share_the_kills_out(kills: int, jobs: int, shares: list[int]) -> None:
    assert rounds(kills, jobs) == shares
