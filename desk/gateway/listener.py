"""The listening socket: opened, given up for a while, and taken again on the same port."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from ipaddress import ip_address

_log = logging.getLogger(__name__)
_AGAIN = 0.1
"""Machine seconds until another try to take the port back."""


def exposed(host: str) -> bool:
    """Whether listening on that host lets other machines in. A name counts as exposed unless it is `localhost`."""
    if host == "localhost":
        return False
    try:
        return not ip_address(host).is_loopback
    except ValueError:
        return True


class Listener:
    """Listens on one host and port and hands each connection to `accept`. `present` is False while it is away."""

    def __init__(self, accept: Callable[[], asyncio.Protocol], host: str) -> None:
        self.present = True
        self._accept = accept
        self._host = host
        self._port = 0
        self._server: asyncio.Server | None = None
        self._returning: asyncio.Task[None] | None = None
        self._retry: asyncio.TimerHandle | None = None

    async def start(self, port: int) -> int:
        """Listen, loudly when not on loopback, and return the port; OSError when it is taken."""
        await self._listen(port)
        if exposed(self._host):
            _log.warning(
                "THE GATEWAY LISTENS ON %s PORT %d, BEYOND THIS MACHINE. Whoever reaches that port sees the account and"
                " trades on it: IB's protocol knows no password. Use 127.0.0.1 unless a firewall stands before it.",
                self._host,
                self._port,
            )
        return self._port

    def away(self) -> None:
        """Listen no more: who connects is refused."""
        self.present = False
        self._close()

    def back(self) -> None:
        """Listen again on the same port, as soon as it can be had."""
        self.present = True
        if self._port and self._server is None:
            self._try()

    async def stop(self, patience: float) -> None:
        """Listen no more for good; wait that many seconds at most until the socket is closed."""
        for pending in (self._returning, self._retry):
            if pending is not None:
                pending.cancel()
        server = self._server
        self._close()
        if server is not None:
            with suppress(TimeoutError):
                await asyncio.wait_for(server.wait_closed(), patience)

    def _close(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None

    async def _listen(self, port: int) -> None:
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(self._accept, self._host, port)
        self._port = int(self._server.sockets[0].getsockname()[1])

    def _try(self) -> None:
        if self.present and self._server is None:
            self._returning = asyncio.get_running_loop().create_task(self._return())

    async def _return(self) -> None:
        try:
            await self._listen(self._port)
        except OSError as error:
            _log.warning("cannot listen on port %d again yet: %s", self._port, error.strerror)
            self._retry = asyncio.get_running_loop().call_later(_AGAIN, self._try)
