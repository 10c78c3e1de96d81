"""What the crash matrix found, for people and for machines."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from typing import Any

from rich.table import Table

from commands.crash.book import Book
from commands.crash.check import LOST, TWICE, UNEXPLAINED, Violation
from commands.crash.plan import Moment
from desk.console.tables import grid
from desk.console.words import number

_HEADLINES = {TWICE: "orders twice", LOST: "fills lost", UNEXPLAINED: "unexplained positions"}


@dataclass(frozen=True, slots=True)
class Death:
    """One desk's end: where, at which order (empty at random), and how much was under way.

    `open` orders had not ended in the logs; `there` says how the order stood in the gateway's book. `seconds` of
    machine time from its start. `reconciled` when it had compared its logs with the gateway before.
    """

    moment: Moment
    ref: str
    open: int
    there: str
    seconds: float
    reconciled: bool
    fresh: bool


@dataclass(frozen=True, slots=True)
class Round:
    """One gateway's life: the desks that died beside it, the book at its end, and what must not have been."""

    deaths: tuple[Death, ...]
    book: Book
    violations: tuple[Violation, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """All deaths at one moment. `became` counts what was in the end of the orders at which desks were killed."""

    moment: str
    kills: int
    orders: int
    there: dict[str, int]
    became: dict[str, int]


@dataclass(frozen=True, slots=True)
class Report:
    """The whole matrix."""

    ok: bool
    kills: int
    reconciled: int
    fresh: int
    orders: int
    fills: int
    seconds: float
    rows: tuple[Row, ...]
    missed: tuple[str, ...]
    violations: tuple[Violation, ...]

    @property
    def counts(self) -> dict[str, int]:
        """Violations by kind, those that the matrix is about always."""
        found = Counter(each.kind for each in self.violations)
        return {**dict.fromkeys(_HEADLINES, 0), **found}

    def json(self) -> dict[str, Any]:
        """The report and its counts for machines."""
        return {**{each.name: getattr(self, each.name) for each in fields(self)}, "counts": self.counts}


def report(rounds: Sequence[Round], seconds: float) -> Report:
    """Sum the rounds up; `seconds` of machine time were used."""
    deaths = [death for each in rounds for death in each.deaths]
    violations = tuple(violation for each in rounds for violation in each.violations)
    return Report(
        ok=not violations,
        kills=len(deaths),
        reconciled=sum(death.reconciled for death in deaths),
        fresh=sum(death.fresh for death in deaths),
        orders=sum(len(each.book.orders) for each in rounds),
        fills=sum(fill.con_id == 0 for each in rounds for fill in each.book.fills),
        seconds=round(seconds, 1),
        rows=tuple(_row(moment, rounds) for moment in Moment),
        missed=tuple(moment.value for moment in Moment if all(death.moment is not moment for death in deaths)),
        violations=violations,
    )


def state(book: Book, ref: str) -> str:
    """How an order stands in a book, in a word or two."""
    order = next((each for each in book.orders if each.ref == ref), None)
    if order is None:
        return "never sent"
    partly = "partly " if order.filled else ""
    if order.working:
        return f"{partly and 'partly filled, '}working"
    return "filled" if order.status == "Filled" else f"{partly and 'partly filled, '}cancelled"


def table(found: Report) -> Table:
    """The matrix, a row per boundary."""
    drawn = grid("killed", ">kills", ">orders under way", "the order was, at the gateway", "and became")
    for row in found.rows:
        drawn.add_row(row.moment, number(row.kills), number(row.orders), _words(row.there), _words(row.became))
    return drawn


def verdict(found: Report) -> list[str]:
    """The result in sentences."""
    counts = found.counts
    lines = [
        f"{found.kills} kills in {found.seconds:.0f} s, {found.orders} orders, {found.fills} fills",
        f"{found.reconciled} desks had reconciled, {found.fresh} ran in an interpreter of their own",
        ", ".join(f"{counts.pop(kind)} {words}" for kind, words in _HEADLINES.items()),
    ]
    lines += [f"{count} x {kind}" for kind, count in counts.items()]
    if found.missed:
        lines.append(f"never reached: {', '.join(found.missed)}; more kills reach more")
    return lines


def _row(moment: Moment, rounds: Iterable[Round]) -> Row:
    deaths = [(each, death) for each in rounds for death in each.deaths if death.moment is moment]
    return Row(
        moment=moment.value,
        kills=len(deaths),
        orders=sum(death.open for _, death in deaths),
        there=dict(Counter(death.there for _, death in deaths if death.ref)),
        became=dict(Counter(state(each.book, death.ref) for each, death in deaths if death.ref)),
    )


def _words(counts: dict[str, int]) -> str:
    return ", ".join(f"{count} {word}" for word, count in sorted(counts.items()))
