"""Bytes written in pieces, so that a frame arrives in several segments."""

from __future__ import annotations

import asyncio

from desk.clock import LoopTimers


class Pieces:
    """Stands before a transport and hands on its bytes `size` at a time, each in a turn of the loop of its own.

    Pieces are `seconds` of market time apart.
    """

    def __init__(self, transport: asyncio.Transport, size: int, seconds: float, timers: LoopTimers) -> None:
        self._transport = transport
        self._size = size
        self._seconds = seconds
        self._timers = timers
        self._left = bytearray()

    def write(self, data: bytes) -> None:
        """Write the bytes behind those that are still to go."""
        waiting = bool(self._left)
        self._left += data
        if not waiting:
            self._next()

    def _next(self) -> None:
        if self._transport.is_closing():
            return
        self._transport.write(bytes(self._left[: self._size]))
        del self._left[: self._size]
        if self._left:
            if self._seconds:
                self._timers.call_later(self._seconds, self._next)
            else:
                asyncio.get_running_loop().call_soon(self._next)
