"""The broker: everything that the desk asks of IB, and how IB's side of it fares."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any, TypeVar

from desk.clock import LoopTimers
from desk.config import model
from desk.ib.breaker import Breaker
from desk.ib.chains import Chains
from desk.ib.contracts import Contracts
from desk.ib.errors import BrokerError, Disconnected, Expired, LinesExceeded, PacingViolation, Timeout
from desk.ib.feeds import Feeds
from desk.ib.futures import Futures
from desk.ib.history import History
from desk.ib.keeper import Keeper
from desk.ib.lines import Lines
from desk.ib.orders.gate import Gate
from desk.ib.orders.orders import Orders
from desk.ib.pacer import Pacer
from desk.ib.queue import RequestQueue
from desk.ib.session import Session
from desk.ib.spots import StandingQuotes
from messages.contract import Contract, Quote
from messages.futures import FuturesQuotes, FuturesWanted
from messages.market import Bars, BarsWanted, ChainQuotes, ChainWanted, Priority, Spots, SpotsWanted
from messages.orders import Margin, MarginWanted, Truth, TruthWanted

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Trades:
    """What a broker has to know to take orders: `[trading]`, and the data folder that the kill switch's file is in."""

    trading: model.Trading
    root: Path


NO_ORDERS = "this desk sends no orders"
"""Why a broker without `Trades` refuses."""
_UNANSWERED = frozenset({"deadline", "disconnected", "timeout"})
"""Reasons that count as a failure of the session when every contract of a chain ended with one of them."""
_FAREWELL = 2.0
"""Machine seconds that the last cancels have to leave."""


class Broker:
    """One IB session and its users. Everything runs on the loop that `timers` belongs to.

    `host` and `port` name a gateway, which may be IB's or the paper one. `governed` tells the clock which bytes are on
    their way, for a gateway that shares the clock. `say` is told of what happens to the session (`Notice`). Orders are
    taken only by a broker with `trades`; what comes of them is told to `say`, too (`messages.orders`).
    """

    def __init__(
        self,
        settings: model.Broker,
        host: str,
        port: int,
        timers: LoopTimers,
        random: Random,
        *,
        governed: bool = False,
        say: Callable[[object], None] | None = None,
        trades: Trades | None = None,
    ) -> None:
        clock = self._clock = timers.clock
        self._timers = timers
        self._pacer = Pacer(settings.messages_per_second)
        self._queue = RequestQueue(timers, self._pacer)
        self._session = Session(
            settings,
            (host, port),
            timers,
            random,
            self._queue,
            self._pacer,
            governed=governed,
            say=say or (lambda _notice: None),
        )
        self._lines = Lines(settings.market_data_lines)
        self._feeds = Feeds(self._session, self._queue, self._lines, clock)
        self._spots = StandingQuotes(self._feeds, timers, settings.greeks_deadline)
        self._contracts = Contracts(self._session, clock, settings.request_timeout)
        self._history = History(self._session, timers, settings.request_timeout)
        self._chains = Chains(settings, self._contracts, self._spots, self._feeds, self._lines, timers)
        self._futures = Futures(self._contracts, self._feeds, timers, settings.greeks_deadline)
        self._breaker = Breaker(clock, settings.breaker_failures, settings.breaker_pause)
        self._keeper = Keeper(settings, self._session, self._queue, clock)
        self._session.on_connected = self._connected
        self.orders: Orders | None = None
        if trades is not None:
            self.orders = self._take_orders(settings, trades)

    async def run(self) -> None:
        """Connect, with retries for as long as it takes, and stay connected; until cancelled."""
        if self.orders is None:
            await self._keeper.run()
            return
        async with asyncio.TaskGroup() as group:
            group.create_task(self._keeper.run())
            group.create_task(self.orders.run())

    async def close(self) -> None:
        """Cancel market data and disconnect."""
        self._spots.release()
        if self._session.ready.is_set():
            with suppress(TimeoutError, BrokerError):
                async with asyncio.timeout(_FAREWELL):
                    await self._queue.send(lambda: None, Priority.HISTORY, float("inf"))  # after every cancel
        await self._session.close()

    def abort(self) -> None:
        """Let go of the connection without a farewell: the owner has crashed."""
        if self.orders is not None:
            self.orders.abandon()
        self._session.drop("the broker crashed")

    async def chain(self, wanted: ChainWanted, progress: Callable[[int, int], None]) -> ChainQuotes:
        """Quote a part of a chain; `progress(done, asked)` is called as contracts end. Errors are in the answer."""
        try:
            return await self._through(lambda: self._chains.chain(wanted, progress), wanted.deadline, _unanswered)
        except BrokerError as error:
            return ChainQuotes(wanted.correlation, wanted.selection, 0, (), error=str(error))

    async def futures(self, wanted: FuturesWanted) -> FuturesQuotes:
        """Quote the nearest months of a root of futures. Errors are in the answer."""
        try:
            return await self._through(lambda: self._futures.quotes(wanted), wanted.deadline, _unanswered)
        except BrokerError as error:
            return FuturesQuotes(wanted.correlation, wanted.root, 0, (), error=str(error))

    async def bars(self, wanted: BarsWanted) -> Bars:
        """Return daily bars of complete sessions. Errors are in the answer."""
        w = wanted
        try:
            bars = await self._through(
                lambda: self._history.bars(w.contract, w.what, w.days, w.priority, w.deadline), w.deadline
            )
        except BrokerError as error:
            return Bars(wanted.correlation, wanted.contract, wanted.what, (), error=str(error))
        return Bars(wanted.correlation, wanted.contract, wanted.what, tuple(bars))

    async def spots(self, wanted: SpotsWanted) -> Spots:
        """Return current quotes of underlyings and indices, None for each that has none. Errors are in the answer."""
        try:
            quotes = await self._through(lambda: self._quotes(wanted), wanted.deadline)
        except BrokerError as error:
            return Spots(wanted.correlation, (None,) * len(wanted.contracts), error=str(error))
        errors = [
            f"{c.symbol} {q}" for c, q in zip(wanted.contracts, quotes, strict=True) if isinstance(q, BrokerError)
        ]
        known = tuple(None if isinstance(q, BrokerError) else q for q in quotes)
        return Spots(wanted.correlation, known, error="; ".join(errors))

    async def time(self, deadline: float) -> float:
        """Return the gateway's own time in epoch seconds, whole ones; `BrokerError` when it does not tell it."""
        await self._available(deadline)
        return await self._session.time(deadline)

    async def margin(self, wanted: MarginWanted) -> Margin:
        """Ask what an order would do to the account. Errors are in the answer."""
        if self.orders is None:
            return Margin(wanted.correlation, error=NO_ORDERS)
        return await self.orders.margin(wanted)

    async def truth(self, wanted: TruthWanted) -> Truth:
        """Ask what IB holds. Errors are in the answer."""
        if self.orders is None:
            return Truth(wanted.correlation, self._session.connection, self._clock.time(), error=NO_ORDERS)
        return await self.orders.truth(wanted)

    def facts(self) -> dict[str, Any]:
        """Say how the session and its limits stand."""
        session = self._session
        return {
            "connected": session.ready.is_set(),
            "account": session.account,
            "client_id": session.client_id,
            "server_version": session.server_version,
            "reconnects": max(0, self._keeper.connects - 1),
            "last_error": session.last_error,
            "errors": dict(sorted(session.codes.items())),
            "queue": self._queue.depth(),
            "messages_per_second": self._pacer.per_second(self._clock.time()),
            "messages_limit": self._pacer.rate,
            "lines": self._lines.in_use,
            "lines_limit": self._lines.limit,
            "subscriptions": len(self._feeds),
            "breaker": self._breaker.state,
            **session.upstream.facts(),
            **(self.orders.facts() if self.orders is not None else {}),
        }

    def _connected(self) -> None:
        """Take up again; a session that has just answered all of its start-up requests is healthy."""
        self._breaker.succeeded()
        self._spots.resume()
        if self.orders is not None:
            self.orders.connected()

    def _take_orders(self, settings: model.Broker, trades: Trades) -> Orders:
        trading = trades.trading
        gate = Gate(trades.root, settings.mode == "live", trading.enabled, trading.account)
        orders = Orders(
            self._session,
            self._queue,
            self._timers,
            gate,
            self._session.say,
            trading.acknowledge,
        )
        self._session.on_wire = orders.tapped
        self._session.on_lost = orders.lost
        return orders

    async def _quotes(self, wanted: SpotsWanted) -> list[Quote | BrokerError]:
        quotes = await asyncio.gather(*(self._spot(c, wanted.priority, wanted.deadline) for c in wanted.contracts))
        failures = [q for q in quotes if isinstance(q, BrokerError)]
        if failures and len(failures) == len(quotes):
            raise failures[0]
        return quotes

    async def _spot(self, contract: Contract, priority: Priority, deadline: float) -> Quote | BrokerError:
        try:
            known = await self._contracts.underlying(contract, priority, deadline)
            return await self._spots.quote(known, priority, deadline)
        except BrokerError as error:
            return error

    async def _through(
        self, ask: Callable[[], Awaitable[T]], deadline: float, unanswered: Callable[[T], bool] = lambda _answer: False
    ) -> T:
        """Ask through the circuit breaker once there is a session; `Disconnected` when there is none in time."""
        self._breaker.enter()
        try:
            await self._available(deadline)
            answer = await ask()
        except (Disconnected, Timeout):
            self._breaker.failed()
            raise
        except (Expired, LinesExceeded, PacingViolation):
            self._breaker.left()
            raise
        except BrokerError:
            self._breaker.succeeded()
            raise
        except BaseException:
            self._breaker.left()
            raise
        if unanswered(answer):
            self._breaker.failed()
        else:
            self._breaker.succeeded()
        return answer

    async def _available(self, deadline: float) -> None:
        if self._session.ready.is_set():
            return
        try:
            await self._timers.within(max(0.0, deadline - self._clock.time()), self._session.ready.wait())
        except TimeoutError:
            raise Disconnected(self._session.last_error or "not connected yet") from None


def _unanswered(answer: ChainQuotes | FuturesQuotes) -> bool:
    return bool(answer.failed) and not answer.quotes and {reason for reason, _ in answer.failed} <= _UNANSWERED
