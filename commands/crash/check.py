"""What must hold between the gateway's book and the desk's logs: while kills go on, and once all has ended."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain

from commands.crash.book import Book, Change, Fill
from commands.crash.logs import Logs


@dataclass(frozen=True, slots=True)
class Violation:
    """What must never be: its kind, and the case at hand."""

    kind: str
    text: str


Found = Iterator[Violation]

TWICE, LOST, UNEXPLAINED = "order twice", "fill lost", "unexplained position"
UNLOGGED, INVENTED, DOUBLED = "order without intent", "fill that never was", "fill counted twice"
CLOSED_TWICE, CROWDED = "closed twice", "too many at once"
UNENDED, HALTED, CHARGED = "not ended", "entered after the halt", "commissions differ"
ENDED, CRASHED, ALARMED = "desk ended by itself", "actor fell over", "desk halted itself"
_CENT = 0.005


def always(book: Book, logs: Logs, *, most: int) -> list[Violation]:
    """What must hold at every moment, whatever was killed when; `most` condors of one strategy at a time.

    The book must have been read before the logs when orders were still coming.
    """
    return list(
        chain(
            _twice(book, logs),
            _unlogged(book, logs),
            _doubled(logs),
            _closed_twice(book, logs),
            _crowded(book, logs, most),
        )
    )


def recovered(book: Book, logs: Logs) -> list[Violation]:
    """What must hold once a desk has reconciled after `book` was read: every execution in it is in the logs."""
    return list(_lost(book, logs))


def real(book: Book, logs: Logs) -> list[Violation]:
    """What must hold of logs that were read before the book: nothing in them is invented."""
    known = {fill.exec_id: fill for fill in book.fills}
    return [
        Violation(
            INVENTED,
            f"{fill.exec_id} of {fill.ref}: the log has {_told(fill)}, the book {_told(known.get(fill.exec_id))}",
        )
        for fill in logs.fills
        if known.get(fill.exec_id) != fill
    ]


def at_rest(book: Book, logs: Logs, halted: float) -> list[Violation]:
    """What must hold besides once the desk was halted at that market time, has flattened and stopped."""
    return list(
        chain(_unexplained(book, logs), _unended(book, logs), _entered(book, logs, halted), _charged(book, logs))
    )


def _twice(book: Book, logs: Logs) -> Found:
    """One orderRef is one order: one permId, one line of intent."""
    for ref, count in _repeated(order.ref for order in book.orders):
        perms = [order.perm_id for order in book.orders if order.ref == ref]
        yield Violation(TWICE, f"{ref} is {count} orders in the book: permIds {perms}")
    for ref, count in _repeated(intent.ref for intent in logs.intents):
        yield Violation(TWICE, f"{ref} was written to the log {count} times")


def _unlogged(book: Book, logs: Logs) -> Found:
    """The intent is on disk before the wire, so whatever the book has is in a log."""
    intended = {intent.ref for intent in logs.intents}
    for order in book.orders:
        if order.ref not in intended:
            yield Violation(
                UNLOGGED, f"{order.ref or 'an order without orderRef'} (permId {order.perm_id}) is in no log"
            )


def _doubled(logs: Logs) -> Found:
    for exec_id, count in _repeated(fill.exec_id for fill in logs.fills):
        yield Violation(DOUBLED, f"{exec_id} is in the logs {count} times")


def _lost(book: Book, logs: Logs) -> Found:
    known = {fill.exec_id for fill in logs.fills}
    for fill in book.fills:
        if fill.exec_id not in known:
            yield Violation(LOST, f"{fill.exec_id} of {fill.ref}: {_told(fill)} is in no log")


def _closed_twice(book: Book, logs: Logs) -> Found:
    """No more of a position is closed than was opened."""
    opened: Counter[str] = Counter()
    closed: Counter[str] = Counter()
    by_ref = {intent.ref: intent for intent in logs.intents}
    for fill in book.fills:
        intent = by_ref.get(fill.ref)
        if intent is not None and fill.con_id == 0:
            (opened if intent.opens else closed)[intent.position] += round(abs(fill.quantity))
    for position, quantity in closed.items():
        if quantity > opened[position]:
            yield Violation(CLOSED_TWICE, f"{position}: {quantity} closed of {opened[position]} opened")


def _crowded(book: Book, logs: Logs, most: int) -> Found:
    """No strategy has more condors at once, open or about to be, than it may have: an entry was sent twice else."""
    by_ref = {intent.ref: intent for intent in logs.intents}
    alive: defaultdict[str, dict[str, Change]] = defaultdict(dict)
    closed: Counter[str] = Counter()
    told: set[str] = set()
    for change in book.changes:
        intent = by_ref.get(change.ref)
        if intent is None:
            continue
        mine = alive[intent.strategy]
        if intent.opens:
            mine[change.ref] = change
        else:
            closed[change.ref] = round(change.filled)
        gone = Counter[str]()
        for ref, quantity in closed.items():
            gone[by_ref[ref].position] += quantity
        held = [ref for ref, state in mine.items() if state.working or state.filled > gone[by_ref[ref].position]]
        if len(held) > most and intent.strategy not in told:
            told.add(intent.strategy)
            yield Violation(CROWDED, f"{intent.strategy} has {len(held)} at once, at most {most}: {', '.join(held)}")


def _unexplained(book: Book, logs: Logs) -> Found:
    held, owned = book.positions, logs.positions
    for con_id in sorted(held.keys() | owned.keys()):
        if held.get(con_id, 0.0) != owned.get(con_id, 0.0):
            yield Violation(
                UNEXPLAINED, f"conId {con_id}: {held.get(con_id, 0):g} held, {owned.get(con_id, 0):g} in the ledgers"
            )
        elif held.get(con_id):
            yield Violation(UNENDED, f"conId {con_id}: {held[con_id]:g} still held after the halt")


def _unended(book: Book, logs: Logs) -> Found:
    filled = Counter[str]()
    for fill in book.fills:
        if fill.con_id == 0:
            filled[fill.ref] += round(abs(fill.quantity))
    for order in book.orders:
        if order.working:
            yield Violation(UNENDED, f"{order.ref} (permId {order.perm_id}) still works at the gateway")
    for intent in logs.intents:
        done = logs.ended.get(intent.ref)
        if done is None:
            yield Violation(UNENDED, f"{intent.ref} has no end in its log")
        elif done != filled[intent.ref]:
            yield Violation(LOST, f"{intent.ref} ended with {done} filled, the book has {filled[intent.ref]}")
        elif logs.filled.get(intent.ref, 0) != done:
            yield Violation(LOST, f"{intent.ref} filled {done}, its FILL lines say {logs.filled.get(intent.ref, 0)}")


def _entered(book: Book, logs: Logs, halted: float) -> Found:
    opening = {intent.ref for intent in logs.intents if intent.opens}
    for order in book.orders:
        if order.ref in opening and order.at > halted:
            yield Violation(HALTED, f"{order.ref} came {order.at - halted:.1f} s after the halt")


def _charged(book: Book, logs: Logs) -> Found:
    if abs(book.commissions - logs.commissions) > _CENT:
        yield Violation(CHARGED, f"{book.commissions:.2f} USD in the book, {logs.commissions:.2f} in the logs")


def _repeated(names: Iterable[str]) -> Iterator[tuple[str, int]]:
    return ((name, count) for name, count in Counter(names).items() if count > 1)


def _told(fill: Fill | None) -> str:
    return "nothing" if fill is None else f"{fill.quantity:+g} of {fill.con_id or 'the combination'} at {fill.price:g}"
