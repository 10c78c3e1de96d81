"""Where desks are killed: the boundaries around an order, and which of them is next."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from random import Random


class Moment(StrEnum):
    """A boundary around an order: those of the trader by their names there, two of the system's; or any moment."""

    BEFORE_INTENT = "before-intent"
    BEFORE_SYNC = "before-sync"
    AFTER_INTENT = "after-intent"
    AFTER_SEND = "after-send"
    ON_THE_WIRE = "on-the-wire"
    AFTER_ACKNOWLEDGEMENT = "after-acknowledgement"
    BETWEEN_FILLS = "between-fills"
    AFTER_FILL = "after-fill"
    AFTER_END = "after-end"
    RANDOM = "random"


@dataclass(frozen=True, slots=True)
class Trap:
    """Where a desk kills itself: at the nth crossing of a boundary, never with `nth` 0.

    `keep` is how much of what a log has not synced outlives a kill before its sync: a power cut leaves any part of it.
    """

    boundary: str = ""
    nth: int = 0
    keep: float = 1.0


@dataclass(frozen=True, slots=True)
class Kill:
    """One kill to come: in a trap, or after so many machine seconds where there is none or it is not reached.

    `fresh` starts the desk in a new interpreter; else it is forked from a process that has imported everything.
    """

    moment: Moment
    trap: Trap
    seconds: float
    fresh: bool


_PATIENCE = 8.0
"""Machine seconds for a boundary to be reached; then the desk is killed wherever it is."""
_LONGEST = 4.0
"""Machine seconds of life of a desk that is killed at random, at most: its start and what follows it."""
_MOST = 2
_FRESH = 20
"""One desk in so many starts in a new interpreter."""


def next_kill(done: Iterable[Moment], random: Random) -> Kill:
    """Choose among the moments that were hit least so far."""
    hits = Counter(done)
    fewest = min(hits[moment] for moment in Moment)
    moment = random.choice([moment for moment in Moment if hits[moment] == fewest])
    fresh = hits.total() % _FRESH == _FRESH - 1
    if moment is Moment.RANDOM:
        return Kill(moment, Trap(), random.uniform(0.0, _LONGEST), fresh)
    return Kill(moment, Trap(moment.value, random.randint(1, _MOST), random.random()), _PATIENCE, fresh)


def rounds(kills: int, jobs: int, most: int = 50) -> list[int]:
    """Share the kills out to rounds of at most `most`, as many rounds at least as jobs that can have one."""
    number = max(-(-kills // most), min(jobs, kills))
    return [kills // number + (n < kills % number) for n in range(number)]
