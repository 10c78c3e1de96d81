"""An order as ib_async sends it: a BAG of four legs, guaranteed, within regular hours, with its time in force."""

from __future__ import annotations

from datetime import UTC, datetime

from ib_async import ComboLeg
from ib_async import Contract as IBContract
from ib_async import Order as IBOrder

from desk.orders import encoding
from messages.orders import Order


def contract(order: Order) -> IBContract:
    """Return the BAG to buy. ValueError when the condor is none."""
    legs = [
        ComboLeg(conId=leg.con_id, ratio=leg.ratio, action="BUY" if leg.buy else "SELL", exchange="SMART")
        for leg in encoding.combo(order.condor, order.action)
    ]
    symbol, currency = encoding.bag_symbol(order.condor), order.condor.short_put.currency
    return IBContract(secType="BAG", symbol=symbol, exchange="SMART", currency=currency, comboLegs=legs)


def net(order: Order, limit: float | None) -> float | None:
    """Return what the BAG costs at a strategy's limit, on the tick; None at market."""
    return None if limit is None else encoding.net(order.action, limit, encoding.combo_tick(order.condor))


def terms(order: Order, limit: float | None, account: str) -> IBOrder:
    """Return everything about the order but what it trades. `limit` as the strategy sees it, None at market."""
    wire = net(order, limit)
    made = IBOrder(
        action="BUY",
        totalQuantity=order.quantity,
        orderType="MKT" if wire is None else "LMT",
        tif="DAY" if order.good_till is None else "GTD",
        account=account,
        orderRef=order.order_id,
        outsideRth=False,
    )
    if wire is not None:
        made.lmtPrice = wire
    if order.good_till is not None:
        made.goodTillDate = f"{datetime.fromtimestamp(order.good_till, UTC):%Y%m%d-%H:%M:%S}"
    return made
