"""The gateway's end of one connection: from bytes to requests, whatever the bytes are."""

from __future__ import annotations

import asyncio
import logging
import re
import socket
from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, cast

from desk.gateway.clients import Client
from desk.gateway.encode import session as encode
from desk.gateway.fields import FieldError, split
from desk.gateway.frames import FrameError, Framer
from desk.gateway.requests import table
from desk.gateway.requests.session import StartApi
from desk.market.calendar import EXCHANGE

if TYPE_CHECKING:
    from desk.gateway.server import Gateway

_log = logging.getLogger(__name__)
OLDEST, NEWEST = 157, 178
"""Server versions whose layouts are spoken."""

_HELLO = re.compile(r"v([0-9]{1,9})(?:\.\.([0-9]{1,9}))?(?: .*)?")
_HELLO_LARGEST = 4096
"""Bytes of a client's first words."""
_HIGH_WATER = 4 * 1024 * 1024
"""Unsent bytes above which a client's streams pause: a whole day's chain fits below it."""


class Connection(asyncio.Protocol):
    """Handshake, then one request per frame. A bad request costs an error, a broken stream the connection."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self._settings = gateway.context.settings
        self._framer = Framer(_HELLO_LARGEST)
        self._client: Client | None = None
        self._deadline: asyncio.TimerHandle | None = None
        self._unread = 0
        self._waiting = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """See `asyncio.Protocol`."""
        stream = cast("asyncio.Transport", transport)
        wire = stream.get_extra_info("socket")
        if wire is not None:
            wire.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            stream.set_write_buffer_limits(_HIGH_WATER)
        self._client = client = self._gateway.join(stream)
        if client is None:
            stream.close()
            return
        self._deadline = asyncio.get_running_loop().call_later(self._settings.handshake, self._too_late, client)

    def data_received(self, data: bytes) -> None:
        """See `asyncio.Protocol`. On a shared clock the bytes have arrived once they have been dealt with."""
        if self._client is None:
            return
        self._unread += len(data)
        self._work(self._client, data)

    def pause_writing(self) -> None:
        """See `asyncio.Protocol`. Who does not read is not listened to either."""
        if self._client is not None:
            self._client.congested = True

    def resume_writing(self) -> None:
        """See `asyncio.Protocol`."""
        if self._client is not None:
            self._client.congested = False
            self._work(self._client, b"")

    def connection_lost(self, _exc: Exception | None) -> None:
        """See `asyncio.Protocol`."""
        if self._deadline is not None:
            self._deadline.cancel()
        if self._client is not None:
            self._done(self._client)
            self._gateway.leave(self._client)
            self._client = None

    @staticmethod
    def _too_late(client: Client) -> None:
        if client.client_id is None:
            _log.warning("connection closed: no session was started in time")
            client.close()

    def _work(self, client: Client, data: bytes) -> None:
        """Answer what has come, so much in a turn of the loop that other clients have theirs."""
        try:
            for done, payload in enumerate(self._framer.feed(data), 1):
                if client.closed:
                    break
                self._payload(client, payload)
                if done >= self._settings.requests_per_turn or client.served:
                    self._wait(client)
                    return
        except FrameError as error:
            _log.warning("connection closed: %s", error)
            client.close()
        self._done(client)

    def _wait(self, client: Client) -> None:
        """Hear nothing more until the rest has been answered."""
        client.hear(more=False)
        if not client.congested and not self._waiting:
            self._waiting = True
            asyncio.get_running_loop().call_soon(self._go_on, client)

    def _go_on(self, client: Client) -> None:
        self._waiting = False
        if not client.closed:
            self._work(client, b"")

    def _done(self, client: Client) -> None:
        client.dealt_with(self._unread)
        self._unread = 0
        client.hear(more=True)

    def _payload(self, client: Client, payload: bytes) -> None:
        if not client.version:
            self._hello(client, payload)
            return
        code, text = client.rate.verdict(self._gateway.context.clock.time())
        if text:
            client.error(-1, code, text)
        if code and client.rate.violations >= self._settings.violations:
            client.close()
        elif not code:
            self._request(client, payload)

    def _hello(self, client: Client, payload: bytes) -> None:
        """Agree on a version: the newest that both speak. Without one the connection ends, as IB's does."""
        match = _HELLO.fullmatch(payload.rstrip(b"\0").decode(errors="replace"))
        lowest = int(match[1]) if match else 0
        version = min(NEWEST, int(match[2] or match[1])) if match else 0
        if version < max(OLDEST, lowest):
            raise FrameError(f"no version in common with {payload[:40]!r}")
        client.version = version
        self._framer.largest = self._settings.largest_frame
        at = datetime.fromtimestamp(self._gateway.context.clock.time(), EXCHANGE)
        client.send(encode.hello(version, f"{at:%Y%m%d %H:%M:%S %Z}"))

    def _request(self, client: Client, payload: bytes) -> None:
        try:
            fields = split(payload)
        except FieldError as error:
            client.error(-1, 320, f"Error reading request. {error}")
            return
        if client.pending >= self._settings.open_requests:
            cause = "Error processing request.-'' : cause - Maximum number of open requests exceeded"
            client.error(table.request_id(fields), 322, cause)
            return
        faults = client.context.faults
        if not faults.active:
            self._answer(client, fields)
            return
        for delay, left in faults.incoming(client, fields):
            client.after(delay, partial(self._answer, client, left))

    def _answer(self, client: Client, fields: Sequence[str]) -> None:
        try:
            if table.message_id(fields) in table.SILENT and client.client_id is not None:
                return
            request = table.read(fields, client.version, -1 if client.client_id is None else client.client_id)
            if client.client_id is None and not isinstance(request, StartApi):
                client.error(-1, 504, "Not connected")
                return
            self._gateway.handle(client, request)
        except FieldError as error:
            client.error(table.request_id(fields), 320, f"Error reading request. {error}")
        except Exception:  # noqa: BLE001  (one client's request must not end the server)
            _log.exception("request %s failed", fields[:2])
            client.error(table.request_id(fields), 320, "Error reading request. The gateway failed to answer it.")
