"""One message on its way, as faults see it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from desk.gateway.faults import kinds
from desk.gateway.frames import frame
from messages.contract import Contract

if TYPE_CHECKING:
    from desk.gateway.clients import Client

Fields = tuple[str, ...]
Passed = Sequence[tuple[float, Fields]]
"""What becomes of a message: nothing, or messages, each after seconds of market time."""


@dataclass(frozen=True, slots=True)
class Message:
    """A message between a client and the gateway; `kind` is IB's name for it, empty for one that has none here."""

    client: Client
    kind: str
    fields: Fields

    @property
    def number(self) -> int:
        """Its request or order id, -1 when it has none that can be read."""
        place = kinds.number_at(self.kind, self.client.version)
        try:
            return -1 if place is None else int(self.fields[place])
        except (ValueError, IndexError):
            return -1

    @property
    def contract(self) -> Contract | None:
        """The contract that the message itself names, with what it leaves open empty; None when it names none."""
        place = kinds.contract_at(self.kind, self.client.version)
        if place is None or len(self.fields) < place.trading_class:
            return None
        at = place.begins
        symbol, sec_type, expiry, strike, right = (field.strip().upper() for field in self.fields[at : at + 5])
        return Contract(
            symbol,
            sec_type,
            expiry=expiry[:8],
            strike=_number(strike),
            right=right[:1].strip("?0"),
            trading_class=self.fields[place.trading_class].strip().upper(),
            con_id=int(_number(self.fields[place.con_id])),
        )


def edited(fields: Fields, place: int, value: str) -> Fields:
    """Return the fields with one of them changed."""
    return (*fields[:place], value, *fields[place + 1 :])


def packed(fields: Fields) -> bytes:
    """Return the framed message of these fields."""
    return frame(("\0".join(fields) + "\0").encode())


def unpacked(chunk: bytes) -> Iterator[Fields]:
    """Give the fields of every framed message in a chunk of whole ones."""
    at = 0
    while at < len(chunk):
        end = at + 4 + int.from_bytes(chunk[at : at + 4])
        yield tuple(chunk[at + 4 : end - 1].decode().split("\0"))
        at = end


def _number(text: str) -> float:
    try:
        return float(text or 0)
    except ValueError:
        return 0.0
