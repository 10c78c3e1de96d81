"""What IB's messages about orders say, as far as it matters here. Numbers are IB's order numbers of one client."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ib_async import CommissionReport, OrderState
from ib_async import Contract as IBContract
from ib_async import Order as IBOrder
from ib_async.util import UNSET_DOUBLE

from desk.ib.orders import bag
from desk.ib.orders.times import epoch

_STATUS_FROM_END, _FILLED_FROM_END, _TEXT_FROM_END = 19, 9, 1
"""Where a completed order without conditions has these, counted from its end; version 170 has put five fields there."""
_ADDED_BY_170 = 5


@dataclass(frozen=True, slots=True)
class Status:
    """orderStatus: `filled` and `remaining` count spreads."""

    number: int
    client_id: int
    perm_id: int
    status: str
    filled: int
    remaining: int


@dataclass(frozen=True, slots=True)
class Open:
    """openOrder: `contract` and `terms` as IB shows them."""

    number: int
    client_id: int
    perm_id: int
    ref: str
    status: str
    contract: IBContract
    terms: IBOrder

    @property
    def quantity(self) -> int:
        """Spreads asked for."""
        return int(self.terms.totalQuantity)

    @property
    def net(self) -> float | None:
        """The limit on the wire, None at market."""
        return bag.net_of(self.terms)

    def __str__(self) -> str:
        """Name the order to people."""
        terms, contract = self.terms, self.contract
        what = f"{terms.action} {terms.totalQuantity:g} {contract.symbol} {contract.secType}"
        return f"{what}, client {self.client_id}, ref {self.ref or 'none'}"


@dataclass(frozen=True, slots=True)
class Completed:
    """completedOrder, which carries no number; `text` is IB's `Cancelled by Trader` and the like."""

    perm_id: int
    ref: str
    status: str
    filled: int
    text: str


@dataclass(frozen=True, slots=True)
class Fill:
    """execDetails. `exec_id` is without its revision, `fill` what all rows of one fill share, `con_id` 0 of the BAG."""

    number: int
    client_id: int
    perm_id: int
    ref: str
    fill: str
    exec_id: str
    revision: int
    con_id: int
    bought: bool
    quantity: int
    price: float
    at: float


@dataclass(frozen=True, slots=True)
class Cost:
    """commissionReport: dollars, and what the execution realised, None when it opened."""

    exec_id: str
    commission: float
    realised: float | None


def opened(number: int, contract: IBContract, order: IBOrder, state: OrderState) -> Open:
    """Take over an openOrder."""
    return Open(number, order.clientId, order.permId, order.orderRef, state.status, contract, order)


def completed(fields: Sequence[str], version: int) -> Completed:
    """Read a completedOrder from both its ends, whose middle has had a field too many since late 2024.

    ib_async loses such an order. IndexError or ValueError when it is cut short.
    """
    added = _ADDED_BY_170 if version >= 170 else 0
    status, filled = fields[-_STATUS_FROM_END - added], fields[-_FILLED_FROM_END - added]
    text = fields[-_TEXT_FROM_END - added]
    return Completed(int(fields[23]), fields[22], status, int(float(filled or 0)), text.strip())


def fill(fields: Sequence[str], now: float) -> Fill:
    """Read an execDetails; one whose time cannot be read has happened `now`. ValueError when a number is none."""
    exec_id, revision = identity(fields[14])
    try:
        at = epoch(fields[15])
    except ValueError:
        at = now
    return Fill(
        number=int(fields[2] or 0),
        client_id=int(fields[22] or 0),
        perm_id=int(fields[21] or 0),
        ref=fields[26],
        fill=exec_id.rpartition(".")[0] or exec_id,
        exec_id=exec_id,
        revision=revision,
        con_id=0 if fields[5] == "BAG" else int(fields[3]),
        bought=fields[18] == "BOT",
        quantity=int(float(fields[19])),
        price=float(fields[20]),
        at=at,
    )


def identity(exec_id: str) -> tuple[str, int]:
    """Return an execution's id without the digits after its last dot, and those: a correction changes only them."""
    stem, _, last = exec_id.rpartition(".")
    return (stem, int(last)) if stem and last.isdecimal() else (exec_id, 0)


def cost(report: CommissionReport) -> Cost:
    """Take over a commissionReport."""
    realised = None if report.realizedPNL == UNSET_DOUBLE else report.realizedPNL
    return Cost(identity(report.execId)[0], report.commission, realised)
