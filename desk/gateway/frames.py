"""Framing: what a client sends is `API`, a NUL, and then frames of a 4-byte big-endian length and that many bytes."""

from __future__ import annotations

from collections.abc import Iterator
from struct import Struct

PREFIX = b"API\0"
LARGEST = 0xFFFFFF
"""Longest payload IB accepts: 16 MiB less one byte."""

_LENGTH = Struct(">I")


class FrameError(ValueError):
    """The byte stream is not IB's; nothing after this point can be understood."""


def frame(payload: bytes) -> bytes:
    """Return the payload with its length before it."""
    return _LENGTH.pack(len(payload)) + payload


class Framer:
    """Cuts the bytes of one connection into payloads, however they arrive."""

    __slots__ = ("_buffer", "_greeted", "largest")

    def __init__(self, largest: int = LARGEST) -> None:
        self.largest = largest
        self._buffer = bytearray()
        self._greeted = False

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Take bytes and give every payload they complete; FrameError on a wrong prefix or an oversized frame."""
        self._buffer += data
        if not self._greeted:
            self._greet()
        while self._greeted and len(self._buffer) >= _LENGTH.size:
            (length,) = _LENGTH.unpack_from(self._buffer)
            if length > self.largest:
                raise FrameError(f"a frame of {length} bytes is above {self.largest}")
            end = _LENGTH.size + length
            if len(self._buffer) < end:
                return
            payload = bytes(self._buffer[_LENGTH.size : end])
            del self._buffer[:end]
            yield payload

    def _greet(self) -> None:
        head = bytes(self._buffer[: len(PREFIX)])
        if not PREFIX.startswith(head):
            raise FrameError(f"{head!r} is no API client")
        if len(head) == len(PREFIX):
            del self._buffer[: len(PREFIX)]
            self._greeted = True
