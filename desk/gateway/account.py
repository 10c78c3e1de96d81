"""The paper account as clients see it: values, positions and profit, asked for once and followed from then on."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from desk.clock import Timer
from desk.gateway import reference
from desk.gateway.account_values import Value, ledger, values
from desk.gateway.clients import Client, Context, attempt
from desk.gateway.encode import account as encode
from desk.gateway.exchange.model import Event, Executed, Position, Settled
from desk.gateway.exchange.portfolio import Portfolio, Values
from desk.gateway.followers import Follower, Followers
from desk.gateway.requests import account as requests
from desk.gateway.services import Handlers
from desk.market.calendar import EXCHANGE, exchange_date
from messages.contract import Contract

_PROFIT_EVERY = 1.0
"""Seconds between messages of profit and loss."""
_UPDATES, _MULTI, _SUMMARY, _POSITIONS, _POSITIONS_MULTI, _PROFIT, _SINGLE = (
    "updates",
    "multi",
    "summary",
    "positions",
    "positions multi",
    "profit",
    "single",
)
_MANY = "Maximum number of account summary requests exceeded; desubscribe to previous request first"


@dataclass(frozen=True, slots=True)
class _Opening:
    """The account at the beginning of a day; `profits` are each contract's by its id."""

    day: date
    values: Values
    profits: dict[int, float]


class Account:
    """Answers what concerns the account, and keeps those who follow it up to date."""

    def __init__(self, context: Context, portfolio: Portfolio) -> None:
        self._settings = context.settings
        self._context = context
        self._portfolio = portfolio
        self._followers = Followers(context.timers)
        self._summed: dict[Client, set[int]] = {}
        self._opening: _Opening | None = None
        self._moved: dict[int, Contract] = {}
        self._telling: Timer | None = None

    def handlers(self) -> Handlers:
        """See `Service`."""
        return {
            requests.AccountUpdates: self._updates,
            requests.AccountUpdatesMulti: self._multi,
            requests.CancelAccountUpdatesMulti: self._end(_MULTI),
            requests.AccountSummary: self._summary,
            requests.CancelAccountSummary: self._end(_SUMMARY),
            requests.Positions: self._positions,
            requests.CancelPositions: lambda client, _: self._followers.remove((client, _POSITIONS, 0)),
            requests.PositionsMulti: self._positions_multi,
            requests.CancelPositionsMulti: self._end(_POSITIONS_MULTI),
            requests.Profit: self._profit,
            requests.CancelProfit: self._end(_PROFIT),
            requests.ProfitSingle: self._single,
            requests.CancelProfitSingle: self._end(_SINGLE),
        }

    def leave(self, client: Client) -> None:
        """See `Service`."""
        self._followers.leave(client)
        self._summed.pop(client, None)

    def told(self, events: Iterable[Event]) -> None:
        """Tell who follows of what has moved a position, a little later and all at once."""
        for event in events:
            if isinstance(event, Executed) and event.commission is not None:
                self._move(event.execution.contract)
            elif isinstance(event, Settled):
                self._move(event.contract)
                if event.stock is not None:
                    self._move(event.stock)

    def _move(self, contract: Contract) -> None:
        self._moved[contract.con_id] = contract
        if self._telling is None:
            delay = self._context.latency.report()
            self._telling = self._context.timers.call_later(delay, lambda: attempt(self._tell_moved))

    def _tell_moved(self) -> None:
        moved, self._moved, self._telling = list(self._moved.values()), {}, None
        self._followers.changed(moved)

    @property
    def _now(self) -> float:
        return self._context.clock.time()

    def _day(self) -> _Opening:
        """Return how the day began: what was found when it was first looked at."""
        today = exchange_date(self._now)
        if self._opening is None or self._opening.day != today:
            profits = {p.contract.con_id: p.realized + p.unrealized for p in self._portfolio.positions(self._now)}
            self._opening = _Opening(today, self._portfolio.values(self._now), profits)
        return self._opening

    def _rows(self) -> list[Value]:
        found = self._portfolio.values(self._now)
        return [*values(found, self._day().values.equity), *ledger(found)]

    def _held(self) -> list[Position]:
        return [position for position in self._portfolio.positions(self._now) if position.quantity]

    def _those(self, contracts: Collection[Contract]) -> list[Position]:
        wanted = {contract.con_id for contract in contracts}
        return [held for held in self._portfolio.positions(self._now) if held.contract.con_id in wanted]

    def _updates(self, client: Client, request: requests.AccountUpdates) -> None:
        key = client, _UPDATES, 0
        if not request.subscribe:
            self._followers.remove(key)
            return
        self._send_updates(client, self._held())
        client.send(encode.download_end(self._settings.account))
        self._followers.add(
            key,
            Follower(
                lambda: self._send_updates(client, self._held()),
                lambda contracts: self._send_updates(client, self._those(contracts)),
                self._settings.valuation,
            ),
        )

    def _send_updates(self, client: Client, positions: Iterable[Position]) -> None:
        account = self._settings.account
        rows = [("AccountCode", account, ""), ("AccountReady", "true", ""), *self._rows()]
        for key, text, currency in rows:
            client.send(encode.value(account, key, text, currency))
        for held in positions:
            client.send(encode.portfolio(account, held, _listing(held.contract)))
        client.send(encode.time(f"{datetime.fromtimestamp(self._now, EXCHANGE):%H:%M}"))

    def _multi(self, client: Client, request: requests.AccountUpdatesMulti) -> None:
        number, account = request.request_id, self._settings.account

        def send() -> None:
            for key, text, currency in self._rows():
                client.send(encode.value_multi(number, account, request.model, key, text, currency))

        send()
        client.send(encode.multi_end(number))
        follower = Follower(send, lambda _: send(), self._settings.valuation)
        self._followers.add((client, _MULTI, number), follower)

    def _summary(self, client: Client, request: requests.AccountSummary) -> None:
        number, active = request.request_id, self._followers.of(client, _SUMMARY)
        if not self._settings.summaries_return:
            active = self._summed.setdefault(client, set())
        if number not in active and len(active) >= self._settings.summaries:
            client.error(number, 322, f"Error processing request.-'Q' : cause - {_MANY}")
            return
        active.add(number)

        def send() -> None:
            whole = any(tag.startswith("$LEDGER") for tag in request.tags)
            names = {key for key, _, _ in ledger(self._portfolio.values(self._now))} if whole else set()
            for key, text, currency in self._rows():
                if key in request.tags or key in names:
                    client.send(encode.summary(number, self._settings.account, key, text, currency))

        send()
        client.send(encode.summary_end(number))
        follower = Follower(send, lambda _: send(), self._settings.valuation)
        self._followers.add((client, _SUMMARY, number), follower)

    def _positions(self, client: Client, _request: requests.Positions) -> None:
        def send(positions: Iterable[Position]) -> None:
            for held in positions:
                client.send(encode.position(self._settings.account, held, _listing(held.contract)))

        send(self._held())
        client.send(encode.positions_end())
        follower = Follower(lambda: send(self._held()), lambda contracts: send(self._those(contracts)))
        self._followers.add((client, _POSITIONS, 0), follower)

    def _positions_multi(self, client: Client, request: requests.PositionsMulti) -> None:
        number, account = request.request_id, self._settings.account

        def send(positions: Iterable[Position]) -> None:
            for held in positions:
                client.send(encode.position_multi(number, account, "", held, _listing(held.contract)))

        send(self._held())
        client.send(encode.positions_multi_end(number))
        follower = Follower(lambda: send(self._held()), lambda contracts: send(self._those(contracts)))
        self._followers.add((client, _POSITIONS_MULTI, number), follower)

    def _profit(self, client: Client, request: requests.Profit) -> None:
        shown: list[tuple[float, float, float]] = []

        def send() -> None:
            found = self._portfolio.values(self._now)
            daily = found.net_liquidation - self._day().values.net_liquidation
            profit = (round(daily, 2), round(found.unrealized, 2), round(found.realized, 2))
            if shown[-1:] != [profit]:
                shown[:] = [profit]
                client.send(encode.profit(request.request_id, *profit))

        send()
        self._followers.add((client, _PROFIT, request.request_id), Follower(send, lambda _: send(), _PROFIT_EVERY))

    def _single(self, client: Client, request: requests.ProfitSingle) -> None:
        number = request.request_id
        shown: list[Position | None] = []

        def send() -> None:
            positions = {held.contract.con_id: held for held in self._portfolio.positions(self._now)}
            held = positions.get(request.con_id)
            if shown[-1:] != [held]:
                shown[:] = [held]
                if held is None:
                    client.send(encode.no_profit_single(number))
                    return
                daily = held.realized + held.unrealized - self._day().profits.get(request.con_id, 0.0)
                client.send(encode.profit_single(number, held, daily))

        send()
        self._followers.add((client, _SINGLE, number), Follower(send, lambda _: send(), _PROFIT_EVERY))

    def _end(self, what: str) -> Callable[[Client, Any], None]:
        """Return what ends following that under a request's number."""
        return lambda client, request: self._followers.remove((client, what, request.request_id))


def _listing(contract: Contract) -> str:
    """Return a stock's listing exchange, and nothing for an option, which is listed on several."""
    return reference.primary(contract) if contract.sec_type == "STK" else ""
