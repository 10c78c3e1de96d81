"""Market data: subscriptions and snapshots. What is due at one instant is priced in one call of the source."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from math import floor, inf

from desk.clock import Timer
from desk.gateway.book import Listed
from desk.gateway.catalogue import Catalogue
from desk.gateway.clients import Client, Context, attempt
from desk.gateway.combination import Part, net, resolve
from desk.gateway.encode import market as encode
from desk.gateway.requests import market as requests
from desk.gateway.resolve import one, refuse
from desk.gateway.services import Handlers
from desk.gateway.stream import Stream
from desk.gateway.ticks import NO_MARKET, Row, rows
from desk.market.calendar import session_at
from messages.contract import Bar, Contract

_KIND = "bO"
_GRID = 0.01
"""Instants at which first quotes and Greeks come are multiples of this (seconds), so that neighbours share a call."""
_GENERICS = frozenset(
    {100, 101, 104, 105, 106, 107, 125, 162, 165, 204, 221, 225, 232, 233, 236, 256, 258, 292, 293, 294, 295, 318, 375}
    | {
        411,
        456,
        460,
        470,
        499,
        506,
        511,
        512,
        513,
        514,
        515,
        516,
        517,
        545,
        576,
        577,
        578,
        586,
        587,
        588,
        595,
        606,
        614,
    }
    | {619, 623, 645, 652, 653, 658, 685, 725}
)
_FROZEN = {2, 4}
_CLOSED = 60.0
"""Seconds between updates while the market is closed and nothing moves; the open is a multiple of it."""


class Streams:
    """Answers what concerns quotes and keeps every subscription up to date."""

    def __init__(self, context: Context, catalogue: Catalogue) -> None:
        self._context = context
        self._catalogue = catalogue
        self._streams: dict[tuple[Client, int], Stream] = {}
        self._held: Counter[Client] = Counter()
        self._lines = 0
        self._due: dict[float, list[Stream]] = {}
        self._tick: Timer | None = None

    def handlers(self) -> Handlers:
        """See `Service`."""
        return {
            requests.MarketData: self._subscribe,
            requests.CancelMarketData: self._cancel,
            requests.MarketDataType: self._type,
        }

    def contract(self, client: Client, request_id: int) -> Contract | None:
        """Return the contract of a client's line, None when there is no such line."""
        stream = self._streams.get((client, request_id))
        return None if stream is None else stream.listed.contract

    def leave(self, client: Client) -> None:
        """See `Service`."""
        self.lose(client)

    def lose(self, client: Client) -> None:
        """See `Subscriptions`."""
        for key in [key for key in self._streams if key[0] is client]:
            self._drop(key)

    def _drop(self, key: tuple[Client, int]) -> bool:
        """Forget a subscription; False when there is none."""
        stream = self._streams.pop(key, None)
        if stream is None:
            return False
        self._lines -= stream.end_at == inf
        self._held[stream.client] -= 1
        if not self._held[stream.client]:
            del self._held[stream.client]
        return True

    def _subscribe(self, client: Client, request: requests.MarketData) -> None:
        number = request.request_id
        if (client, number) in self._streams:
            client.error(number, 322, f"Error processing request.-'{_KIND}' : cause - Duplicate ticker id")
            return
        generics = _generics(request.generic_ticks)
        if generics is None:
            refuse(client, number, _KIND, f"Incorrect generic tick list of {request.generic_ticks}.")
        elif request.snapshot and generics:
            refuse(client, number, _KIND, "Snapshot market data subscription is not applicable to generic ticks")
        elif self._held[client] >= self._context.settings.streams or (not request.snapshot and self._full()):
            client.error(number, 101, "Max number of tickers has been reached")
        else:
            self._open(client, request, generics)

    def _full(self) -> bool:
        """Whether every line is taken: they belong to the login, all its clients share them."""
        lines = self._context.settings.lines
        return bool(lines) and self._lines >= lines

    def _open(self, client: Client, request: requests.MarketData, generics: frozenset[int]) -> None:
        found = self._found(client, request)
        if found is None:
            return
        listed, parts = found
        contract, latency, now = listed.contract, self._context.latency, self._context.clock.time()
        min_tick = self._catalogue.min_tick(contract)
        quote_at = _instant(now + latency.quote(contract, now), now)
        stream = Stream(client, request.request_id, listed, generics, min_tick, quote_at, parts=parts)
        option = contract.sec_type == "OPT"
        delay = latency.greeks(contract, now) if option else None
        if delay is not None:
            stream.greeks_at, stream.sentinel = _instant(quote_at + delay, now), latency.sentinel()
        if request.snapshot:
            complete = stream.greeks_at if option else stream.quote_at
            stream.end_at = min(complete, _instant(now + latency.snapshot(), now))
        self._streams[client, request.request_id] = stream
        self._held[client] += 1
        self._lines += stream.end_at == inf
        for instant in sorted({stream.quote_at, stream.greeks_at, stream.end_at} - {inf}):
            self._look_at(stream, instant)
        self._keep_ticking(now)

    @staticmethod
    def _found(client: Client, request: requests.MarketData) -> tuple[Listed, tuple[Part, ...]] | None:
        """Return what is meant, and of what it is made when it is a combination."""
        if request.terms.sec_type == "BAG":
            return resolve(client, request.request_id, request.terms, request.legs, _KIND)
        listed = one(client, request.request_id, request.terms, _KIND)
        return None if listed is None else (listed, ())

    def _look_at(self, stream: Stream, due: float) -> None:
        """Look at a stream when something of it becomes due."""
        if due not in self._due:
            self._due[due] = []
            self._context.timers.call_at(due, lambda: attempt(lambda: self._refresh(self._due.pop(due))))
        self._due[due].append(stream)

    def _cancel(self, client: Client, request: requests.CancelMarketData) -> None:
        if not self._drop((client, request.request_id)):
            client.error(request.request_id, 300, f"Can't find EId with tickerId:{request.request_id}")

    def _type(self, client: Client, request: requests.MarketDataType) -> None:
        """Note the type wanted. Every contract here is subscribed, so only a frozen market is other than live."""
        closed = session_at(self._context.clock.time()) is None
        client.wanted_type = request.kind
        client.data_type = 2 if request.kind in _FROZEN and closed else 1

    def _keep_ticking(self, now: float) -> None:
        if self._tick is None:
            interval = self._context.settings.tick_interval if session_at(now) is not None else _CLOSED
            self._tick = self._context.timers.call_at((floor(now / interval) + 1) * interval, self._on_tick)

    def _on_tick(self) -> None:
        self._tick = None
        if self._streams:
            self._keep_ticking(self._context.clock.time())
            attempt(lambda: self._refresh(stream for stream in self._streams.values() if not stream.client.congested))
            self._catch_up(self._context.clock.time())

    def _catch_up(self, now: float) -> None:
        """Leave out what is due already: who ticks all the time hears and serves nobody."""
        if self._tick is not None and self._tick.due <= now:
            self._tick.cancel()
            self._tick = None
            self._keep_ticking(now)

    def _refresh(self, streams: Iterable[Stream]) -> None:
        """Price the streams that still stand, all at once, show what is new, and end the snapshots that are due."""
        now = self._context.clock.time()
        alive = [s for s in streams if self._streams.get((s.client, s.request_id)) is s and now >= s.quote_at]
        priced, bars = self._price(dict.fromkeys(origin for s in alive for origin in s.origins), now)
        for stream in alive:
            origin = stream.listed.origin
            row = net(stream.parts, priced) if stream.parts else NO_MARKET if origin is None else priced[origin]
            stream.show(row, None if origin is None else bars.get(origin), now)
            if now >= stream.end_at:
                stream.client.send(encode.snapshot_end(stream.request_id))
                self._drop((stream.client, stream.request_id))

    def _price(
        self, contracts: Iterable[Contract], now: float
    ) -> tuple[dict[Contract, Row], dict[Contract, Bar | None]]:
        ordered, source = list(contracts), self._context.source
        if not ordered:
            return {}, {}
        priced = dict(zip(ordered, rows(source.quotes(ordered, now)), strict=True))
        return priced, {one: self._context.today(one) for one in ordered if one.sec_type != "OPT"}


def _instant(due: float, now: float) -> float:
    """Return the instant on the grid at or before `due`, but not before now."""
    return max(now, floor(due / _GRID) * _GRID)


def _generics(text: str) -> frozenset[int] | None:
    """Return the generic ticks of a list, None when it has one that IB does not know. `mdoff` and news need no tick."""
    words = [word.strip().partition(":")[0] for word in text.split(",") if word.strip()]
    if not all(word.isdecimal() and int(word) in _GENERICS for word in words):
        return None
    return frozenset(map(int, words))
