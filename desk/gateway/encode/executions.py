"""Messages about executions and what they cost."""

from __future__ import annotations

from datetime import UTC, datetime

from desk.gateway.encode.terms import CALENDAR_ZONE, contract_fields
from desk.gateway.exchange.model import Commission, Execution
from desk.gateway.fields import UNSET, Field, message
from desk.market.calendar import EXCHANGE

LIVE = -1
"""The request id of an execution that nobody asked for: it has just happened."""


def exec_details(version: int, request_id: int, execution: Execution) -> bytes:
    """Return message 11, for a request or `LIVE`; the two write the time in different ways, as IB does."""
    e = execution
    fields: list[Field] = [11, request_id, e.order_id]
    fields += contract_fields(e.contract, right="", strike="0.0", exchange=e.exchange)
    fields += [e.exec_id, stamp(version, e.time, live=request_id == LIVE), e.account, e.exchange, e.side, e.shares]
    fields += [e.price, e.perm_id, e.client_id, e.liquidation, e.cum_qty, e.avg_price, e.order_ref, "", "", ""]
    return message(*fields, e.liquidity, *([0] if version >= 178 else []))


def stamp(version: int, at: float, *, live: bool) -> str:
    """Return a time as an execution carries it.

    Up to version 173 in exchange time without a zone; from 174 in UTC with a dash when live, with its zone on request.
    """
    if version >= 174 and live:
        return f"{datetime.fromtimestamp(at, UTC):%Y%m%d-%H:%M:%S}"
    local = datetime.fromtimestamp(at, EXCHANGE)
    return f"{local:%Y%m%d %H:%M:%S} {CALENDAR_ZONE}" if version >= 174 else f"{local:%Y%m%d  %H:%M:%S}"


def commission_report(commission: Commission) -> bytes:
    """Return message 59: what one execution cost, and the profit it closed if it closed anything."""
    realized: Field = UNSET if commission.realized is None else commission.realized
    return message(59, 1, commission.exec_id, repr(float(commission.amount)), commission.currency, realized, UNSET, "")


def executions_end(request_id: int) -> bytes:
    """Return message 55."""
    return message(55, 1, request_id)
