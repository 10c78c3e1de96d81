"""What the exchange takes, keeps and tells: orders, executions, commissions, positions, margins and events.

Prices are dollars per share (of a combination: per unit of its ratios, negative for a credit); times are epoch seconds
of market time; cash, costs and margins are dollars.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from desk.gateway.requests.terms import Terms
from messages.contract import Contract

BAG_ID = 28812380
"""The contract id that IB gives every combination in US dollars."""

PRE, SUBMITTED, FILLED, CANCELLED, INACTIVE = "PreSubmitted", "Submitted", "Filled", "Cancelled", "Inactive"
DONE = frozenset({FILLED, CANCELLED, INACTIVE})
"""Statuses that no order leaves again."""


@dataclass(frozen=True, slots=True)
class Leg:
    """One leg of a combination as a client names it; `action` is `BUY` or `SELL`, seen from a buyer of the whole."""

    con_id: int
    ratio: int
    action: str
    exchange: str = "SMART"


@dataclass(frozen=True, slots=True)
class OrderRequest:
    """An order as it came from a client (message 3).

    `limit` and `aux` are None when unset. `good_till` is the text of a GTD order's end. `leg_prices` are the prices per
    leg of a combination (None when unset), `smart` its routing parameters. `echo` holds, by IB's names in camel case,
    every field that only has to come back in openOrder: text as it came.
    """

    client_id: int
    order_id: int
    terms: Terms
    action: str
    quantity: float
    order_type: str
    limit: float | None = None
    aux: float | None = None
    tif: str = ""
    good_till: str = ""
    order_ref: str = ""
    account: str = ""
    transmit: bool = True
    what_if: bool = False
    outside_rth: bool = False
    parent_id: int = 0
    oca_group: str = ""
    override: str = ""
    legs: tuple[Leg, ...] = ()
    leg_prices: tuple[float | None, ...] = ()
    smart: tuple[tuple[str, str], ...] = ()
    echo: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Margin:
    """What an order would do to the account: initial and maintenance margin and equity, before, change, after."""

    init_before: float
    maint_before: float
    equity_before: float
    init_change: float
    maint_change: float
    equity_change: float
    commission: float
    warning: str = ""

    @property
    def init_after(self) -> float:
        """Initial margin with the order filled."""
        return self.init_before + self.init_change

    @property
    def maint_after(self) -> float:
        """Maintenance margin with the order filled."""
        return self.maint_before + self.maint_change

    @property
    def equity_after(self) -> float:
        """Equity with loan value with the order filled."""
        return self.equity_before + self.equity_change


@dataclass(frozen=True, slots=True)
class Order:
    """The state of an order; every change makes a new one.

    `contract` is the one meant by the request (of a combination: type BAG, id `BAG_ID`), `leg_contracts` the legs', in
    the order of `request.legs`. `commission` is None until known. `completed` and `completed_status` (`Filled Size: 2`,
    `Cancelled by Trader`) are set with a final status. `margin` only answers a what-if.
    """

    request: OrderRequest
    contract: Contract
    leg_contracts: tuple[Contract, ...]
    perm_id: int
    status: str
    remaining: float
    created: float
    filled: float = 0.0
    avg_price: float = 0.0
    last_price: float = 0.0
    why_held: str = ""
    commission: float | None = None
    warning: str = ""
    completed: float | None = None
    completed_status: str = ""
    margin: Margin | None = None

    @property
    def key(self) -> tuple[int, int]:
        """Client id and order id."""
        return self.request.client_id, self.request.order_id

    @property
    def contracts(self) -> tuple[Contract, ...]:
        """What it trades: the legs' contracts, or its own."""
        return self.leg_contracts or (self.contract,)

    @property
    def working(self) -> bool:
        """Whether it may still fill."""
        return self.status not in DONE


@dataclass(frozen=True, slots=True)
class Execution:
    """One fill of a contract, or of a whole combination (then `contract` is the BAG and its legs follow).

    `side` is `BOT` or `SLD`; `cum_qty` and `avg_price` are of this order in this contract so far; `liquidity` is
    1 added, 2 removed. `exec_id` is `00020057.xxxxxxxx.NN.01`: the legs of one fill share the first two parts with it.
    """

    exec_id: str
    client_id: int
    order_id: int
    perm_id: int
    contract: Contract
    side: str
    shares: float
    price: float
    time: float
    cum_qty: float
    avg_price: float
    account: str
    exchange: str
    order_ref: str = ""
    liquidity: int = 2
    liquidation: int = 0


@dataclass(frozen=True, slots=True)
class Commission:
    """What an execution cost, with fees; `realized` is the profit it closed, None when it closed nothing."""

    exec_id: str
    amount: float
    realized: float | None = None
    currency: str = "USD"


@dataclass(frozen=True, slots=True)
class Position:
    """What is held of a contract: `quantity` negative when short, `avg_cost` per contract with its multiplier.

    `mark` is the price it is valued at (per share), `realized` the profit closed since the account began.
    """

    contract: Contract
    quantity: float
    avg_cost: float
    mark: float
    realized: float = 0.0

    @property
    def value(self) -> float:
        """Market value."""
        return self.quantity * self.mark * float(self.contract.multiplier or 1)

    @property
    def unrealized(self) -> float:
        """Market value less cost."""
        return self.value - self.quantity * self.avg_cost


@dataclass(frozen=True, slots=True)
class ExecutionFilter:
    """Which executions a client asks for (message 7); what is 0 or empty takes all. `time` is text as it came."""

    client_id: int = 0
    account: str = ""
    time: str = ""
    symbol: str = ""
    sec_type: str = ""
    exchange: str = ""
    side: str = ""


@dataclass(frozen=True, slots=True)
class OrderUpdate:
    """An order is to be shown: its terms and state (openOrder) when `terms`, its status (orderStatus) when `status`."""

    order: Order
    terms: bool = True
    status: bool = True


@dataclass(frozen=True, slots=True)
class Executed:
    """An execution and what it cost; a combination's own has no commission, its legs' have."""

    execution: Execution
    commission: Commission | None = None


@dataclass(frozen=True, slots=True)
class Rejected:
    """An error about an order: it did not enter the book, was cancelled (202) or is only warned about (399)."""

    client_id: int
    order_id: int
    code: int
    text: str


@dataclass(frozen=True, slots=True)
class Used:
    """An order id that its client may not use again, although no order bears it."""

    client_id: int
    order_id: int


@dataclass(frozen=True, slots=True)
class Settled:
    """An option has expired: `quantity` (signed) closed at `price` per share, in cash.

    `kind` is `cash` for an index option with value, `expired` for any without. An option on a stock with value is
    closed at 0 and becomes `quantity` times its multiplier of `stock` at the strike: `exercised` when it was long,
    `assigned` when short.
    """

    contract: Contract
    quantity: float
    price: float
    kind: str
    time: float
    stock: Contract | None = None


Event = OrderUpdate | Executed | Rejected | Used | Settled
