"""Fields of a message: NUL-terminated text, read as the types IB means and written as IB writes them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from math import isinf

from desk.gateway.frames import frame

UNSET = "1.7976931348623157E308"
"""How IB writes a number that is not there."""

UNSET_INTEGER = "2147483647"
"""How IB writes a whole number that is not there."""

_UNSET = {"", "1.7976931348623157e+308", UNSET, UNSET_INTEGER, "9223372036854775807"}
_TRUE = {"1", "true"}
_FALSE = {"", "0", "false"}
_WHOLE = re.compile(r"[+-]?[0-9]{1,10}", re.ASCII)
_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)(e[+-]?[0-9]+)?", re.ASCII | re.IGNORECASE)
_BITS = 2**31

Field = str | int | float | None


class FieldError(ValueError):
    """A message has too few fields, or one that does not read as what it must be."""


def split(payload: bytes) -> list[str]:
    """Return the fields of a payload; FieldError when the last one is not terminated or the text is not UTF-8."""
    if not payload.endswith(b"\0"):
        raise FieldError("the last field is not terminated")
    try:
        return payload[:-1].decode().split("\0")
    except UnicodeDecodeError as error:
        raise FieldError(f"not UTF-8 at byte {error.start}") from None


class Reader:
    """Reads the fields of one message from left to right.

    `version` is the server version agreed with the client, `client_id` its own id (-1 before it has one).
    """

    __slots__ = ("_at", "_fields", "client_id", "version")

    def __init__(self, fields: Sequence[str], version: int, client_id: int = -1) -> None:
        self._fields = fields
        self._at = 0
        self.version = version
        self.client_id = client_id

    @property
    def left(self) -> int:
        """How many fields have not been read."""
        return len(self._fields) - self._at

    @property
    def last(self) -> str:
        """The field that was read last, as it is."""
        return self._fields[self._at - 1]

    def text(self) -> str:
        """Return the next field as it is."""
        if not self.left:
            raise FieldError(f"field {self._at + 1} is missing")
        self._at += 1
        return self.last

    def skip(self) -> None:
        """Pass over a field that says nothing, such as a message's own version."""
        self.text()

    def integer(self) -> int:
        """Return the next field as a whole number of 32 bits, 0 when unset."""
        text = self.text().strip()
        if text in _UNSET:
            return 0
        value = int(text) if _WHOLE.fullmatch(text) else _BITS
        if not -_BITS <= value < _BITS:
            raise FieldError(f"field {self._at}: {text[:40]!r} is no whole number")
        return value

    def number(self) -> float:
        """Return the next field as a number, 0 when unset."""
        value = self.optional()
        return 0.0 if value is None else value

    def optional(self) -> float | None:
        """Return the next field as a finite number, None when unset."""
        text = self.text().strip()
        if text in _UNSET:
            return None
        value = float(text) if len(text) < 400 and _NUMBER.fullmatch(text) else float("inf")
        if isinf(value):
            raise FieldError(f"field {self._at}: {text[:40]!r} is no number")
        return value

    def flag(self) -> bool:
        """Return the next field as a yes or no."""
        text = self.text().lower()
        if text not in _TRUE | _FALSE:
            raise FieldError(f"field {self._at}: {text[:40]!r} is neither 0 nor 1")
        return text in _TRUE

    def count(self) -> int:
        """Return the next field as the number of things that follow; FieldError when there are not that many fields."""
        value = self.integer()
        if not 0 <= value <= self.left:
            raise FieldError(f"field {self._at}: {value} things cannot follow")
        return value


def message(*fields: Field) -> bytes:
    """Return a framed message; None is an empty field, a whole float loses its point, a bool is 0 or 1."""
    texts = [field if field.__class__ is str else _text(field) for field in fields]  # most are text, and a call dear
    return frame(("\0".join(texts) + "\0").encode())


def _text(field: Field) -> str:
    if isinstance(field, str):
        return field
    if field is None:
        return ""
    if isinstance(field, float) and not field.is_integer():
        return repr(field)
    return str(int(field))
