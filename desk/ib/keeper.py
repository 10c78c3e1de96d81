"""Keeps the session alive: attempts with growing pauses, a watchdog for silence, and again after every end."""

from __future__ import annotations

import asyncio

from tenacity import AsyncRetrying, RetryCallState, retry_if_exception_type, wait_exponential

from desk.clock import Clock
from desk.config import model
from desk.ib.errors import ConnectFailed, Disconnected
from desk.ib.notices import Notice
from desk.ib.queue import RequestQueue
from desk.ib.session import Session
from messages.market import Priority

_FIRST_PAUSE = 2.0
"""Machine seconds after the first failed attempt; each later pause is twice the one before."""
_SETTLED = 10.0
"""Machine seconds after which a session that ends was no failed attempt."""
_EARLY = 1e-3
"""Machine seconds by which a wait may end before its time, as floats go."""
_ANSWER = 10.0
"""Machine seconds that a silent gateway has to tell the time."""


class Keeper:
    """All its times are machine time: connections live on the wall's clock."""

    def __init__(self, settings: model.Broker, session: Session, queue: RequestQueue, clock: Clock) -> None:
        self._settings = settings
        self._session = session
        self._queue = queue
        self._clock = clock
        self.connects = 0

    async def run(self) -> None:
        """Connect, stay connected, and connect again; until cancelled."""
        while True:
            retrying = AsyncRetrying(
                sleep=pause,
                wait=wait_exponential(multiplier=_FIRST_PAUSE, max=self._settings.reconnect_longest),
                retry=retry_if_exception_type((ConnectFailed, Disconnected)),
                before_sleep=self._failed,
            )
            await retrying(self._once)

    async def _once(self) -> None:
        await self._session.open()
        self.connects += 1
        since = self._clock.machine()
        await self._watch()
        if self._clock.machine() - since < _SETTLED:
            raise Disconnected(self._session.last_error)

    async def _watch(self) -> None:
        """Return when the connection has ended; end it when a silent gateway does not even tell the time."""
        patience = self._settings.watchdog
        while True:
            silent = self._clock.machine() - self._session.heard
            if silent < patience - _EARLY:
                if await self._session.gone(patience - silent):
                    return
                continue
            asked = self._clock.machine()
            self._queue.post(self._session.ask_time, Priority.ORDER)
            if await self._session.gone(min(_ANSWER, patience)):
                return
            if self._session.heard < asked:
                silent = self._clock.machine() - self._session.heard
                self._session.drop(f"the gateway has been silent for {silent:.0f} s")

    def _failed(self, state: RetryCallState) -> None:
        error = state.outcome.exception() if state.outcome else None
        pause = state.next_action.sleep if state.next_action else 0.0
        if isinstance(error, ConnectFailed):
            self._session.last_error = error.args[0]
            self._session.say(Notice("connect-failed", f"{error.args[0]}; next attempt in {pause:g} s"))


async def pause(seconds: float) -> None:
    """Wait for machine seconds."""
    loop = asyncio.get_running_loop()
    over = loop.create_future()
    handle = loop.call_later(seconds, over.set_result, None)
    try:
        await over
    finally:
        handle.cancel()
