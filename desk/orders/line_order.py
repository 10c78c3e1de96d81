"""An order as the fields of its ORDER line, and back: the seed's fields first, then what makes it whole."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from messages.contract import Contract
from messages.orders import Action, Condor, Order


def order_fields(order: Order) -> dict[str, Any]:
    """Return all fields but `event` and `ts`. `limit_price` is null at market."""
    legs, first = order.condor.legs, order.condor.short_put
    strikes = dict(zip(("short_put", "long_put", "short_call", "long_call"), (leg.strike for leg in legs), strict=True))
    return {
        "order_id": order.order_id,
        "action": order.action.value,
        "expiry": first.expiry,
        **strikes,
        "limit_price": order.limit,
        "qty": order.quantity,
        "reason": order.reason,
        "strategy": order.strategy,
        "position": order.position,
        "order_type": "MKT" if order.limit is None else "LMT",
        "worst_price": order.worst,
        "good_till": None if order.good_till is None else datetime.fromtimestamp(order.good_till, UTC).isoformat(),
        "then_market": order.then_market,
        "symbol": first.symbol,
        "trading_class": first.trading_class,
        "multiplier": first.multiplier,
        "exchange": first.exchange,
        "currency": first.currency,
        "con_ids": [leg.con_id for leg in legs],
        "local_symbols": [leg.local_symbol for leg in legs],
    }


def order_of(record: Mapping[str, Any], at: float) -> Order:
    """Return the order of an ORDER line written at `at`. Raises KeyError, TypeError or ValueError."""
    good_till = record["good_till"]
    return Order(
        order_id=str(record["order_id"]),
        strategy=str(record["strategy"]),
        position=str(record["position"]),
        action=Action(record["action"]),
        condor=_condor(record),
        quantity=int(record["qty"]),
        limit=_optional(record["limit_price"]),
        worst=_optional(record["worst_price"]),
        reason=str(record["reason"]),
        at=at,
        then_market=bool(record["then_market"]),
        good_till=None if good_till is None else datetime.fromisoformat(good_till).timestamp(),
    )


def _condor(record: Mapping[str, Any]) -> Condor:
    names = ("short_put", "long_put", "short_call", "long_call")
    con_ids, local_symbols = record["con_ids"], record["local_symbols"]
    legs = [
        Contract(
            symbol=str(record["symbol"]),
            sec_type="OPT",
            exchange=str(record["exchange"]),
            currency=str(record["currency"]),
            expiry=str(record["expiry"]),
            strike=float(record[name]),
            right=right,
            multiplier=str(record["multiplier"]),
            trading_class=str(record["trading_class"]),
            local_symbol=str(local_symbol),
            con_id=int(con_id),
        )
        for name, right, con_id, local_symbol in zip(names, "PPCC", con_ids, local_symbols, strict=True)
    ]
    return Condor(*legs)


def _optional(price: float | None) -> float | None:
    return None if price is None else float(price)
