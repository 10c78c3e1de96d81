"""The journal of the exchange's book: what happened, appended to one file and on disk before anybody is told.

A line of JSON per commit: market time and the events, so that a commit is read back whole or not at all. A last line
that was cut off by a crash never happened, because nobody was told of it.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from desk.gateway.exchange.blotter import Blotter
from desk.gateway.exchange.ledger import Ledger
from desk.gateway.exchange.model import Event, Executed, Order, OrderRequest, OrderUpdate, Settled, Used

FILE = "book.jsonl"
_FORMAT = 1
_TERMS = {"request", "contract", "leg_contracts"}
"""What of an order changes only when its client changes it; written then and not with every new state."""

_ORDER = TypeAdapter(Order)
_REST: dict[str, TypeAdapter[Any]] = {
    "executed": TypeAdapter(Executed),
    "settled": TypeAdapter(Settled),
    "used": TypeAdapter(Used),
}
_NAMES: dict[type, str] = {Executed: "executed", Settled: "settled", Used: "used"}


class Daybook:
    """The file, open for appending, and the blotter that it held."""

    def __init__(self, folder: Path, account: str, cash: float) -> None:
        """Read what is there, or begin with that cash; ValueError when the file is no book of that account."""
        self._written: dict[tuple[int, int], OrderRequest] = {}
        folder.mkdir(parents=True, exist_ok=True)
        self._path = folder / FILE
        lines, length = _lines(self._path)
        try:
            self.blotter = self._read(lines, account) if lines else Blotter(Ledger(cash))
        except (ValueError, KeyError, TypeError, IndexError, ValidationError) as error:
            raise ValueError(f"{self._path} is no book of {account}: {error}") from error
        self._file = self._path.open("ab")
        self._file.truncate(length)
        if not lines:
            self._write(json.dumps({"format": _FORMAT, "account": account, "cash": cash}).encode())
            _sync_folder(folder)

    def append(self, at: float, events: Iterable[Event]) -> None:
        """Write events at a market time; they are on disk when this returns. What only tells something is left out."""
        records = [record for event in events for record in self._record(event)]
        if records:
            self._write(b'{"at":%s,"events":[%s]}' % (repr(at).encode(), b",".join(records)))

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _write(self, line: bytes) -> None:
        self._file.write(line + b"\n")
        self._file.flush()
        os.fsync(self._file.fileno())

    def _record(self, event: Event) -> Iterable[bytes]:
        if isinstance(event, OrderUpdate):
            order = event.order
            if order.request.what_if:
                return
            known = self._written.get(order.key) is order.request
            self._written[order.key] = order.request
            if known:
                state = _ORDER.dump_json(order, exclude=_TERMS)
                yield b'["state",[%d,%d],%s]' % (*order.key, state)
            else:
                yield b'["order",%s]' % _ORDER.dump_json(order)
        elif type(event) in _NAMES:
            name = _NAMES[type(event)]
            yield b'["%s",%s]' % (name.encode(), _REST[name].dump_json(event))

    def _read(self, lines: Sequence[bytes], account: str) -> Blotter:
        head = json.loads(lines[0])
        if head["format"] != _FORMAT or head["account"] != account:
            raise ValueError(f"format {head['format']} of account {head['account']}")
        blotter = Blotter(Ledger(float(head["cash"])))
        for line in lines[1:]:
            for record in json.loads(line)["events"]:
                blotter.apply(self._event(blotter, *record))
        return blotter

    def _event(self, blotter: Blotter, name: str, *content: Any) -> Event:
        if name == "order":
            order = _ORDER.validate_python(content[0])
            self._written[order.key] = order.request
            return OrderUpdate(order)
        if name == "state":
            key, state = content
            return OrderUpdate(replace(blotter.orders[key[0], key[1]], **state))
        event: Event = _REST[name].validate_python(content[0])
        return event


def last_time(folder: Path) -> float | None:
    """Return the market time of the last commit in that folder's book, None when there is none."""
    lines, _ = _lines(folder / FILE)
    return float(json.loads(lines[-1])["at"]) if len(lines) > 1 else None


def _lines(path: Path) -> tuple[list[bytes], int]:
    """Return the complete lines of a file, none when it is not there, and how many bytes they are."""
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return [], 0
    length = content.rfind(b"\n") + 1
    return content[:length].splitlines(), length


def _sync_folder(folder: Path) -> None:
    directory = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)
