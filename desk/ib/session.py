"""One ib_async session: an attempt to connect, requests with typed errors, and the end of it."""

from __future__ import annotations

import asyncio
import re
from collections import Counter, deque
from collections.abc import Callable
from contextlib import suppress
from random import Random
from typing import Any, Protocol

from ib_async import IB
from ib_async.client import Client
from ib_async.ib import StartupFetchNONE
from ib_async.wrapper import RequestError

from desk.clock import LoopTimers
from desk.config import model
from desk.ib import upstream
from desk.ib import wire as wires
from desk.ib.errors import (
    UNANSWERED,
    ClientIdInUse,
    ConnectFailed,
    Disconnected,
    Expired,
    Timeout,
    WrongAccount,
    from_code,
)
from desk.ib.notices import Notice
from desk.ib.pacer import Pacer
from desk.ib.queue import RequestQueue
from desk.ib.upstream import DATA_LOST, Upstream
from desk.ib.wire import Wire
from messages.market import Priority

_PAPER = re.compile(r"D[UF]")
_RANDOM_IDS = (100, 999)
_DRAWS = 32
"""Client ids to draw in one attempt: a gateway takes up to 32 clients."""
_LATE = 20
"""Requests given up whose answers may still come."""
_BACK_OFF = 1.0
"""Seconds without a message after the gateway said that they come too fast."""


class Listener(Protocol):
    """Who is told of what happens to subscriptions."""

    def lost(self, error: Disconnected) -> None:
        """The session ended, and every subscription with it."""

    def refused(self, req_id: int, code: int, text: str) -> None:
        """IB's error or warning about request `req_id`."""

    def data_lost(self) -> None:
        """IB forgot every subscription (1101)."""


class Session:
    """The connection to a gateway, made anew by `open` after each end. One `IB` object per connection, never reused.

    Every message goes out through `queue`, paced by `pacer`; ib_async's own throttle is off.
    """

    def __init__(
        self,
        settings: model.Broker,
        address: tuple[str, int],
        timers: LoopTimers,
        random: Random,
        queue: RequestQueue,
        pacer: Pacer,
        *,
        governed: bool,
        say: Callable[[object], None],
    ) -> None:
        self._settings = settings
        self._host, self._port = address
        self._timers = timers
        self._clock = timers.clock
        self._random = random
        self._queue = queue
        self._pacer = pacer
        self._governed = governed
        self.say = say
        self._wire: Wire | None = None
        self._late: deque[int] = deque(maxlen=_LATE)
        self._in_use = False
        self.read_only = False
        self.listener: Listener | None = None
        self.on_connected: Callable[[], None] = lambda: None
        self.on_wire: Callable[[IB], None] = lambda _ib: None
        self.on_lost: Callable[[Disconnected], None] = lambda _error: None
        self.ready = asyncio.Event()
        self.client_id = self._draw() if settings.client_id == "random" else int(settings.client_id)
        self.accounts: tuple[str, ...] = ()
        self.connection = 0
        self.server_version = 0
        self.last_error = ""
        self.codes: Counter[int] = Counter()
        self.upstream = Upstream()

    @property
    def ib(self) -> IB:
        """The connected `IB`; `Disconnected` without one."""
        if self._wire is None or not self.ready.is_set():
            raise Disconnected(self.last_error or "not connected yet")
        return self._wire.ib

    async def open(self) -> None:
        """Try once to connect and synchronise, within `connect_timeout` of machine time per step.

        `ConnectFailed` says why not. A random client id that is in use is drawn again at once.
        """
        for _ in range(_DRAWS):
            try:
                await self._attempt()
            except ClientIdInUse:
                if self._settings.client_id != "random":
                    raise
                self.client_id = self._draw()
            else:
                self._connected()
                return
        raise ConnectFailed(f"{_DRAWS} client ids drawn at random were all in use")

    async def gone(self, seconds: float | None = None) -> bool:
        """Wait until the connection has ended, or for so many seconds of machine time; whether it has."""
        if self._wire is None:
            return True
        await asyncio.wait({self._wire.gone}, timeout=seconds)
        return self._wire.gone.done()

    @property
    def account(self) -> str:
        """The session's accounts, with commas between."""
        return ",".join(self.accounts)

    @property
    def heard(self) -> float:
        """Machine time at which the gateway was last heard."""
        return self._wire.heard if self._wire else 0.0

    def drop(self, reason: str) -> None:
        """End a connection that does not answer, without waiting for its consent."""
        self.last_error = reason
        if self._wire is not None:
            self._wire.abort()

    async def close(self) -> None:
        """End the connection in order."""
        self._lost("closed by us")
        if self._wire is not None:
            await self._wire.hang_up()

    async def ask(
        self,
        send: Callable[[Client, int], None],
        priority: Priority,
        deadline: float,
        cancel: Callable[[Client, int], None] | None = None,
    ) -> Any:
        """Send a request in its turn and return what ib_async makes of the answer.

        `send(client, request_id)` sends the one message, `cancel` the one that takes it back when the answer is late.
        Raises `Expired` when its turn, `Timeout` when the answer does not come by `deadline` (market time),
        `Disconnected`, or the error that IB answered with.
        """
        sent: list[int] = []

        def start() -> asyncio.Future[Any]:
            ib = self.ib
            sent.append(ib.client.getReqId())
            future: asyncio.Future[Any] = ib.wrapper.startReq(sent[0])
            send(ib.client, sent[0])
            return future

        async def answer() -> Any:
            return await (await self._queue.send(start, priority, deadline))

        try:
            return await self._timers.within(max(0.0, deadline - self._clock.time()), answer())
        except RequestError as error:
            raise from_code(error.code, error.message) from None
        except ConnectionError:
            raise Disconnected(self.last_error or "the connection was lost") from None
        except TimeoutError:
            if not sent:
                raise Expired("its deadline passed before its turn") from None
            if cancel is not None:
                self._queue.post(lambda: self._take_back(cancel, sent[0]), priority)
            self._expect_late(sent[0])
            raise Timeout("IB did not answer in time") from None
        except asyncio.CancelledError:
            if sent:
                self._expect_late(sent[0])
            raise
        finally:
            self._forget(sent)

    async def time(self, deadline: float) -> float:
        """Return the gateway's own time in epoch seconds, whole ones; raises like `ask`."""
        asked = await self._queue.send(self.ib.reqCurrentTimeAsync, Priority.ORDER, deadline)
        try:
            told = await self._timers.within(max(0.0, deadline - self._clock.time()), asked)
        except ConnectionError:
            raise Disconnected(self.last_error or "the connection was lost") from None
        except TimeoutError:
            raise Timeout("the gateway did not tell the time") from None
        return float(told.timestamp())

    def ask_time(self) -> None:
        """Ask for the time, so that a silent gateway says something."""
        with suppress(Disconnected, ConnectionError):
            self.ib.client.reqCurrentTime()

    def _take_back(self, cancel: Callable[[Client, int], None], req_id: int) -> None:
        with suppress(Disconnected, ConnectionError):
            cancel(self.ib.client, req_id)

    def _forget(self, sent: list[int]) -> None:
        """Leave nothing of a request behind in ib_async, however it ended."""
        if sent and self._wire is not None:
            wrapper = self._wire.ib.wrapper
            wrapper._futures.pop(sent[0], None)  # noqa: SLF001 - no public way
            if sent[0] not in self._late:
                wrapper._results.pop(sent[0], None)  # noqa: SLF001 - no public way

    def _expect_late(self, req_id: int) -> None:
        """Keep a place for an answer that may still come; without one ib_async would report an error of its own."""
        if len(self._late) == self._late.maxlen and self._wire is not None:
            self._wire.ib.wrapper._results.pop(self._late[0], None)  # noqa: SLF001 - no public way
        self._late.append(req_id)

    def _draw(self) -> int:
        return self._random.randint(*_RANDOM_IDS)

    async def _attempt(self) -> None:
        self._in_use = self.read_only = False
        self._late.clear()
        self.upstream = Upstream()
        wire = wires.make(self._clock, self._pacer, governed=self._governed)
        wire.ib.errorEvent += self._on_error
        self.on_wire(wire.ib)
        wire.gone.add_done_callback(lambda gone: self._on_gone(wire, gone))
        self._wire = wire
        connecting = asyncio.ensure_future(
            wire.ib.connectAsync(
                self._host,
                self._port,
                clientId=self.client_id,
                timeout=self._settings.connect_timeout,
                raiseSyncErrors=True,
                fetchFields=StartupFetchNONE,  # what is wanted of orders is asked by `desk.ib.orders`, with deadlines
            )
        )
        try:
            await asyncio.wait({connecting, wire.gone}, return_when=asyncio.FIRST_COMPLETED)
            if wire.gone.done():
                raise self._refusal(wire.gone.result())
            await connecting
            self._admit(wire.ib)
        except (OSError, TimeoutError, RequestError) as error:
            raise self._refusal(str(error) or type(error).__name__) from None
        finally:
            if not self.ready.is_set():
                connecting.cancel()
                await asyncio.gather(connecting, return_exceptions=True)
                await wire.hang_up()

    def _connected(self) -> None:
        self.on_connected()
        version = self.server_version
        self.say(Notice("connected", f"client {self.client_id}, account {self.account}, server version {version}"))

    def _admit(self, ib: IB) -> None:
        accounts = ib.client.getAccounts()
        if self._settings.mode == "paper" and not all(_PAPER.match(account) for account in accounts):
            raise WrongAccount(
                f"[broker] mode is paper, but {self._host}:{self._port} is logged in to {', '.join(accounts)}, which is"
                ' no paper account (DU… or DF…); log in to paper trading, or set mode = "live"'
            )
        self.accounts = tuple(accounts)
        self.connection += 1
        self.server_version = ib.client.serverVersion()
        self.last_error = ""
        self.ready.set()

    def _refusal(self, text: str) -> ConnectFailed:
        where = f"{self._host}:{self._port}"
        if self._in_use:
            return ClientIdInUse(
                f"client id {self.client_id} is in use at {where}; end the other client, or set another"
                " [broker] client_id"
            )
        return ConnectFailed(f"cannot connect to {where} as client {self.client_id}: {text or 'closed by the gateway'}")

    def _on_gone(self, wire: Wire, gone: asyncio.Future[str]) -> None:
        if wire is self._wire and not gone.cancelled():
            self._lost(self.last_error or gone.result() or "the gateway closed the connection")

    def _lost(self, reason: str) -> None:
        if not self.ready.is_set():
            return
        self.ready.clear()
        self.last_error = reason
        error = Disconnected(reason)
        assert self._wire is not None
        for future in self._wire.ib.wrapper._futures.values():  # noqa: SLF001 - ib_async ends them only if the peer closes
            if not future.done():
                future.set_exception(ConnectionError(reason))
        self._queue.fail(error)
        if self.listener is not None:
            self.listener.lost(error)
        self.on_lost(error)
        self.say(Notice("disconnected", reason))

    def _on_error(self, req_id: int, code: int, text: str, _contract: object) -> None:
        self.codes[code] += 1
        if self.upstream.heard(code, text):
            self.say(Notice("upstream", text, code))
        if code == 326:
            self._in_use = True
        elif code == 321 and "read-only" in text.lower():
            self.read_only = True
        elif code == 100:
            self._pacer.hold(self._clock.time() + _BACK_OFF)
            self.say(Notice("pacing", text, code))
        elif code == DATA_LOST and self.listener is not None:
            self.listener.data_lost()
        elif req_id < 0 and not upstream.concerns(code):
            self.say(Notice("gateway", text, code))
        if req_id >= 0:
            self._end_unanswered(req_id, code, text)
            if self.listener is not None:
                self.listener.refused(req_id, code, text)

    def _end_unanswered(self, req_id: int, code: int, text: str) -> None:
        if code in UNANSWERED and self._wire is not None:
            future = self._wire.ib.wrapper._futures.get(req_id)  # noqa: SLF001 - ib_async leaves it waiting for ever
            if future is not None and not future.done():
                future.set_exception(RequestError(req_id, code, text))
