"""What the tables need to stay fast and small, decided from facts and market time alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from desk.market.calendar import exchange_date, session

Task = Literal["rewrite", "compact", "checkpoint", "clean", "vacuum"]

_AFTER_CLOSE = 600.0
"""Seconds after the close until which the last cycle's rows may come in."""


@dataclass(frozen=True, slots=True)
class Policy:
    """How much is too much, and what stays how long.

    `compact_after`: spare files after which a table is compacted in market hours, too. `retention`: hours for which
    files that no version needs any more stay; days of it, for a file just written belongs to no version yet.
    """

    compact_after: int = 200
    retention: int = 7 * 24


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a table.

    `spare` counts the live files beyond one: of each exchange date, or under None of each partition, all together, in a
    table that is not partitioned by date. `done` says on which exchange date a task was last done.
    """

    table: str
    spare: Mapping[date | None, int]
    done: Mapping[Task, date] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Job:
    """A task on a table, and the day that is to be rewritten."""

    task: Task
    table: str
    day: date | None = None


def next_job(tables: Sequence[Facts], now: float, policy: Policy) -> Job | None:
    """Return what to do next at market time `now` (epoch seconds), None when nothing is due.

    A day is rewritten into one sorted file once it is over, other tables are compacted, and then each table gets a
    checkpoint, loses its old log entries, and is vacuumed: once an exchange date, while the market is closed. In market
    hours only what has grown past `compact_after` spare files is seen to.
    """
    quiet, today = not _busy(now), exchange_date(now)
    for facts in tables:
        grown = sum(facts.spare.values()) > policy.compact_after
        if (quiet or grown) and (job := _smaller(facts, today, grown=grown, quiet=quiet)):
            return job
    for facts in tables if quiet else ():
        for task in ("checkpoint", "clean", "vacuum"):
            if facts.done.get(task) != today:
                return Job(task, facts.table)
    return None


def _smaller(facts: Facts, today: date, *, grown: bool, quiet: bool) -> Job | None:
    if None in facts.spare:
        due = facts.spare[None] > 0 and (grown or facts.done.get("compact") != today)
        return Job("compact", facts.table) if due else None
    days = sorted(day for day, spare in facts.spare.items() if day is not None and spare > 0)
    over = [day for day in days if quiet or day != today] or days
    return Job("rewrite", facts.table, over[-1]) if over else None


def _busy(now: float) -> bool:
    """Tell whether rows are coming in: in a session, and for a while after it."""
    hours = session(exchange_date(now))
    return hours is not None and hours.opens - _AFTER_CLOSE <= now <= hours.closes + _AFTER_CLOSE
