"""Past ticks, the first time there is data of, and how often each price was seen."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from math import isnan
from typing import TypeVar

from desk.gateway import aggregate
from desk.gateway.book import Listed
from desk.gateway.clients import Client, Context
from desk.gateway.encode import past as encode
from desk.gateway.history import SERVICE
from desk.gateway.periods import PeriodError, end_of, reach
from desk.gateway.reference import primary
from desk.gateway.requests import past as requests
from desk.gateway.resolve import one, refuse
from desk.gateway.samples import Sampled, collect, price
from desk.gateway.services import Handlers
from desk.gateway.tape import middles, quoted, traded
from desk.market.calendar import Session, exchange_date, previous_session, session
from desk.market.contracts import day

T = TypeVar("T")
_TICKS, _HEAD, _HISTOGRAM = "bw", "bx", "by"
_MOST = 1000
_UNITS = {"second": "S", "day": "D", "week": "W", "month": "M", "year": "Y"}
_SESSIONS = 25
_BAD_TIME = (
    "The date, time, or time-zone entered is invalid. The correct format is yyyymmdd hh:mm:ss xx/xxxx where yyyymmdd "
    "and xx/xxxx are optional. You can also provide yyyymmdd-hh:mm:ss time is in UTC."
)


class Past:
    """Answers what concerns the past, from the source's quotes a second or a minute apart."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def handlers(self) -> Handlers:
        """See `Service`."""
        return {
            requests.HistoricalTicks: self._ticks,
            requests.HeadTimestamp: self._head,
            requests.Histogram: self._histogram,
        }

    def leave(self, client: Client) -> None:
        """See `Service`."""

    def _ticks(self, client: Client, request: requests.HistoricalTicks) -> None:
        number = request.request_id
        if (complaint := _complaint(request)) is not None:
            refuse(client, number, _TICKS, complaint)
            return
        listed = one(client, number, request.terms, _TICKS)
        if listed is None:
            return
        now = self._context.clock.time()
        try:
            at = min(end_of(request.start or request.end, now), now)
        except PeriodError:
            client.error(number, 10330, _BAD_TIME)
            return
        times = seconds(at, forward=bool(request.start), now=now)
        count = request.number if request.start else -request.number

        def answer(found: Sampled) -> None:
            client.send(told(number, request.what, listed, found, count))

        client.after(self._context.latency.history(), lambda: collect(client, listed, times, answer))

    def _head(self, client: Client, request: requests.HeadTimestamp) -> None:
        number = request.request_id
        listed = one(client, number, request.terms, _HEAD)
        if listed is None:
            return
        what = request.what if request.what == "OPTION_IMPLIED_VOLATILITY" else "TRADES"
        now = self._context.clock.time()
        bars = self._context.source.daily(listed.origin, what, now) if listed.origin is not None else ()
        first = session(day(bars[0].date)) if bars else None

        def answer() -> None:
            if first is None:
                client.error(number, 162, f"{SERVICE}No head time stamp")
            else:
                text = f"{datetime.fromtimestamp(first.opens, UTC):%Y%m%d-%H:%M:%S}"
                client.send(encode.head(number, text if request.date_format == 1 else str(int(first.opens))))

        client.after(self._context.latency.history(), answer)

    def _histogram(self, client: Client, request: requests.Histogram) -> None:
        number = request.request_id
        listed = one(client, number, request.terms, _HISTOGRAM)
        if listed is None:
            return
        count, _, unit = request.period.partition(" ")
        now = self._context.clock.time()
        try:
            start, sessions = reach(f"{count} {_UNITS.get(unit.removesuffix('s'), '?')}", now, _SESSIONS)
        except PeriodError:
            refuse(client, number, _HISTOGRAM, f"Invalid time period '{request.period}'")
            return
        times = aggregate.instants(sessions, 60, start, now)

        def answer(found: Sampled) -> None:
            prices = Counter(round(p, 2) for _, row in found if not isnan(p := price(row, "TRADES")))
            client.send(encode.histogram(number, sorted(prices.items())))

        client.after(self._context.latency.history(), lambda: collect(client, listed, times, answer))


def _complaint(request: requests.HistoricalTicks) -> str | None:
    if bool(request.start) == bool(request.end):
        return "Either start or end time must be given, and not both"
    if not 0 < request.number <= _MOST:
        return f"Invalid number of ticks {request.number}: 1 to {_MOST}"
    if request.what not in {"TRADES", "MIDPOINT", "BID_ASK"}:
        return f"Historical ticks of type {request.what!r} are not supported"
    return None


def seconds(at: float, *, forward: bool, now: float) -> list[float]:
    """Return the seconds of a session from a time on, or up to it, as many as ticks can be asked for."""
    here: Session | None = session(exchange_date(at))
    if here is None or (here.opens > at and not forward):
        here = previous_session(exchange_date(at))
    if forward:
        first = int(max(at, here.opens))
        return [float(t) for t in range(first, int(min(first + _MOST, here.closes, now)))]
    last = int(min(at, here.closes))
    return [float(t) for t in range(max(int(here.opens), last - _MOST), last)]


def told(request_id: int, what: str, listed: Listed, found: Sampled, number: int) -> bytes:
    """Return the message of the first `number` ticks, of the last ones when it is negative."""
    if what == "BID_ASK":
        return encode.quotes(request_id, _some(quoted(found), number))
    if what == "MIDPOINT":
        return encode.midpoints(request_id, _some(middles(found), number))
    return encode.trades(request_id, _some(traded(found, primary(listed.contract)), number))


def _some(ticks: Sequence[T], number: int) -> Sequence[T]:
    return ticks[:number] if number > 0 else ticks[number:]
