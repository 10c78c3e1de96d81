"""A connection without a socket: two transports joined in memory, on one loop."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any, cast


class MemoryTransport(asyncio.Transport):
    """One end. Bytes and ends of stream arrive at the other end in the order sent; nothing is ever paused."""

    def __init__(self, loop: asyncio.AbstractEventLoop, protocol: asyncio.BaseProtocol, extra: dict[str, Any]) -> None:
        super().__init__(extra)
        self._loop = loop
        self._protocol = cast("asyncio.Protocol", protocol)
        self._peer: MemoryTransport | None = None
        self._closing = False
        self._ended = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Send; what is written to a closed connection is lost, as on a socket."""
        if self._ended:
            raise RuntimeError("cannot write after write_eof()")
        if data and not self._closing and self._peer is not None:
            self._loop.call_soon(self._peer._receive, bytes(data))  # noqa: SLF001 - its other half

    def writelines(self, list_of_data: Iterable[bytes | bytearray | memoryview]) -> None:
        """Send all."""
        self.write(b"".join(list_of_data))

    def can_write_eof(self) -> bool:
        """Return True: either direction can end alone."""
        return True

    def write_eof(self) -> None:
        """End the stream to the other end."""
        if not self._ended and self._peer is not None:
            self._ended = True
            self._loop.call_soon(self._peer._finish)  # noqa: SLF001 - its other half

    def is_closing(self) -> bool:
        """Whether this end is closed or about to be."""
        return self._closing

    def close(self) -> None:
        """End the stream and close this end."""
        if not self._closing:
            self.write_eof()
            self._lose(None)

    def abort(self) -> None:
        """Close both ends; the other one sees a reset."""
        if not self._closing:
            self._lose(None)
            if self._peer is not None:
                self._loop.call_soon(self._peer._lose, ConnectionResetError("reset by peer"))  # noqa: SLF001 - its other half

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        """Hand this end to another protocol."""
        self._protocol = cast("asyncio.Protocol", protocol)

    def get_protocol(self) -> asyncio.BaseProtocol:
        """Return the protocol at this end."""
        return self._protocol

    def get_write_buffer_size(self) -> int:
        """Return 0: what is written is on its way."""
        return 0

    def _receive(self, data: bytes) -> None:
        if self._closing:
            return
        try:
            self._protocol.data_received(data)
        except Exception as error:  # noqa: BLE001 - as on a socket, the connection pays for its protocol's error
            context = {"message": "data_received failed", "exception": error, "transport": self}
            self._loop.call_exception_handler(context)
            self.abort()

    def _finish(self) -> None:
        if not self._closing and not self._protocol.eof_received():
            self.close()

    def _lose(self, error: Exception | None) -> None:
        if not self._closing:
            self._closing = True
            self._loop.call_soon(self._protocol.connection_lost, error)


def join(
    loop: asyncio.AbstractEventLoop,
    client: asyncio.BaseProtocol,
    server: asyncio.BaseProtocol,
    names: tuple[tuple[str, int], tuple[str, int]],
) -> MemoryTransport:
    """Connect two protocols, the server's end first, and return the client's transport. `names` are their addresses."""
    ours, theirs = names
    near = MemoryTransport(loop, client, {"sockname": ours, "peername": theirs})
    far = MemoryTransport(loop, server, {"sockname": theirs, "peername": ours})
    near._peer, far._peer = far, near  # noqa: SLF001 - two halves of one thing
    server.connection_made(far)
    client.connection_made(near)
    return near
