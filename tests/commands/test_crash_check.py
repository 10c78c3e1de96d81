"""The checker of the crash matrix can fail: every kind of sabotage is found, and named for what it is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from commands.crash import check
from commands.crash.book import Book, Change, Entry, Fill
from commands.crash.check import Violation
from commands.crash.logs import Intent, Logs

A, B = "near-20190513T134500-1", "near-20190513T134700-2"
PUT, WING = 11, 12
HALTED = 200.0
FILLS = (
    *(Fill("e.1.01", A, 0, 1, 1.0), Fill("e.1.02", A, PUT, -1, 3.0), Fill("e.1.03", A, WING, 1, 2.0)),
    *(Fill("e.2.01", A, 0, 1, 1.0), Fill("e.2.02", A, PUT, -1, 3.0), Fill("e.2.03", A, WING, 1, 2.0)),
    *(Fill("e.3.01", B, 0, 2, 0.5), Fill("e.3.02", B, PUT, 2, 1.5), Fill("e.3.03", B, WING, -2, 1.0)),
)
BOOK = Book(
    orders=(Entry(A, 1, 1, 7, 100.0, "Filled", 2.0), Entry(B, 2, 1, 8, 120.0, "Filled", 2.0)),
    fills=FILLS,
    changes=(
        *(Change(100.0, A, True, 0.0), Change(101.0, A, True, 1.0), Change(102.0, A, False, 2.0)),
        *(Change(120.0, B, True, 0.0), Change(121.0, B, False, 2.0)),
    ),
    commissions=12.5,
)
LOGS = Logs(
    intents=(Intent(A, "near", A, True, 2, 99.0), Intent(B, "near", A, False, 2, 119.0)),
    fills=FILLS,
    ended={A: 2, B: 2},
    filled={A: 2, B: 2},
    commissions=12.5,
)


def judge(book: Book = BOOK, logs: Logs = LOGS, halted: float = HALTED) -> list[Violation]:
    return [
        *check.always(book, logs, most=1),
        *check.real(book, logs),
        *check.recovered(book, logs),
        *check.at_rest(book, logs, halted),
    ]


def kinds(found: list[Violation]) -> set[str]:
    return {each.kind for each in found}


def test_what_is_right_passes() -> None:
    assert judge() == []
    assert judge(Book(), Logs()) == []
    assert (BOOK.positions, LOGS.positions, BOOK.quiet) == ({}, {}, True)


ANOTHER = Entry(A, 3, 1, 9, 110.0, "Cancelled", 0.0)
FOREIGN = Entry("", 3, 1, 9, 110.0, "Cancelled", 0.0)
C = "near-20190513T134800-3"
SECOND = replace(
    LOGS,
    intents=(*LOGS.intents, Intent(C, "near", C, True, 2, 100.0)),
    ended={**LOGS.ended, C: 0},
)
CLOSED_AGAIN = replace(
    LOGS,
    intents=(*LOGS.intents, Intent(C, "near", A, False, 1, 122.0)),
    fills=(*FILLS, Fill("e.4.01", C, 0, 1, 0.5)),
    ended={**LOGS.ended, C: 1},
    filled={**LOGS.filled, C: 1},
)

SABOTAGE: dict[str, tuple[Callable[[], list[Violation]], str]] = {
    "a second order under one orderRef": (
        lambda: judge(replace(BOOK, orders=(*BOOK.orders, ANOTHER))),
        check.TWICE,
    ),
    "an intent written twice": (
        lambda: judge(logs=replace(LOGS, intents=(*LOGS.intents, LOGS.intents[0]))),
        check.TWICE,
    ),
    "an order that no log has": (
        lambda: judge(logs=replace(LOGS, intents=LOGS.intents[:1], ended={A: 2}, filled={A: 2})),
        check.UNLOGGED,
    ),
    "an order without orderRef": (
        lambda: judge(replace(BOOK, orders=(*BOOK.orders, FOREIGN))),
        check.UNLOGGED,
    ),
    "a fill that no log has": (
        lambda: judge(logs=replace(LOGS, fills=FILLS[:3] + FILLS[4:])),
        check.LOST,
    ),
    "a leg that no log has": (
        lambda: judge(logs=replace(LOGS, fills=FILLS[:-1])),
        check.UNEXPLAINED,
    ),
    "a fill counted twice": (
        lambda: judge(logs=replace(LOGS, fills=(*FILLS, FILLS[1]))),
        check.DOUBLED,
    ),
    "a fill that never was": (
        lambda: judge(replace(BOOK, fills=FILLS[3:])),
        check.INVENTED,
    ),
    "a fill at another price": (
        lambda: judge(logs=replace(LOGS, fills=(replace(FILLS[0], price=0.9), *FILLS[1:]))),
        check.INVENTED,
    ),
    "an end with fewer filled than were": (
        lambda: judge(logs=replace(LOGS, ended={A: 1, B: 2})),
        check.LOST,
    ),
    "FILL lines of fewer than were filled": (
        lambda: judge(logs=replace(LOGS, filled={A: 2, B: 1})),
        check.LOST,
    ),
    "an order without an end": (
        lambda: judge(logs=replace(LOGS, ended={A: 2})),
        check.UNENDED,
    ),
    "an order that still works": (
        lambda: judge(replace(BOOK, orders=(BOOK.orders[0], replace(BOOK.orders[1], status="Submitted")))),
        check.UNENDED,
    ),
    "a position that is still held": (
        lambda: judge(replace(BOOK, fills=FILLS[:6]), replace(LOGS, fills=FILLS[:6])),
        check.UNENDED,
    ),
    "more closed than was opened": (
        lambda: judge(replace(BOOK, fills=(*FILLS, Fill("e.4.01", C, 0, 1, 0.5))), CLOSED_AGAIN),
        check.CLOSED_TWICE,
    ),
    "an entry beside another of the same strategy": (
        lambda: judge(replace(BOOK, changes=(BOOK.changes[0], Change(100.5, C, True, 0.0), *BOOK.changes[1:])), SECOND),
        check.CROWDED,
    ),
    "an entry after the halt": (
        lambda: judge(halted=99.5),
        check.HALTED,
    ),
    "commissions that differ": (
        lambda: judge(logs=replace(LOGS, commissions=12.0)),
        check.CHARGED,
    ),
}


@pytest.mark.parametrize("name", SABOTAGE)
def test_sabotage_is_found(name: str) -> None:
    found, kind = SABOTAGE[name]
    assert kind in kinds(found())


def test_closing_after_the_halt_is_no_entry() -> None:
    assert check.HALTED not in kinds(judge(halted=110.0))


def test_a_strategy_may_open_again_once_the_last_is_closed() -> None:
    changes = (*BOOK.changes, Change(130.0, C, True, 0.0), Change(131.0, C, False, 0.0))
    book = replace(BOOK, changes=changes)
    assert judge(book, SECOND) == []
