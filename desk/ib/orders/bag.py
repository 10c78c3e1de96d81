"""An order as ib_async sends it: a BAG of four legs, guaranteed, within regular hours, with its time in force."""

from __future__ import annotations

from datetime import UTC, datetime

from ib_async import ComboLeg
from ib_async import Contract as IBContract
from ib_async import Order as IBOrder

from desk.orders import encoding
from messages.orders import Action, Order


def contract(order: Order) -> IBContract:
    """Return the BAG to buy. ValueError when the condor is none."""
    legs = [
        ComboLeg(conId=leg.con_id, ratio=leg.ratio, action="BUY" if leg.buy else "SELL", exchange="SMART")
        for leg in encoding.combo(order.condor, order.action)
    ]
    return _bag(encoding.bag_symbol(order.condor), order.condor.short_put.currency, legs)


def changed(sent: IBContract, terms: IBOrder, limit: float) -> tuple[IBContract, IBOrder]:
    """Return what gives an order another limit, in what was sent or what IB has shown of it.

    What IB adds to the contract of a combination is left out. ValueError when the order is at market.
    """
    if terms.orderType != "LMT":
        raise ValueError("it is at market")
    legs = [
        ComboLeg(conId=leg.conId, ratio=leg.ratio, action=leg.action, exchange=leg.exchange) for leg in sent.comboLegs
    ]
    action = Action.OPEN if is_entry(terms) else Action.CLOSE
    made = IBOrder(
        action=terms.action,
        totalQuantity=terms.totalQuantity,
        orderType="LMT",
        lmtPrice=encoding.net(action, limit, encoding.class_tick(sent.symbol)),
        tif=terms.tif,
        goodTillDate=terms.goodTillDate,
        account=terms.account,
        orderRef=terms.orderRef,
        outsideRth=False,
    )
    return _bag(sent.symbol, sent.currency, legs), made


def net_of(terms: IBOrder) -> float | None:
    """Return the limit on the wire, None at market."""
    return float(terms.lmtPrice or 0) if terms.orderType == "LMT" else None


def is_entry(terms: IBOrder) -> bool:
    """Whether an order opens: an opening is paid for, so its limit is negative, and it is never at market."""
    return (net_of(terms) or 0.0) < 0


def terms(order: Order, limit: float | None, account: str) -> IBOrder:
    """Return everything about the order but what it trades. `limit` as the strategy sees it, None at market."""
    wire = None if limit is None else encoding.net(order.action, limit, encoding.combo_tick(order.condor))
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


def _bag(symbol: str, currency: str, legs: list[ComboLeg]) -> IBContract:
    return IBContract(secType="BAG", symbol=symbol, exchange="SMART", currency=currency, comboLegs=legs)
