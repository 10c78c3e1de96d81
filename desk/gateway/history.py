"""Historical data: bars of every size that the source's prices can make, with IB's pacing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from desk.clock import Timer
from desk.gateway import aggregate, hours
from desk.gateway.book import Listed
from desk.gateway.clients import Client, Context
from desk.gateway.encode import history as encode
from desk.gateway.encode import past
from desk.gateway.limits import HistoryPacing
from desk.gateway.periods import BAR_SECONDS, DAY, PeriodError, end_of, reach, within
from desk.gateway.requests import market as requests
from desk.gateway.resolve import one, refuse
from desk.gateway.samples import MOST, Sampled, collect
from desk.gateway.services import Handlers
from desk.market.calendar import exchange_date
from messages.contract import Bar

_KIND = "bT"
SERVICE = "Historical Market Data Service error message:"
_VOLATILITIES = frozenset({"HISTORICAL_VOLATILITY", "OPTION_IMPLIED_VOLATILITY"})
_SAMPLED = frozenset({"TRADES", "ADJUSTED_LAST", "MIDPOINT", "BID", "ASK", "BID_ASK"})
_WHAT = _VOLATILITIES | _SAMPLED | {"FEE_RATE", "SCHEDULE"}
_DATE_FORMATS = {1, 2}
_MINUTE = 60
_SESSIONS, _OPTION_SESSIONS, _SCHEDULED = 25, 5, 400
"""Most sessions that bars shorter than a day go back (an option's are dearer to work out), and schedules."""
_UPDATE = 5.0
"""Seconds of market time between updates of the last bar."""


@dataclass(slots=True)
class _Open:
    """A request that waits for its answer, or is kept up to date after it; `last` is the bar told last."""

    request: requests.HistoricalData
    listed: Listed
    timer: Timer | None = None
    last: encode.Row | None = None


class History:
    """Answers requests for bars, after the delay that IB takes."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._pacing: dict[Client, HistoryPacing] = {}
        self._open: dict[tuple[Client, int], _Open] = {}

    def handlers(self) -> Handlers:
        """See `Service`."""
        return {requests.HistoricalData: self._ask, requests.CancelHistoricalData: self._cancel}

    def leave(self, client: Client) -> None:
        """See `Service`."""
        self._pacing.pop(client, None)
        for key in [key for key in self._open if key[0] is client]:
            del self._open[key]

    def lose(self, client: Client) -> None:
        """See `Subscriptions`: bars are not kept up to date any more, and IB says so."""
        for owner, number in [key for key, entry in self._open.items() if key[0] is client and entry.last is not None]:
            entry = self._open.pop((owner, number))
            if entry.timer is not None:
                client.cancel(entry.timer)
            client.error(number, 10182, "Failed to request live updates (disconnected).")

    def _ask(self, client: Client, request: requests.HistoricalData) -> None:
        number = request.request_id
        if (client, number) in self._open:
            client.error(number, 322, f"Error processing request.-'{_KIND}' : cause - Duplicate ticker id")
            return
        if (complaint := _complaint(request)) is not None:
            refuse(client, number, _KIND, complaint)
            return
        if request.terms.sec_type == "BAG":
            client.error(number, 162, f"{SERVICE}HMDS query returned no data: {_named(request)}")
            return
        listed = one(client, number, request.terms, _KIND)
        if listed is None:
            return
        if not self._paced(client, request, listed):
            client.error(number, 162, f"{SERVICE}Historical data request pacing violation")
            return
        entry = self._open[client, number] = _Open(request, listed)
        timer = client.after(self._context.latency.history(), lambda: self._answer(client, entry))
        entry.timer = timer or entry.timer

    def _paced(self, client: Client, request: requests.HistoricalData, listed: Listed) -> bool:
        settings = self._context.settings
        if sum(1 for owner, _ in self._open if owner is client) >= settings.history_open:
            return False
        if BAR_SECONDS[request.bar_size] > settings.history_paced:
            return True
        kind = listed.contract.con_id, request.terms.exchange, request.what
        asked = *kind, request.end, request.bar_size, request.duration
        return self._pacing.setdefault(client, HistoryPacing()).allows(
            self._context.clock.time(), kind, asked, 2 if request.what == "BID_ASK" else 1
        )

    def _answer(self, client: Client, entry: _Open) -> None:
        request, entry.timer = entry.request, None
        try:
            end = end_of(request.end, self._context.clock.time())
            if request.what == "SCHEDULE":
                self._schedule(client, request, end)
            elif (history := self._daily(entry, end)) is not None:
                self._tell(client, entry, end, aggregate.daily_rows(history))
            else:
                self._sample(client, entry, end, lambda rows: self._tell(client, entry, end, rows))
        except PeriodError as error:
            self._open.pop((client, request.request_id), None)
            text = str(error)
            if text.startswith(SERVICE):
                client.error(request.request_id, 162, text)
            else:
                refuse(client, request.request_id, _KIND, text)

    def _tell(self, client: Client, entry: _Open, end: float, rows: list[encode.Row]) -> None:
        request = entry.request
        number = request.request_id
        if self._open.get((client, number)) is not entry:
            return
        if not rows:
            del self._open[client, number]
            client.error(number, 162, f"{SERVICE}HMDS query returned no data: {_named(request)}")
            return
        first = rows[0].date
        start = float(first) if first.isdecimal() and len(first) > 8 else end_of(first[:8] + " 00:00:00", end)
        client.send(encode.bars(number, hours.stamp(start, client.version), hours.stamp(end, client.version), rows))
        if request.keep_up_to_date and not request.end:
            entry.last = rows[-1]
            self._keep(client, entry)
        else:
            del self._open[client, number]

    def _keep(self, client: Client, entry: _Open) -> None:
        entry.timer = client.after(_UPDATE, lambda: self._update(client, entry))

    def _update(self, client: Client, entry: _Open) -> None:
        """Work out the last bar again and tell it when it has changed."""
        now = self._context.clock.time()
        request = entry.request
        size = BAR_SECONDS[request.bar_size]

        def tell(rows: list[encode.Row]) -> None:
            if self._open.get((client, request.request_id)) is not entry:
                return
            for row in rows[-2:]:
                if entry.last is None or (row.date >= entry.last.date and row != entry.last):
                    entry.last = row
                    client.send(encode.update(request.request_id, row))
            self._keep(client, entry)

        if (history := self._daily(entry, now)) is not None:
            tell(aggregate.daily_rows(history[-1:]))
        else:
            short = min(2 * size, 86_400)
            self._sample(client, entry, now, tell, duration=f"{short} S")

    def _daily(self, entry: _Open, end: float) -> list[Bar] | None:
        """Return daily, weekly or monthly bars; None when quotes must be read for them."""
        request, listed = entry.request, entry.listed
        what = "TRADES" if request.what == "ADJUSTED_LAST" else request.what
        if listed.contract.sec_type == "IND" and what not in _VOLATILITIES | {"TRADES"}:
            return []
        if BAR_SECONDS[request.bar_size] < BAR_SECONDS[DAY]:
            return None if what in _SAMPLED else []
        if what not in _VOLATILITIES | {"TRADES"} or listed.origin is None or listed.contract.sec_type == "OPT":
            return None if what in _SAMPLED else []
        now = self._context.clock.time()
        known = list(self._context.source.daily(listed.origin, what, now))
        today = self._context.today(listed.origin) if what == "TRADES" else None
        if today is not None and (not known or known[-1].date < today.date):
            known.append(today)
        found = within(known, request.duration, exchange_date(end))
        if request.bar_size == DAY:
            return list(found)
        return aggregate.longer(found, months=request.bar_size == "1 month")

    def _sample(
        self,
        client: Client,
        entry: _Open,
        end: float,
        then: Callable[[list[encode.Row]], None],
        duration: str = "",
    ) -> None:
        request, listed = entry.request, entry.listed
        size = BAR_SECONDS[request.bar_size]
        now = self._context.clock.time()
        most = _OPTION_SESSIONS if listed.contract.sec_type == "OPT" else _SESSIONS
        start, sessions = reach(duration or request.duration, min(end, now), most)
        step = min(size, _MINUTE)
        times = aggregate.instants(sessions, step, start, min(end, now))
        if len(times) > MOST:
            raise PeriodError(f"{SERVICE}Time length exceed max.")
        stamp = partial(_stamp, form=request.date_format, version=client.version, daily=size >= BAR_SECONDS[DAY])

        def done(sampled: Sampled) -> None:
            then(aggregate.bars(sampled, min(size, BAR_SECONDS[DAY]), request.what, stamp))

        collect(client, listed, times, done)

    def _schedule(self, client: Client, request: requests.HistoricalData, end: float) -> None:
        """Tell the sessions of the duration, each with its hours."""
        self._open.pop((client, request.request_id), None)
        found = reach(request.duration, end, _SCHEDULED)[1]
        rows = [(hours.local(one.opens), hours.local(one.closes), f"{one.date:%Y%m%d}") for one in found]
        client.send(past.schedule(request.request_id, hours.ZONE, rows))

    def _cancel(self, client: Client, request: requests.CancelHistoricalData) -> None:
        number = request.request_id
        entry = self._open.pop((client, number), None)
        if entry is None:
            client.error(number, 366, f"No historical data query found for ticker id:{number}")
            return
        if entry.timer is not None:
            client.cancel(entry.timer)
        client.error(number, 162, f"{SERVICE}API historical data query cancelled: {number}")


def _named(request: requests.HistoricalData) -> str:
    return f"{request.terms.symbol}@{request.terms.exchange} {request.what.replace('_', ' ').title()}"


def _stamp(at: float, *, form: int, version: int, daily: bool) -> str:
    """Return how a bar is dated: its day, epoch seconds (format 2) or exchange time."""
    if daily:
        return f"{exchange_date(at):%Y%m%d}"
    return str(int(at)) if form == 2 else hours.stamp(at, version)


def _complaint(request: requests.HistoricalData) -> str | None:
    """Return what is wrong with the request's own words, None when nothing is."""
    if request.bar_size not in BAR_SECONDS:
        return f"Historical data bar size setting is invalid. Legal ones are: {', '.join(BAR_SECONDS)}"
    if request.what not in _WHAT:
        return f"Historical data queries on this contract requesting data type {request.what!r} are not supported"
    if request.date_format not in _DATE_FORMATS:
        return f"Invalid date format {request.date_format}"
    if request.keep_up_to_date and request.end:
        return "End date not supported with keepUpToDate."
    return None
