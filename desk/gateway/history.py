"""Historical data: daily bars of stocks and indices, with IB's pacing."""

from __future__ import annotations

from desk.clock import Timer
from desk.gateway import hours
from desk.gateway.book import Listed
from desk.gateway.clients import Client, Context
from desk.gateway.encode import history as encode
from desk.gateway.limits import HistoryPacing
from desk.gateway.periods import BAR_SECONDS, DAY, PeriodError, end_of, within
from desk.gateway.requests import market as requests
from desk.gateway.resolve import one, refuse
from desk.gateway.services import Handlers
from desk.market.calendar import exchange_date
from messages.contract import Bar

_KIND = "bT"
_SERVICE = "Historical Market Data Service error message:"
_WHAT = frozenset(
    {"TRADES", "MIDPOINT", "BID", "ASK", "BID_ASK", "HISTORICAL_VOLATILITY", "OPTION_IMPLIED_VOLATILITY"}
    | {"ADJUSTED_LAST", "FEE_RATE", "SCHEDULE"}
)
_DATE_FORMATS = {1, 2}


class History:
    """Answers requests for bars, after the delay that IB takes."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._pacing: dict[Client, HistoryPacing] = {}
        self._open: dict[tuple[Client, int], Timer | None] = {}

    def handlers(self) -> Handlers:
        """See `Service`."""
        return {requests.HistoricalData: self._ask, requests.CancelHistoricalData: self._cancel}

    def leave(self, client: Client) -> None:
        """See `Service`."""
        self._pacing.pop(client, None)
        for key in [key for key in self._open if key[0] is client]:
            del self._open[key]

    def _ask(self, client: Client, request: requests.HistoricalData) -> None:
        number = request.request_id
        if (client, number) in self._open:
            client.error(number, 322, f"Error processing request.-'{_KIND}' : cause - Duplicate ticker id")
            return
        if (complaint := _complaint(request)) is not None:
            refuse(client, number, _KIND, complaint)
            return
        listed = one(client, number, request.terms, _KIND)
        if listed is None:
            return
        if not self._paced(client, request, listed):
            client.error(number, 162, f"{_SERVICE}Historical data request pacing violation")
            return
        self._open[client, number] = None
        timer = client.after(self._context.latency.history(), lambda: self._answer(client, request, listed))
        if (client, number) in self._open:
            self._open[client, number] = timer

    def _paced(self, client: Client, request: requests.HistoricalData, listed: Listed) -> bool:
        settings = self._context.settings
        if sum(1 for owner, _ in self._open if owner is client) >= settings.history_open:
            return False
        if BAR_SECONDS[request.bar_size] > settings.history_paced:
            return True
        kind = listed.contract.con_id, request.terms.exchange, request.what
        asked = *kind, request.end, request.bar_size, request.duration
        return self._pacing.setdefault(client, HistoryPacing()).allows(self._context.clock.time(), kind, asked)

    def _answer(self, client: Client, request: requests.HistoricalData, listed: Listed) -> None:
        number = request.request_id
        self._open.pop((client, number), None)
        now = self._context.clock.time()
        try:
            end = end_of(request.end, now)
            bars = within(self._bars(request, listed, now), request.duration, exchange_date(end))
        except PeriodError as error:
            refuse(client, number, _KIND, str(error))
            return
        if not bars:
            what = request.what.replace("_", " ").title()
            name = f"{listed.contract.symbol}@{request.terms.exchange} {what}"
            client.error(number, 162, f"{_SERVICE}HMDS query returned no data: {name}")
            return
        start = end_of(f"{bars[0].date} 00:00:00", now)
        client.send(encode.bars(number, hours.stamp(start, client.version), hours.stamp(end, client.version), bars))
        if request.keep_up_to_date:
            client.error(number, 10182, "Failed to request live updates (disconnected).")

    def _bars(self, request: requests.HistoricalData, listed: Listed, now: float) -> list[Bar]:
        """Return the daily bars known; IB's trades include the session that is still open."""
        if request.bar_size != DAY or listed.origin is None:
            return []
        bars = list(self._context.source.daily(listed.origin, request.what, now))
        if request.what == "TRADES" and listed.contract.sec_type != "OPT":
            today = self._context.today(listed.origin)
            if today is not None and (not bars or bars[-1].date < today.date):
                bars.append(today)
        return bars

    def _cancel(self, client: Client, request: requests.CancelHistoricalData) -> None:
        number = request.request_id
        if (client, number) not in self._open:
            client.error(number, 366, f"No historical data query found for ticker id:{number}")
            return
        timer = self._open.pop((client, number))
        if timer is not None:
            client.cancel(timer)
        client.error(number, 162, f"{_SERVICE}API historical data query cancelled: {number}")


def _complaint(request: requests.HistoricalData) -> str | None:
    """Return what is wrong with the request's own words, None when nothing is."""
    if request.bar_size not in BAR_SECONDS:
        return f"Historical data bar size setting is invalid. Legal ones are: {', '.join(BAR_SECONDS)}"
    if request.what not in _WHAT:
        return f"Historical data queries on this contract requesting data type {request.what!r} are not supported"
    if request.date_format not in _DATE_FORMATS:
        return f"Invalid date format {request.date_format}"
    return None
