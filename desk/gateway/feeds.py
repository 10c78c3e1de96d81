"""Tick by tick, five-second bars and market depth: what changes is told once a tick of market time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from math import floor, isnan
from typing import Protocol, TypeVar

from desk.clock import Timer
from desk.gateway import aggregate, past, samples
from desk.gateway.book import Listed
from desk.gateway.clients import Client, Context, attempt
from desk.gateway.encode import live as encode
from desk.gateway.reference import primary
from desk.gateway.requests import live as requests
from desk.gateway.requests.terms import Terms
from desk.gateway.resolve import one, refuse
from desk.gateway.samples import Sampled, collect
from desk.gateway.services import Handlers
from desk.gateway.tape import middles, quoted, traded
from desk.gateway.ticks import Row

T = TypeVar("T")
_TICKS, _BARS, _DEPTH = "bv", "bV", "bL"
_BAR = 5.0
_AGAIN = 15.0
"""Seconds within which an instrument may not be asked for tick by tick twice."""
_BARRED = "Failed to request tick-by-tick data:"
_WHAT = frozenset({"TRADES", "MIDPOINT", "BID", "ASK"})
_CODES = {"LAST": 1, "ALLLAST": 2, "BIDASK": 3, "MIDPOINT": 4}


class Feed(Protocol):
    """One subscription."""

    client: Client
    request_id: int
    listed: Listed

    def advance(self, at: float, row: Row) -> None:
        """Tell what is new at a market time with that quote."""


@dataclass(slots=True, eq=False)
class Ticks:
    """Tick by tick; `code` as IB's tick type."""

    client: Client
    request_id: int
    listed: Listed
    code: int
    seen: Sampled = field(default_factory=list)

    def advance(self, at: float, row: Row) -> None:
        """See `Feed`."""
        self.seen = [*self.seen[-1:], (at, row)]
        number, send = self.request_id, self.client.send
        if self.code == _CODES["BIDASK"]:
            for quote in _fresh(quoted, self.seen):
                send(encode.bid_ask(number, *quote))
        elif self.code == _CODES["MIDPOINT"]:
            for middle in _fresh(middles, self.seen):
                send(encode.midpoint(number, *middle))
        else:
            for trade in _fresh(partial(traded, exchange=primary(self.listed.contract)), self.seen):
                send(encode.last(number, self.code, *trade))


def _fresh(make: Callable[[Sampled], list[T]], seen: Sampled) -> list[T]:
    """Return the ticks that the last quote adds."""
    return make(seen)[len(make(seen[:-1])) :]


@dataclass(slots=True, eq=False)
class Bars:
    """Five-second bars."""

    client: Client
    request_id: int
    listed: Listed
    what: str
    seen: Sampled = field(default_factory=list)

    def advance(self, at: float, row: Row) -> None:
        """See `Feed`."""
        self.seen.append((at, row))
        begun = floor(self.seen[0][0] / _BAR) * _BAR
        if at < begun + _BAR:
            return
        for bar in aggregate.bars(self.seen, aggregate.DAY_SECONDS, self.what, lambda _: ""):
            self.client.send(encode.bar(self.request_id, encode.LiveBar(int(begun), *bar[1:])))
        self.seen = self.seen[-1:]


@dataclass(slots=True, eq=False)
class Book:
    """The displayed quote as an order book of one level; `maker` names the exchange in smart depth, else None."""

    client: Client
    request_id: int
    listed: Listed
    maker: str | None
    shown: dict[int, tuple[float, float]] = field(default_factory=dict)

    def advance(self, _at: float, row: Row) -> None:
        """See `Feed`."""
        sides = (encode.BID, row.bid, row.bid_size), (encode.ASK, row.ask, row.ask_size)
        for side, price, size in sides:
            before = self.shown.pop(side, None)
            if isnan(price):
                if before is not None:
                    self._tell(encode.DELETE, side, 0, 0)
                continue
            level = self.shown[side] = price, 1.0 if isnan(size) else size
            if level != before:
                self._tell(encode.INSERT if before is None else encode.UPDATE, side, *level)

    def _tell(self, operation: int, side: int, price: float, size: float) -> None:
        self.client.send(encode.depth(self.request_id, operation, side, price, size, self.maker))


class Feeds:
    """Keeps such subscriptions and tells them what is new."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._feeds: dict[tuple[Client, int], Feed] = {}
        self._asked: dict[tuple[Client, int], float] = {}
        self._timer: Timer | None = None

    def handlers(self) -> Handlers:
        """See `Service`."""
        return {
            requests.TickByTick: self._ticks,
            requests.RealTimeBars: self._bars,
            requests.Depth: self._depth,
            requests.CancelTickByTick: self._cancel,
            requests.CancelRealTimeBars: self._cancel,
            requests.CancelDepth: self._cancel_depth,
        }

    def leave(self, client: Client) -> None:
        """See `Service`."""
        self.lose(client)
        self._asked = {key: at for key, at in self._asked.items() if key[0] is not client}

    def lose(self, client: Client) -> None:
        """See `Subscriptions`."""
        self._feeds = {key: feed for key, feed in self._feeds.items() if key[0] is not client}

    def _ticks(self, client: Client, request: requests.TickByTick) -> None:
        number, code = request.request_id, _CODES.get(request.kind.upper())
        listed = self._found(client, number, request.terms, _TICKS)
        if listed is None:
            return
        contract, now = listed.contract, self._context.clock.time()
        if code is None:
            refuse(client, number, _TICKS, f"Invalid tick type {request.kind!r}")
        elif contract.sec_type == "OPT" or (contract.sec_type == "IND" and code > _CODES["ALLLAST"]):
            where = f"{contract.exchange} {contract.sec_type}"
            client.error(number, 10189, f"{_BARRED}No market data permissions for {where}")
        elif now - self._asked.get((client, contract.con_id), -_AGAIN) < _AGAIN:
            client.error(number, 10189, f"{_BARRED}No more than one request per instrument in 15 seconds")
        elif self._count(client, Ticks) >= self._context.settings.tick_by_tick:
            client.error(number, 10190, "Max number of tick-by-tick requests has been reached.")
        else:
            self._asked[client, contract.con_id] = now
            self._begin(Ticks(client, number, listed, code), request.number)

    def _begin(self, feed: Ticks, number: int) -> None:
        """Tell as many past ticks as were asked for, then what comes."""
        if number <= 0:
            self._open(feed)
            return
        self._feeds[feed.client, feed.request_id] = feed
        what = {3: "BID_ASK", 4: "MIDPOINT"}.get(feed.code, "TRADES")
        now = self._context.clock.time()

        def answer(found: Sampled) -> None:
            if self._feeds.get((feed.client, feed.request_id)) is feed:
                feed.client.send(past.told(feed.request_id, what, feed.listed, found, -number))
                self._open(feed)

        collect(feed.client, feed.listed, past.seconds(now, forward=False, now=now), answer)

    def _bars(self, client: Client, request: requests.RealTimeBars) -> None:
        number = request.request_id
        listed = self._found(client, number, request.terms, _BARS)
        if listed is None:
            return
        if request.what not in _WHAT or (listed.contract.sec_type == "IND" and request.what != "TRADES"):
            refuse(client, number, _BARS, f"Real time bars of type {request.what!r} are not supported")
        else:
            self._open(Bars(client, number, listed, request.what))

    def _depth(self, client: Client, request: requests.Depth) -> None:
        number = request.request_id
        listed = self._found(client, number, request.terms, _DEPTH)
        if listed is None:
            return
        if listed.contract.sec_type == "IND":
            client.error(
                number, 10092, "Deep market data is not supported for this combination of security type/exchange"
            )
        elif request.rows <= 0:
            refuse(client, number, _DEPTH, f"Invalid number of rows {request.rows}")
        elif self._count(client, Book) >= self._context.settings.depths:
            most = self._context.settings.depths
            client.error(number, 309, f"Max number ({most}) of market depth requests has been reached")
        else:
            self._open(Book(client, number, listed, primary(listed.contract) if request.smart else None))

    def _found(self, client: Client, number: int, terms: Terms, kind: str) -> Listed | None:
        if (client, number) in self._feeds:
            client.error(number, 322, f"Error processing request.-'{kind}' : cause - Duplicate ticker id")
            return None
        return one(client, number, terms, kind)

    def _count(self, client: Client, kind: type) -> int:
        return sum(1 for (owner, _), feed in self._feeds.items() if owner is client and isinstance(feed, kind))

    def _open(self, feed: Feed) -> None:
        self._feeds[feed.client, feed.request_id] = feed
        self._advance([feed])
        self._keep_ticking()

    def _cancel(self, client: Client, request: requests.CancelTickByTick | requests.CancelRealTimeBars) -> None:
        if self._feeds.pop((client, request.request_id), None) is None:
            client.error(request.request_id, 300, f"Can't find EId with tickerId:{request.request_id}")

    def _cancel_depth(self, client: Client, request: requests.CancelDepth) -> None:
        if self._feeds.pop((client, request.request_id), None) is None:
            client.error(
                request.request_id, 310, f"Can't find the subscribed market depth with tickerId:{request.request_id}"
            )

    def _keep_ticking(self) -> None:
        if self._timer is None:
            interval, now = self._context.settings.tick_interval, self._context.clock.time()
            self._timer = self._context.timers.call_at((floor(now / interval) + 1) * interval, self._on_tick)

    def _on_tick(self) -> None:
        self._timer = None
        if self._feeds:
            self._keep_ticking()
            attempt(lambda: self._advance([feed for feed in self._feeds.values() if not feed.client.congested]))

    def _advance(self, feeds: list[Feed]) -> None:
        now = self._context.clock.time()
        for feed in feeds:
            feed.advance(now, samples.row(self._context, feed.listed, now))
