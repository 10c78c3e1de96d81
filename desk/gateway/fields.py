"""Fields of a message: NUL-terminated text, read as the types IB means and written as IB writes them."""

from __future__ import annotations

from collections.abc import Sequence

from desk.gateway.frames import frame

UNSET = "1.7976931348623157E308"
"""How IB writes a number that is not there."""

_UNSET = {"", "1.7976931348623157e+308", UNSET, "2147483647", "9223372036854775807"}
_TRUE = {"1", "true"}
_FALSE = {"", "0", "false"}

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
    """Reads the fields of one message from left to right."""

    __slots__ = ("_at", "_fields")

    def __init__(self, fields: Sequence[str]) -> None:
        self._fields = fields
        self._at = 0

    def text(self) -> str:
        """Return the next field as it is."""
        if self._at >= len(self._fields):
            raise FieldError(f"field {self._at + 1} is missing")
        self._at += 1
        return self._fields[self._at - 1]

    def skip(self) -> None:
        """Pass over a field that says nothing, such as a message's own version."""
        self.text()

    def integer(self) -> int:
        """Return the next field as a whole number, 0 when unset."""
        text = self.text()
        if text in _UNSET:
            return 0
        try:
            return int(text)
        except ValueError:
            raise FieldError(f"field {self._at}: {text[:40]!r} is no whole number") from None

    def number(self) -> float:
        """Return the next field as a number, 0 when unset."""
        text = self.text()
        if text in _UNSET:
            return 0.0
        try:
            return float(text)
        except ValueError:
            raise FieldError(f"field {self._at}: {text[:40]!r} is no number") from None

    def flag(self) -> bool:
        """Return the next field as a yes or no."""
        text = self.text().lower()
        if text not in _TRUE | _FALSE:
            raise FieldError(f"field {self._at}: {text[:40]!r} is neither 0 nor 1")
        return text in _TRUE


def message(*fields: Field) -> bytes:
    """Return a framed message; None is an empty field, a whole float loses its point, a bool is 0 or 1."""
    return frame(("\0".join(map(_text, fields)) + "\0").encode())


def _text(field: Field) -> str:
    if isinstance(field, str):
        return field
    if field is None:
        return ""
    if isinstance(field, float) and not field.is_integer():
        return repr(field)
    return str(int(field))
