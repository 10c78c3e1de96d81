"""Every fault by its name, as it is when nothing else is said."""

from __future__ import annotations

from desk.gateway.faults.answers import Late, Lose, Refuse, Repeat
from desk.gateway.faults.connection import Blip, Drop, Fragments, HalfOpen, InUse, Outage, Reset, Restart, Say
from desk.gateway.faults.fault import Fault
from desk.gateway.faults.kinds import TICKS
from desk.gateway.faults.market import Crossed, Holes, Partly, SentinelGreeks, Unsubscribed, WrongPrice
from desk.gateway.faults.orders import (
    Acknowledgement,
    Correction,
    ExtraBlank,
    LostFills,
    NextId,
    Note,
    TimeFormat,
    TwoOrders,
)
from desk.gateway.faults.quotes import Frozen, Thin
from desk.gateway.resolve import NOTHING

_TICKS = tuple(sorted(TICKS))
_LINE = ("reqMktData",)
_NOT_SUBSCRIBED = "Requested market data is not subscribed. Delayed market data is not enabled."
_MORE = "Requested market data requires additional subscription for API."


def _order_refused(name: str, code: int, text: str) -> Refuse:
    return Refuse(name=name, kinds=("placeOrder",), code=code, text=text)


def _cancel_refused(name: str, code: int, text: str) -> Refuse:
    return Refuse(name=name, kinds=("cancelOrder",), code=code, text=text)


_CONNECTION = (
    Drop(name="drop"),
    Reset(name="reset"),
    HalfOpen(name="half-open"),
    Fragments(name="fragments"),
    Outage(name="outage"),
    Outage(name="outage-data-lost", code=1101),
    Restart(name="restart"),
    Blip(name="farm-blip"),
    InUse(name="id-in-use"),
    Say(name="say"),
    Refuse(
        name="rate-exceeded",
        kinds=("reqCurrentTime",),
        code=100,
        text="Max rate of messages per second has been exceeded:max=100 rec=101 ({count})",
        unnamed=True,
        close=3,
    ),
)
_ANY = (
    Lose(name="lose"),
    Late(name="late"),
    Repeat(name="repeat"),
    Refuse(name="refuse"),
)
_MARKET = (
    Refuse(name="no-line", kinds=_LINE, code=101, text="Max number of tickers has been reached"),
    Refuse(name="competing-session", kinds=_LINE, code=10197, text="No market data during competing live session"),
    Unsubscribed(name="unsubscribed"),
    Unsubscribed(name="unsubscribed-10168", code=10168, text=_NOT_SUBSCRIBED),
    Unsubscribed(name="unsubscribed-10186", code=10186, text=_NOT_SUBSCRIBED),
    Partly(name="partly-subscribed"),
    Partly(name="partly-subscribed-10089", code=10089, text=_MORE),
    Partly(name="partly-subscribed-10091", code=10091, text=_MORE),
    SentinelGreeks(name="sentinel-greeks"),
    Late(name="late-greeks", kinds=("tickOptionComputation",), seconds=30.0),
    Lose(name="no-greeks", kinds=("tickOptionComputation",)),
    WrongPrice(name="no-price"),
    WrongPrice(name="zero-price", value=0.0),
    Crossed(name="crossed"),
    Lose(name="silent", kinds=_TICKS),
    Frozen(name="frozen"),
    Thin(name="thin"),
    Late(name="slow-snapshot", kinds=("tickSnapshotEnd",), seconds=11.0),
    Lose(name="endless-snapshot", kinds=("tickSnapshotEnd",)),
)
_CONTRACTS = (
    Refuse(name="false-200", kinds=("reqContractDetails", "reqMktData"), code=200, text=NOTHING),
    Refuse(
        name="validation-error",
        kinds=("reqContractDetails",),
        code=321,
        text="Error validating request.-'bQ' : cause - Please enter a valid security type",
    ),
    Holes(name="holes"),
    Late(name="slow-details", kinds=("reqContractDetails",), seconds=1.0),
    Late(name="slow-chain", kinds=("reqContractDetails",), seconds=40.0, sec_type="OPT"),
)
_ACCOUNT = (
    Refuse(
        name="summary-refused",
        kinds=("reqAccountSummary",),
        code=322,
        text="Error processing request.-'Q' : cause - Maximum number of account summary requests exceeded; "
        "desubscribe to previous request first",
    ),
    Lose(name="missing-end", kinds=("openOrderEnd", "completedOrdersEnd", "execDetailsEnd")),
    NextId(name="next-id"),
)
_ORDERS = (
    Lose(name="lost-placement", kinds=("placeOrder",)),
    Lose(name="lost-cancel", kinds=("cancelOrder",)),
    Late(name="late-placement", kinds=("placeOrder",), seconds=30.0),
    Acknowledgement(name="lost-acknowledgement"),
    Acknowledgement(name="late-acknowledgement", seconds=5.0),
    Acknowledgement(name="swallowed", fills=True),
    Repeat(name="repeated-status", kinds=("orderStatus",)),
    Late(name="late-status", kinds=("orderStatus", "openOrder"), status="Filled", seconds=0.5),
    Late(name="late-execution", kinds=("execDetails", "commissionReport"), seconds=0.5),
    Late(name="late-commission", kinds=("commissionReport",), seconds=30.0),
    Lose(name="no-commission", kinds=("commissionReport",)),
    LostFills(name="lost-fills"),
    Note(name="tif-preset"),
    Note(
        name="outside-hours",
        code=399,
        text="Order Message:\nWarning: Your order will not be placed at the exchange until the next session.",
    ),
    Note(
        name="outside-rth-ignored",
        code=2109,
        text="Order Event Warning: Attribute 'Outside Regular Trading Hours' is ignored based on the order type and "
        "destination. PlaceOrder is now being processed.",
    ),
    _order_refused("rejected-riskless", 201, "Order rejected - reason:Riskless combination orders are not allowed."),
    _order_refused("rejected-margin", 201, "Order rejected - reason:Initial margin exceeds equity with loan value."),
    _order_refused(
        "rejected-tick", 110, "The price does not conform to the minimum price variation for this contract."
    ),
    _order_refused("rejected-id", 103, "Duplicate order id"),
    _cancel_refused("cancel-not-found", 10147, "OrderId {number} that needs to be cancelled is not found."),
    _cancel_refused(
        "cancel-too-late", 10148, "OrderId {number} that needs to be cancelled can not be cancelled, state: Filled."
    ),
    _cancel_refused("cancel-not-possible", 161, "Cancel attempted when order is not in a cancellable state."),
    Correction(name="correction"),
    TimeFormat(name="time-format"),
    ExtraBlank(name="extra-blank"),
    TwoOrders(name="two-orders"),
)

CATALOGUE: dict[str, Fault] = {
    fault.name: fault for fault in (*_CONNECTION, *_ANY, *_MARKET, *_CONTRACTS, *_ACCOUNT, *_ORDERS)
}
"""Faults by name."""
