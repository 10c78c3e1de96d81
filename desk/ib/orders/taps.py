"""Taps on an `IB`: what it is told of orders goes to a listener, and ib_async keeps none of it.

ib_async's own `Trade` calls live orders cancelled after 10147, 10148, 161 and 10349, loses completed orders with one
field too many, and keeps every trade and fill for as long as it runs.
"""

# mypy: disable-error-code="method-assign,assignment"
# ib_async offers no hooks; its methods are replaced on each connection's own object.

from __future__ import annotations

from typing import Any, Protocol

from ib_async import IB, CommissionReport, OrderState
from ib_async import Contract as IBContract
from ib_async import Order as IBOrder

from desk.ib.orders import reports

_EXECUTION, _COMPLETED = 11, 101
"""Ids of the messages that are read here, not by ib_async."""


class Listener(Protocol):
    """Who is told."""

    def opened(self, report: reports.Open) -> None:
        """Take in an open order."""

    def status(self, report: reports.Status) -> None:
        """Take in a status."""

    def completed(self, report: reports.Completed) -> None:
        """Take in a completed order."""

    def executed(self, fields: list[str]) -> None:
        """Take in an execution, as it came."""

    def charged(self, report: reports.Cost) -> None:
        """Take in a commission."""

    def held(self, account: str, contract: IBContract, quantity: float, average_cost: float) -> None:
        """Take in a position."""

    def ended(self, what: str) -> None:
        """Take in the end of a list: `orders`, `completed` or `positions`."""


def listen(ib: IB, to: Listener) -> None:
    """Let `to` hear what IB says of orders over this connection."""
    _orders(ib, to)
    _executions(ib, to)
    _ends(ib, to)


def _orders(ib: IB, to: Listener) -> None:
    wrapper, preview = ib.wrapper, ib.wrapper.openOrder

    def opened(number: int, contract: IBContract, order: IBOrder, state: OrderState) -> None:
        if order.whatIf:
            preview(number, contract, order, state)
        else:
            to.opened(reports.opened(number, contract, order, state))

    def status(number: int, status: str, filled: float, remaining: float, _avg: float, perm: int, *rest: Any) -> None:
        to.status(reports.Status(number, rest[2], perm, status, int(filled), int(remaining)))

    def completed(fields: list[str]) -> None:
        to.completed(reports.completed(fields, ib.client.serverVersion()))

    wrapper.openOrder = opened
    wrapper.orderStatus = status
    ib.client.decoder.handlers[_COMPLETED] = completed


def _executions(ib: IB, to: Listener) -> None:
    def charged(report: CommissionReport) -> None:
        to.charged(reports.cost(report))

    ib.client.decoder.handlers[_EXECUTION] = to.executed
    ib.wrapper.commissionReport = charged


def _ends(ib: IB, to: Listener) -> None:
    wrapper = ib.wrapper

    def also(own: Any, what: str) -> Any:
        def ended() -> None:
            own()
            to.ended(what)

        return ended

    wrapper.position = to.held
    wrapper.openOrderEnd = also(wrapper.openOrderEnd, "orders")
    wrapper.completedOrdersEnd = also(wrapper.completedOrdersEnd, "completed")
    wrapper.positionEnd = also(wrapper.positionEnd, "positions")
