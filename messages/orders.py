"""Orders: what strategies wish for, what the trader sends through the broker, and what IB says of it.

Prices are dollars per share. A strategy's prices are positive: the credit of an opening, the debit of a closing. On the
wire every condor is bought: `net` is what a BAG costs, negative when it pays (`desk.orders.encoding` is the one place
that turns one into the other). Times are market time in epoch seconds. Quantities are spreads.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from messages.contract import Contract, Quote


@dataclass(frozen=True, slots=True)
class Condor:
    """The legs of an iron condor of one expiry and trading class, each with its conId."""

    short_put: Contract
    long_put: Contract
    short_call: Contract
    long_call: Contract

    @property
    def legs(self) -> tuple[Contract, Contract, Contract, Contract]:
        """Short put, long put, short call, long call."""
        return self.short_put, self.long_put, self.short_call, self.long_call

    @property
    def width(self) -> float:
        """Points between short and long strike of the wider side."""
        return max(self.short_put.strike - self.long_put.strike, self.long_call.strike - self.short_call.strike)


class Action(StrEnum):
    """What an order does to its position."""

    OPEN = "open"
    CLOSE = "close"


class OrderState(StrEnum):
    """Where an order is in its life.

    `INTENT` is on disk and not known to be sent. `UNKNOWN` was sent and not acknowledged in time, or IB's word about it
    is in doubt. `ABSENT` was looked for among open, completed and executed orders and is not there. `FILLED`,
    `CANCELLED` and `REJECTED` are ends; a cancelled one may have filled in part.
    """

    INTENT = "INTENT"
    SENT = "SENT"
    WORKING = "WORKING"
    FILLED = "FILLED"
    CANCELLED = "CANCELLED"
    REJECTED = "REJECTED"
    UNKNOWN = "UNKNOWN"
    ABSENT = "ABSENT"


ENDED = frozenset({OrderState.FILLED, OrderState.CANCELLED, OrderState.REJECTED})


# ---- Between strategies and the trader ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Veto:
    """A condition that does not hold: its name, a sentence, and the numbers that decided."""

    name: str
    text: str
    numbers: Mapping[str, float | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Enter:
    """Open `quantity` condors: a limit of `limit` received, walked down to `worst` at the least, then cancelled.

    `natural` is what selling at the bid and buying at the ask pays.
    """

    condor: Condor
    quantity: int
    limit: float
    worst: float
    natural: float
    reason: str = "entry"


@dataclass(frozen=True, slots=True)
class Exit:
    """Close `quantity` spreads of a position.

    At market when `limit` is None; else at a limit of `limit` paid, walked up to `worst` at the most and then
    cancelled, or turned into a market order when `then_market`. `reason` is a word: `profit`, `stop`, `red_line`,
    `end_of_day`, `time`, `shutdown`, `halt`.
    """

    position: str
    quantity: int
    reason: str
    limit: float | None = None
    worst: float | None = None
    then_market: bool = False


@dataclass(frozen=True, slots=True)
class Breach:
    """A red line of a position is crossed (`active`), or clear again. Remembered, so that each breach acts once."""

    position: str
    line: str
    active: bool
    numbers: Mapping[str, float | None] = field(default_factory=dict)


Wish = Enter | Exit | Breach


@dataclass(frozen=True, slots=True)
class Wishes:
    """What a strategy decided on the book of that `version`. Refused when the book has moved on, or after `deadline`.

    `quotes` are those that the decision rests on: the legs' among them are recorded with the first rung.
    """

    reply_to: str
    strategy: str
    version: int
    deadline: float
    wishes: tuple[Wish, ...]
    quotes: tuple[Quote, ...] = ()


@dataclass(frozen=True, slots=True)
class BookWanted:
    """A strategy wants its book: once now, and again after every change."""

    reply_to: str
    strategy: str


@dataclass(frozen=True, slots=True)
class BookLeft:
    """A strategy has stopped and reads its book no more."""

    reply_to: str
    strategy: str


@dataclass(frozen=True, slots=True)
class Holding:
    """An open position: `quantity` spreads left of those opened for `credit` on average.

    `position` is the id of the order that opened it; `opened` when it first filled.
    """

    position: str
    condor: Condor
    quantity: int
    credit: float
    opened: float


@dataclass(frozen=True, slots=True)
class Working:
    """An order that has not ended: `quantity` spreads asked, `filled` of them done, at `limit` (None: market)."""

    order_id: str
    position: str
    action: Action
    quantity: int
    filled: int
    limit: float | None
    state: OrderState
    reason: str


@dataclass(frozen=True, slots=True)
class Book:
    """Everything that a strategy owns, as its log tells it. `version` grows with every line of the log.

    Until `ready` nothing may be wished for; `trouble` says why not. `entries` are the times at which entry orders were
    sent, `breaches` the (position, red line) pairs in force, `realised` what closed spreads earned on the exchange day
    so far in dollars, commissions deducted. `refused` says why the last wishes were not fulfilled.
    """

    strategy: str
    version: int
    ready: bool = False
    trouble: str = ""
    holdings: tuple[Holding, ...] = ()
    working: tuple[Working, ...] = ()
    entries: tuple[float, ...] = ()
    breaches: frozenset[tuple[str, str]] = frozenset()
    realised: float = 0.0
    refused: tuple[Veto, ...] = ()


# ---- Between the trader and the broker ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Order:
    """One order as its strategy's log has it before anything is sent. `order_id` goes with it as IB's orderRef.

    `limit` as the strategy sees it (positive), None at market. `good_till` is when IB itself ends it, None for the day.
    """

    order_id: str
    strategy: str
    position: str
    action: Action
    condor: Condor
    quantity: int
    limit: float | None
    worst: float | None
    reason: str
    at: float
    then_market: bool = False
    good_till: float | None = None


@dataclass(frozen=True, slots=True)
class PlaceOrder:
    """Send an order. The same `order_id` again is the same order: it keeps IB's number, so it cannot be a second."""

    reply_to: str
    order: Order


@dataclass(frozen=True, slots=True)
class ReplaceOrder:
    """Give a working order another limit (positive, as in `Order`); it keeps its number and what it has filled."""

    reply_to: str
    order_id: str
    limit: float


@dataclass(frozen=True, slots=True)
class CancelOrder:
    """Cancel a working order."""

    reply_to: str
    order_id: str


@dataclass(frozen=True, slots=True)
class OrderTold:
    """What is known of an order now. `filled` counts spreads, `code` is IB's (0: none), `perm_ids` all ever seen."""

    order_id: str
    state: OrderState
    at: float
    filled: int = 0
    remaining: int = 0
    net: float | None = None
    perm_ids: tuple[int, ...] = ()
    code: int = 0
    text: str = ""


@dataclass(frozen=True, slots=True)
class Executed:
    """One execution, told once however often IB repeats it: the BAG's row (`con_id` 0), or that of one leg.

    The rows of one fill share `fill`; a correction has the same `exec_id` and another `revision`. `price` is signed as
    on the wire. `at` is the execution's own time.
    """

    order_id: str
    fill: str
    exec_id: str
    revision: int
    con_id: int
    bought: bool
    quantity: int
    price: float
    at: float


@dataclass(frozen=True, slots=True)
class Charged:
    """The commission of one execution in dollars, and what IB says it realised (None when it opened)."""

    order_id: str
    fill: str
    exec_id: str
    commission: float
    realised: float | None = None


@dataclass(frozen=True, slots=True)
class MarginWanted:
    """What would this order do to the account? Asked of IB as a what-if; nothing is placed."""

    reply_to: str
    correlation: str
    order: Order
    deadline: float


@dataclass(frozen=True, slots=True)
class Margin:
    """The answer to `MarginWanted`, in dollars; with an `error` nothing else counts."""

    correlation: str
    initial_change: float = 0.0
    initial_after: float = 0.0
    equity_after: float = 0.0
    commission: float | None = None
    error: str = ""


@dataclass(frozen=True, slots=True)
class TruthWanted:
    """What does IB hold? Positions always; with `orders` also every order and execution that it still knows."""

    reply_to: str
    correlation: str
    deadline: float
    orders: bool = False


@dataclass(frozen=True, slots=True)
class Held:
    """A position of the account, as IB has it."""

    contract: Contract
    quantity: float
    average_cost: float = 0.0


@dataclass(frozen=True, slots=True)
class Truth:
    """The answer to `TruthWanted`; with an `error` nothing else counts.

    `told`, `executed` and `charged` are of orders with an orderRef. `foreign` names working orders without one, or
    another client's. `connection` counts the sessions; a truth of an earlier one is stale.
    """

    correlation: str
    connection: int
    at: float
    account: str = ""
    positions: tuple[Held, ...] = ()
    told: tuple[OrderTold, ...] = ()
    executed: tuple[Executed, ...] = ()
    charged: tuple[Charged, ...] = ()
    foreign: tuple[str, ...] = ()
    error: str = ""


@dataclass(frozen=True, slots=True)
class SessionTold:
    """The session is up, or not. After each `up`, orders and positions are to be reconciled before anything is sent.

    Told at a connect, after 1101 and 1102, and when the connection to IB or of IB is lost.
    """

    up: bool
    connection: int
    reason: str = ""
