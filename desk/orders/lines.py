"""The lines of a strategy's logs, and the JSON objects that they are on disk.

`trades.jsonl` has ORDER (the intent, before anything is sent), EXEC (an execution, as soon as it is told), FILL (one
fill of the whole condor with its commission), COMMISSION (one that came after its FILL), END (an order that is over)
and SETTLED (what ended without an order of ours). `risk_events.jsonl` has RISK (a red line crossed, or clear again).
Prices are dollars per share as the strategy sees them, credit and debit positive; `ts` is UTC with its zone; quantities
are spreads.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from desk.orders import encoding
from desk.orders.line_order import order_fields, order_of
from messages.orders import Action, Breach, Executed, Order, OrderState

EXPIRY, HAND = "expiry", "hand"
"""What ends positions without an order of the desk's: they expire, or somebody closes them elsewhere."""


class LineError(ValueError):
    """A line of a known event that lacks a field, or has one that cannot be."""


@dataclass(frozen=True, slots=True)
class OrderLine:
    """ORDER: what is about to be sent."""

    order: Order


@dataclass(frozen=True, slots=True)
class ExecLine:
    """EXEC: one execution of an order that opens or closes; a later revision of the same `exec_id` replaces it."""

    action: Action
    row: Executed


@dataclass(frozen=True, slots=True)
class FillLine:
    """FILL: `quantity` spreads at `price`, and the dollars charged so far for the executions named in `charged`.

    A second line of the same `fill` replaces the first and all COMMISSION lines of that fill before it.
    """

    order_id: str
    fill: str
    price: float
    quantity: int
    commission: float
    at: float
    charged: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CommissionLine:
    """COMMISSION: dollars charged for one execution, told after the FILL line of its fill."""

    order_id: str
    fill: str
    exec_id: str
    commission: float
    at: float


@dataclass(frozen=True, slots=True)
class EndLine:
    """END: the order is over, `filled` spreads done as IB counts them; IB's `code` and `text` say why, if it did."""

    order_id: str
    state: OrderState
    filled: int
    at: float
    code: int = 0
    text: str = ""


@dataclass(frozen=True, slots=True)
class SettledLine:
    """SETTLED: `quantity` spreads of a position ended without an order of ours, at a cost of `price` per share.

    They expired, or `by` says how else; `commission` in dollars.
    """

    position: str
    quantity: int
    price: float
    at: float
    commission: float = 0.0
    by: str = EXPIRY


@dataclass(frozen=True, slots=True)
class RiskLine:
    """RISK: a red line of a position is crossed, or clear again."""

    breach: Breach
    at: float


TradeLine = OrderLine | ExecLine | FillLine | CommissionLine | EndLine | SettledLine
Line = TradeLine | RiskLine


def encode(line: Line) -> dict[str, Any]:
    """Return the JSON object of a line."""
    match line:
        case OrderLine(order):
            event, at, fields = "ORDER", order.at, order_fields(order)
        case ExecLine():
            event, at, fields = "EXEC", line.row.at, _exec_fields(line)
        case FillLine():
            event, at, fields = "FILL", line.at, _fill_fields(line)
        case CommissionLine():
            event, at = "COMMISSION", line.at
            fields = {"order_id": line.order_id, "fill": line.fill, "exec_id": line.exec_id}
            fields["commission"] = line.commission
        case EndLine():
            event, at = "END", line.at
            fields = {"order_id": line.order_id, "state": line.state.value, "filled": line.filled}
            fields |= {"code": line.code, "text": line.text}
        case SettledLine():
            event, at = "SETTLED", line.at
            fields = {"position": line.position, "settle_price": line.price, "qty": line.quantity}
            fields |= {"commission": line.commission, "by": line.by}
        case RiskLine(breach):
            event, at = "RISK", line.at
            numbers = {name: _number(value) for name, value in breach.numbers.items()}
            fields = {"position": breach.position, "line": breach.line, "active": breach.active, "numbers": numbers}
    return {"event": event, **fields, "ts": stamp(at)}


def decode(record: Mapping[str, Any]) -> Line | None:
    """Return the line of a JSON object, None for an event not known here; fields not known are passed over.

    Raises LineError when a field that is needed is missing or cannot be.
    """
    event = record.get("event")
    reader = _READERS.get(str(event))
    if reader is None:
        return None
    try:
        return reader(record)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise LineError(f"a line of event {event} cannot be read: {error!r} in {dict(record)}") from error


def stamp(at: float) -> str:
    """Return epoch seconds as ISO 8601 in UTC with its zone, to the microsecond."""
    return datetime.fromtimestamp(at, UTC).isoformat()


def unstamp(text: str) -> float:
    """Return the epoch seconds of `stamp`; ValueError when the zone is missing."""
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise ValueError(f"{text!r} has no zone")
    return at.timestamp()


def _exec_fields(line: ExecLine) -> dict[str, Any]:
    row = line.row
    price = row.price if row.con_id else encoding.price(line.action, row.price)
    return {
        "order_id": row.order_id,
        "action": line.action.value,
        "fill": row.fill,
        "exec_id": row.exec_id,
        "revision": row.revision,
        "con_id": row.con_id,
        "bought": row.bought,
        "qty": row.quantity,
        "price": price,
    }


def _fill_fields(line: FillLine) -> dict[str, Any]:
    return {
        "order_id": line.order_id,
        "fill_price": line.price,
        "qty": line.quantity,
        "commission": line.commission,
        "fill": line.fill,
        "charged": list(line.charged),
    }


def _exec(record: Mapping[str, Any]) -> ExecLine:
    action, con_id, price = Action(record["action"]), int(record["con_id"]), float(record["price"])
    row = Executed(
        order_id=str(record["order_id"]),
        fill=str(record["fill"]),
        exec_id=str(record["exec_id"]),
        revision=int(record["revision"]),
        con_id=con_id,
        bought=bool(record["bought"]),
        quantity=int(record["qty"]),
        price=price if con_id else encoding.price(action, price),
        at=unstamp(record["ts"]),
    )
    return ExecLine(action, row)


def _fill(record: Mapping[str, Any]) -> FillLine:
    return FillLine(
        order_id=str(record["order_id"]),
        fill=str(record["fill"]),
        price=float(record["fill_price"]),
        quantity=int(record["qty"]),
        commission=float(record["commission"]),
        at=unstamp(record["ts"]),
        charged=tuple(map(str, record["charged"])),
    )


def _commission(record: Mapping[str, Any]) -> CommissionLine:
    return CommissionLine(
        order_id=str(record["order_id"]),
        fill=str(record["fill"]),
        exec_id=str(record["exec_id"]),
        commission=float(record["commission"]),
        at=unstamp(record["ts"]),
    )


def _end(record: Mapping[str, Any]) -> EndLine:
    return EndLine(
        order_id=str(record["order_id"]),
        state=OrderState(record["state"]),
        filled=int(record["filled"]),
        at=unstamp(record["ts"]),
        code=int(record["code"]),
        text=str(record["text"]),
    )


def _settled(record: Mapping[str, Any]) -> SettledLine:
    return SettledLine(
        position=str(record["position"]),
        quantity=int(record["qty"]),
        price=float(record["settle_price"]),
        at=unstamp(record["ts"]),
        commission=float(record.get("commission", 0.0)),
        by=str(record.get("by", EXPIRY)),
    )


def _risk(record: Mapping[str, Any]) -> RiskLine:
    breach = Breach(str(record["position"]), str(record["line"]), bool(record["active"]), dict(record["numbers"]))
    return RiskLine(breach, unstamp(record["ts"]))


def _number(value: float | None) -> float | None:
    """JSON has no NaN and no infinity: what is no number is not known."""
    return value if value is not None and math.isfinite(value) else None


_READERS: Mapping[str, Callable[[Mapping[str, Any]], Line]] = {
    "ORDER": lambda record: OrderLine(order_of(record, unstamp(record["ts"]))),
    "EXEC": _exec,
    "FILL": _fill,
    "COMMISSION": _commission,
    "END": _end,
    "SETTLED": _settled,
    "RISK": _risk,
}
