"""Orders that depend on others: held until they are transmitted or their parent has filled, cancelled with them."""

from __future__ import annotations

from desk.gateway.exchange.blotter import Blotter
from desk.gateway.exchange.model import FILLED, Order


def held(order: Order, blotter: Blotter) -> bool:
    """Whether the order may not trade yet: it is not transmitted, or its parent has not filled."""
    request = order.request
    if request.parent_id:
        parent = blotter.orders.get((request.client_id, request.parent_id))
        return parent is not None and parent.status != FILLED
    return not request.transmit and not any(child.request.transmit for child in _children(order, blotter))


def fall_with(order: Order, blotter: Blotter) -> list[Order]:
    """Return the working orders that end because this one was cancelled: its children."""
    return _children(order, blotter)


def fall_after(order: Order, blotter: Blotter) -> list[Order]:
    """Return the working orders that end because this one traded: the others of its one-cancels-all group."""
    group = order.request.oca_group
    return [o for o in blotter.working() if group and o.request.oca_group == group and o.key != order.key]


def _children(order: Order, blotter: Blotter) -> list[Order]:
    client_id, order_id = order.key
    return [o for o in blotter.working() if o.request.parent_id == order_id and o.request.client_id == client_id]
