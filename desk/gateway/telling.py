"""Telling clients of orders: what the exchange says happened, as messages, in IB's unreliable order and pace.

An execution may come before or after the status that counts it, a status may come twice, the commission comes last.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from random import Random

from desk.gateway.clients import Client, Context, attempt
from desk.gateway.encode import executions
from desk.gateway.encode import orders as encode
from desk.gateway.exchange.blotter import Blotter
from desk.gateway.exchange.model import Event, Executed, Order, OrderUpdate, Rejected

Key = tuple[int, int]
"""Client id and order id."""

_EXECUTION, _STATUS, _LATE_EXECUTION, _COST, _COMMISSION = range(5)
"""Ranks of messages that are due together."""


@dataclass(frozen=True, slots=True)
class _Pace:
    """When, in seconds from now, the parts of one fill are told; `late` when the execution follows the status."""

    execution: float
    status: float
    commission: float
    late: bool


@dataclass(frozen=True, slots=True)
class _Message:
    """Something to send to an order's client after `delay` seconds; of those due together, the lower rank first."""

    delay: float
    rank: int
    key: Key
    send: Callable[[Client], None]


class Telling:
    """Sends events to the client whose order they concern, if it is connected when their time comes."""

    def __init__(
        self, context: Context, blotter: Blotter, find: Callable[[int], Client | None], random: Random
    ) -> None:
        self._context = context
        self._blotter = blotter
        self._find = find
        self._random = random
        self._last: dict[Key, float] = {}

    def tell(self, events: Iterable[Event]) -> None:
        """Send these events, now or a little later; no status of an order overtakes one told before."""
        now = self._context.clock.time()
        for key in [key for key, at in self._last.items() if at <= now]:
            del self._last[key]
        for message in sorted(self._plan(events), key=lambda message: (message.delay, message.rank)):
            due = now + message.delay
            if message.rank == _STATUS:
                due = self._last[message.key] = max(due, self._last.get(message.key, now))
            if due <= now:
                self._send(message)
            else:
                self._context.timers.call_at(due, partial(attempt, partial(self._send, message)))

    def _send(self, message: _Message) -> None:
        client = self._find(message.key[0])
        if client is not None:
            message.send(client)

    def _plan(self, events: Iterable[Event]) -> Iterator[_Message]:
        paces: dict[Key, _Pace] = {}
        for event in events:
            if isinstance(event, Executed):
                key = event.execution.client_id, event.execution.order_id
                if key not in paces:
                    paces[key] = self._pace()
                yield from _execution(event, key, paces[key])
            elif isinstance(event, OrderUpdate):
                yield from self._order(event, paces.get(event.order.key))
            elif isinstance(event, Rejected):
                key = event.client_id, event.order_id
                delay = paces[key].status if key in paces else 0.0
                yield _Message(delay, _STATUS, key, partial(_error, event))

    def _order(self, event: OrderUpdate, pace: _Pace | None) -> Iterator[_Message]:
        order, key = event.order, event.order.key
        delay = pace.status if pace is not None else 0.0
        if order.margin is not None:
            yield _Message(delay, _STATUS, key, lambda client: client.send(encode.open_order(client.version, order)))
        elif not event.status:
            delay = pace.commission if pace is not None else 0.0
            yield _Message(delay, _COST, key, lambda client: self._show(client, key))
        else:
            yield _Message(delay, _STATUS, key, lambda client: _show(client, order))
            if self._random.random() < self._context.settings.duplicate_share:
                yield _Message(delay, _STATUS, key, lambda client: client.send(encode.order_status(order)))

    def _show(self, client: Client, key: Key) -> None:
        """Show an order as it is by then, with what it has cost."""
        client.send(encode.open_order(client.version, self._blotter.orders[key]))

    def _pace(self) -> _Pace:
        latency, settings = self._context.latency, self._context.settings
        first, second = latency.report(), latency.report()
        late = self._random.random() < settings.status_first_share
        execution, status = (first + second, first) if late else (first, first + second)
        return _Pace(execution, status, max(execution, status) + latency.commission(), late)


def _error(event: Rejected, client: Client) -> None:
    client.error(event.order_id, event.code, event.text)


def _show(client: Client, order: Order) -> None:
    client.send(encode.open_order(client.version, order), encode.order_status(order))


def _execution(event: Executed, key: Key, pace: _Pace) -> Iterator[_Message]:
    done, cost = event.execution, event.commission
    rank = _LATE_EXECUTION if pace.late else _EXECUTION
    yield _Message(
        pace.execution,
        rank,
        key,
        lambda client: client.send(executions.exec_details(client.version, executions.LIVE, done)),
    )
    if cost is not None:
        yield _Message(
            pace.commission, _COMMISSION, key, lambda client: client.send(executions.commission_report(cost))
        )
