"""What a running desk shows of itself at one instant: plain values that any view can draw."""

from __future__ import annotations

from dataclasses import dataclass

from messages.data import Slot
from messages.system import Report


@dataclass(frozen=True, slots=True)
class GatewayView:
    """Where the IB session ends. `kind` is `paper` or `ib`; `market` is `REPLAY`, `FITTED` or empty on IB."""

    kind: str
    host: str
    port: int
    market: str = ""


@dataclass(frozen=True, slots=True)
class Spot:
    """The last price of an underlying or index; `change` is a fraction of the previous close, None if unknown."""

    symbol: str
    price: float | None
    change: float | None = None


@dataclass(frozen=True, slots=True)
class Progress:
    """How a symbol's collection stands.

    `cycle` is the slot under way (epoch seconds), None between slots; `done` of `asked` contracts have ended in it.
    `last` is the newest finished slot; `complete`, `partial` and `missed` count the run's slots, `rows` its rows.
    `changes` are the underlying's and VIX's since their previous closes, as fractions.
    """

    symbol: str
    cycle: float | None = None
    done: int = 0
    asked: int = 0
    last: Slot | None = None
    complete: int = 0
    partial: int = 0
    missed: int = 0
    rows: int = 0
    changes: tuple[float | None, float | None] = (None, None)


@dataclass(frozen=True, slots=True)
class LakeView:
    """The tables: rows in `option_snapshots`, market time of the last commit, batches waiting in the spool."""

    path: str
    rows: int = 0
    last_commit: float | None = None
    spool: int = 0


@dataclass(frozen=True, slots=True)
class StrategyView:
    """An instance of a strategy: its state and what its last poll came to, a veto or what it did.

    `day` is what the exchange day has brought in dollars, open positions at their marks; None where it is not known.
    """

    name: str
    state: str
    note: str = ""
    acted: bool = False
    day: float | None = None


@dataclass(frozen=True, slots=True)
class CondorView:
    """An open condor: `quantity` spreads sold for `credit`, which closing now costs `debit`, in dollars per share.

    `strikes` ascend. `gain` is what closing now would earn in dollars, `risk` the most that may still be lost.
    """

    strategy: str
    expiry: str
    strikes: tuple[float, ...]
    quantity: int
    credit: float
    debit: float | None = None
    gain: float | None = None
    risk: float | None = None


@dataclass(frozen=True, slots=True)
class OrderView:
    """An order under way: `filled` of `quantity` spreads, at `limit` dollars per share (None: at market)."""

    order_id: str
    strategy: str
    action: str
    quantity: int
    filled: int
    limit: float | None
    state: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Event:
    """A line of the log; `number` counts up from 1 through the run, `time` is market time in epoch seconds."""

    number: int
    time: float
    level: str
    text: str


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The desk at market time `time` (epoch seconds). Speeds are market seconds per machine second.

    `starts` and `ends` bound the run's window on a simulated clock; both are None on real time. `halted` says why
    nothing may be entered, `trouble` what the comparison with IB's positions could not explain.
    """

    time: float
    speed_asked: float
    speed_reached: float
    gateway: GatewayView
    starts: float | None = None
    ends: float | None = None
    vix: Spot | None = None
    spots: tuple[Spot, ...] = ()
    actors: tuple[Report, ...] = ()
    collection: tuple[Progress, ...] = ()
    strategies: tuple[StrategyView, ...] = ()
    condors: tuple[CondorView, ...] = ()
    orders: tuple[OrderView, ...] = ()
    halted: str = ""
    trouble: tuple[str, ...] = ()
    lake: LakeView | None = None
    events: tuple[Event, ...] = ()
