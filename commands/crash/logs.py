"""The desk's trade logs, read raw: this shares no code with the desk, so a mistake there is not a mistake here too."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from commands.crash.book import Book, Fill, short


@dataclass(frozen=True, slots=True)
class Intent:
    """An order as its strategy's log has it; `position` is the id of the order that opened what it acts on."""

    ref: str
    strategy: str
    position: str
    opens: bool
    quantity: int
    at: float


@dataclass(frozen=True, slots=True)
class Logs:
    """The trade logs of all strategies, a value per line: intents, execution rows, quantity filled by ended order.

    `filled` is what FILL lines say by order, `commissions` what they and COMMISSION lines come to, in dollars.
    """

    intents: tuple[Intent, ...] = ()
    fills: tuple[Fill, ...] = ()
    ended: dict[str, int] = field(default_factory=dict)
    filled: dict[str, int] = field(default_factory=dict)
    commissions: float = 0.0

    @property
    def positions(self) -> dict[int, float]:
        """The sum of the strategies' ledgers by conId, without what is flat."""
        return Book(fills=self.fills).positions

    @property
    def open(self) -> int:
        """How many orders have not ended."""
        return sum(intent.ref not in self.ended for intent in self.intents)


def read(folder: Path) -> Logs:
    """Read every strategy's trades.jsonl below that folder."""
    intents: list[Intent] = []
    fills: list[Fill] = []
    ended: dict[str, int] = {}
    charges: dict[str, dict[str, Any]] = {}
    late: dict[str, float] = {}
    for line in _lines(folder):
        match line["event"]:
            case "ORDER":
                opens, at = line["action"] == "open", epoch(line["ts"])
                intents.append(Intent(line["order_id"], line["strategy"], line["position"], opens, line["qty"], at))
            case "EXEC":
                signed = line["qty"] if line["bought"] else -line["qty"]
                fills.append(Fill(short(line["exec_id"]), line["order_id"], line["con_id"], signed, line["price"]))
            case "END":
                ended[line["order_id"]] = line["filled"]
            case "FILL":
                charges[line["fill"]] = line
                late.pop(line["fill"], None)
            case "COMMISSION":
                late[line["fill"]] = late.get(line["fill"], 0.0) + line["commission"]
    filled: dict[str, int] = {}
    for each in charges.values():
        filled[each["order_id"]] = filled.get(each["order_id"], 0) + each["qty"]
    commissions = sum(each["commission"] for each in charges.values()) + sum(late.values())
    return Logs(tuple(intents), tuple(fills), ended, filled, round(commissions, 6))


def epoch(stamp: str) -> float:
    """Return the epoch seconds of an ISO time with its zone."""
    return datetime.fromisoformat(stamp).timestamp()


def _lines(folder: Path) -> Iterator[dict[str, Any]]:
    """Yield the objects of every whole line; what a crash has torn is no line."""
    for path in sorted(folder.glob("*/trades.jsonl")):
        content = path.read_bytes()
        yield from map(json.loads, content[: content.rfind(b"\n") + 1].splitlines())
