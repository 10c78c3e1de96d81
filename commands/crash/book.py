"""The gateway's book as its journal has it, read line by line while the gateway writes on.

This reads the raw lines and shares no code with the gateway, so a mistake there is not a mistake here too.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FILE = "book.jsonl"
WORKING = frozenset({"PreSubmitted", "Submitted"})


@dataclass(frozen=True, slots=True)
class Fill:
    """One execution row: signed `quantity` (sold: negative) of `con_id` at `price`.

    A `con_id` of 0 is the combination itself, whose price is here without its sign.
    """

    exec_id: str
    ref: str
    con_id: int
    quantity: float
    price: float


@dataclass(frozen=True, slots=True)
class Entry:
    """One order as the gateway has it: the first moment it was there, and its last state."""

    ref: str
    perm_id: int
    client_id: int
    order_id: int
    at: float
    status: str
    filled: float

    @property
    def working(self) -> bool:
        """Whether it may still fill."""
        return self.status in WORKING


@dataclass(frozen=True, slots=True)
class Change:
    """An order's state from market time `at` on."""

    at: float
    ref: str
    working: bool
    filled: float


@dataclass(frozen=True, slots=True)
class Book:
    """Orders by permId in the order of their coming, every execution row, every change, and what is held by conId."""

    orders: tuple[Entry, ...] = ()
    fills: tuple[Fill, ...] = ()
    changes: tuple[Change, ...] = ()
    commissions: float = 0.0

    @property
    def positions(self) -> dict[int, float]:
        """Net quantity by conId, without what is flat."""
        held: dict[int, float] = {}
        for fill in self.fills:
            if fill.con_id:
                held[fill.con_id] = held.get(fill.con_id, 0.0) + fill.quantity
        return {con_id: quantity for con_id, quantity in held.items() if quantity}

    @property
    def quiet(self) -> bool:
        """Whether nothing is held and nothing works."""
        return not self.positions and not any(order.working for order in self.orders)


def read(folder: Path) -> Book:
    """Read the journal in that folder; none yet is an empty book."""
    orders: dict[int, Entry] = {}
    perms: dict[tuple[int, int], int] = {}
    fills: list[Fill] = []
    changes: list[Change] = []
    commissions = 0.0
    for at, name, content in _events(folder / FILE):
        if name == "order":
            entry = _entry(at, content[0])
            known = orders.get(entry.perm_id)
            orders[entry.perm_id] = entry if known is None else _moved(known, content[0])
            perms[entry.client_id, entry.order_id] = entry.perm_id
            changes.append(_change(at, orders[entry.perm_id]))
        elif name == "state":
            key, state = content
            known = orders[perms[key[0], key[1]]]
            orders[known.perm_id] = _moved(known, state)
            changes.append(_change(at, orders[known.perm_id]))
        elif name == "executed":
            fills.append(_fill(content[0]["execution"]))
            commissions += (content[0]["commission"] or {}).get("amount", 0.0)
    return Book(tuple(orders.values()), tuple(fills), tuple(changes), round(commissions, 6))


def _events(path: Path) -> Iterator[tuple[float, str, list[Any]]]:
    """Yield the events of every whole line; a last one that is still being written is left out."""
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return
    for line in content[: content.rfind(b"\n") + 1].splitlines()[1:]:
        commit = json.loads(line)
        for name, *rest in commit["events"]:
            yield commit["at"], name, rest


def _entry(at: float, order: dict[str, Any]) -> Entry:
    request = order["request"]
    where = request["client_id"], request["order_id"]
    return Entry(request["order_ref"], order["perm_id"], *where, at, order["status"], order["filled"])


def _moved(known: Entry, state: dict[str, Any]) -> Entry:
    where = known.client_id, known.order_id
    return Entry(known.ref, known.perm_id, *where, known.at, state["status"], state["filled"])


def _change(at: float, entry: Entry) -> Change:
    return Change(at, entry.ref, entry.working, entry.filled)


def _fill(row: dict[str, Any]) -> Fill:
    contract = row["contract"]
    con_id = 0 if contract["sec_type"] == "BAG" else contract["con_id"]
    signed = row["shares"] if row["side"] == "BOT" else -row["shares"]
    return Fill(short(row["exec_id"]), row["order_ref"], con_id, signed, row["price"] if con_id else abs(row["price"]))


def short(exec_id: str) -> str:
    """IB's id of an execution without its last part, which counts the corrections."""
    return ".".join(exec_id.split(".")[:3])
