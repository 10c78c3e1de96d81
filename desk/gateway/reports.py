"""What clients ask of the blotter: open and completed orders, and the day's executions."""

from __future__ import annotations

from desk.gateway.clients import Client
from desk.gateway.encode import executions
from desk.gateway.encode import orders as encode
from desk.gateway.exchange.blotter import Blotter
from desk.gateway.exchange.model import Executed, Execution, ExecutionFilter
from desk.gateway.exchange.times import BAD_TIME, TimeError, moment
from desk.gateway.requests import orders as requests
from desk.market.calendar import exchange_date

_SIDES = {"": "", "BUY": "BOT", "BOT": "BOT", "SELL": "SLD", "SLD": "SLD"}


def open_orders(client: Client, blotter: Blotter, *, own: bool) -> None:
    """Send the working orders, the client's own or everybody's, each with its status."""
    for order in blotter.working():
        if not own or order.request.client_id == client.client_id:
            client.send(encode.open_order(client.version, order), encode.order_status(order))
    client.send(encode.open_order_end())


def completed(client: Client, blotter: Blotter, now: float) -> None:
    """Send the orders that were filled or cancelled today, whoever placed them."""
    today = exchange_date(now)
    for order in blotter.orders.values():
        if order.completed is not None and exchange_date(order.completed) == today:
            client.send(encode.completed_order(client.version, order))
    client.send(encode.completed_orders_end())


def executed(client: Client, blotter: Blotter, request: requests.Executions, now: float) -> None:
    """Send today's executions that pass the filter, then their commissions; error 10330 when its time is none."""
    try:
        since = moment(request.wanted.time) if request.wanted.time else 0.0
    except TimeError:
        client.error(request.request_id, 10330, BAD_TIME)
        return
    found = [event for event in _today(blotter, now) if _passes(event.execution, request.wanted, since)]
    for event in found:
        client.send(executions.exec_details(client.version, request.request_id, event.execution))
    for event in found:
        if event.commission is not None:
            client.send(executions.commission_report(event.commission))
    client.send(executions.executions_end(request.request_id))


def _today(blotter: Blotter, now: float) -> list[Executed]:
    today = exchange_date(now)
    return [event for event in blotter.executions if exchange_date(event.execution.time) == today]


def _passes(execution: Execution, wanted: ExecutionFilter, since: float) -> bool:
    contract = execution.contract
    return (
        wanted.client_id in {0, execution.client_id}
        and wanted.account in {"", execution.account}
        and execution.time >= since
        and wanted.symbol in {"", contract.symbol}
        and wanted.sec_type in {"", contract.sec_type}
        and wanted.exchange in {"", "SMART", execution.exchange}
        and _SIDES.get(wanted.side, wanted.side) in {"", execution.side}
    )
