"""From a fill to its executions and the order's new state."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from desk.gateway import reference
from desk.gateway.exchange.blotter import Blotter
from desk.gateway.exchange.costs import cost
from desk.gateway.exchange.matching import Fill
from desk.gateway.exchange.model import FILLED, SUBMITTED, Commission, Executed, Execution, Order
from messages.contract import Contract

_SINGLE, _COMBINATION = "0000e0d5", "00020057"
"""First parts of IB's execution ids, as its reports show them."""


def executed(blotter: Blotter, order: Order, fill: Fill, now: float) -> Iterator[Executed]:
    """Give a fill's executions: a combination's own first, without cost, and then its legs' by contract id.

    Each is to be taken into the blotter before the next is asked for: a leg's profit depends on what is held.
    """
    number = f"{blotter.fills + 1:08x}"
    side = 1 if order.request.action == "BUY" else -1
    head = _COMBINATION if order.leg_contracts else _SINGLE
    if order.leg_contracts:
        yield Executed(
            _execution(blotter, order, order.contract, side * fill.quantity, fill.price, now, f"{head}.{number}.01.01")
        )
    for n, (part, price) in enumerate(sorted(fill.parts, key=lambda pair: pair[0].contract.con_id)):
        exec_id = f"{head}.{number}.{n + (2 if order.leg_contracts else 1):02}.01"
        signed = part.ratio * fill.quantity
        before = blotter.filled(order, part.contract).quantity
        amount = cost(part.contract, abs(signed), price, before=before)
        realized = blotter.ledger.profit(part.contract, signed, price, amount)
        execution = _execution(blotter, order, part.contract, signed, price, now, exec_id)
        yield Executed(execution, Commission(exec_id, amount, realized))


def after(order: Order, fill: Fill, now: float) -> Order:
    """Return the order with a fill in it, but not yet what it cost."""
    filled = order.filled + fill.quantity
    average = (order.filled * order.avg_price + fill.quantity * fill.price) / filled
    done = filled >= order.request.quantity
    return replace(
        order,
        status=FILLED if done else SUBMITTED,
        filled=filled,
        remaining=order.request.quantity - filled,
        avg_price=round(average, 8),
        last_price=fill.price,
        completed=now if done else None,
        completed_status=f"Filled Size: {filled:g}" if done else "",
    )


def _execution(
    blotter: Blotter, order: Order, contract: Contract, signed: float, price: float, now: float, exec_id: str
) -> Execution:
    before, shares = blotter.filled(order, contract), abs(signed)
    total = before.quantity + shares
    return Execution(
        exec_id=exec_id,
        client_id=order.request.client_id,
        order_id=order.request.order_id,
        perm_id=order.perm_id,
        contract=contract,
        side="BOT" if signed > 0 else "SLD",
        shares=shares,
        price=price,
        time=now,
        cum_qty=total,
        avg_price=round((before.value + shares * price) / total, 8),
        account=order.request.account,
        exchange=_venue(contract),
        order_ref=order.request.order_ref,
    )


def _venue(contract: Contract) -> str:
    """Return where it traded: a combination at SMART, an option at the first exchange that lists it."""
    if contract.sec_type == "BAG":
        return "SMART"
    return next(name for name in reference.exchanges(contract) if name != "SMART")
