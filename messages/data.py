"""What collectors hand to persistence, and its acknowledgement."""

from __future__ import annotations

from dataclasses import dataclass

from messages.contract import Bar, Quote
from messages.market import ChainQuotes


@dataclass(frozen=True, slots=True)
class Slot:
    """One symbol and cycle of the slot ledger.

    `cycle` is the slot's start in market time (epoch seconds). `status` is COMPLETE (every contract asked answered),
    PARTIAL or MISSED; `reason` says why when it is not COMPLETE. Of `asked` contracts, `written` answered and are
    rows, `partial` of these lack a bid, an ask or Greeks, and `failed` did not answer. `seconds` is market time from
    start to end. `iv_rank` is 50 where there is too little history for one; then `iv_rank_sufficient` is False.
    """

    symbol: str
    cycle: float
    status: str
    reason: str = ""
    asked: int = 0
    written: int = 0
    partial: int = 0
    failed: int = 0
    seconds: float = 0.0
    underlying: float | None = None
    vix: float | None = None
    trend: str | None = None
    iv_rank: float | None = None
    iv_rank_sufficient: bool | None = None


@dataclass(frozen=True, slots=True)
class Batch:
    """The rows of one slot, to be stored with its ledger entry or not at all."""

    reply_to: str
    correlation: str
    slot: Slot
    quotes: tuple[Quote, ...]


@dataclass(frozen=True, slots=True)
class SlotsWanted:
    """A collector that starts wants to know which of its slots since `since` (epoch seconds) the ledger has."""

    reply_to: str
    correlation: str
    symbol: str
    since: float


@dataclass(frozen=True, slots=True)
class SlotsKnown:
    """The answer to `SlotsWanted`: the `cycle` of each, ascending."""

    correlation: str
    cycles: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class DailyBars:
    """Daily bars of a symbol, to be stored; a day stored before is replaced."""

    reply_to: str
    correlation: str
    symbol: str
    bars: tuple[Bar, ...]


@dataclass(frozen=True, slots=True)
class Schedule:
    """The schedule in force for one task, to be stored; `timeout` and `interval` in seconds."""

    task: str
    interval: float
    market_phase: str
    priority: int
    timeout: float


@dataclass(frozen=True, slots=True)
class ScheduleInForce:
    """The whole schedule at a start or a change."""

    tasks: tuple[Schedule, ...]


@dataclass(frozen=True, slots=True)
class Stored:
    """Persistence has made a message durable: `rows` are on disk whatever happens next."""

    correlation: str
    rows: int
    error: str = ""


@dataclass(frozen=True, slots=True)
class DailyVolatility:
    """A symbol's daily implied volatility from the broker's history, to be stored.

    `asked` are the days (`YYYYMMDD`) that were asked for: those without a bar are noted as having none.
    """

    reply_to: str
    correlation: str
    symbol: str
    bars: tuple[Bar, ...]
    asked: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PositionMark:
    """One leg of a position as it stood at market time `at` (epoch seconds) after `event` (`fill`, `mark`, `close`).

    `position` is the owner's name for it (the order reference). `quantity` is signed; `price` is what a fill paid or
    received per share; `quote` is the leg's, with its Greeks per share.
    """

    strategy: str
    position: str
    event: str
    at: float
    quantity: float
    quote: Quote
    price: float | None = None


@dataclass(frozen=True, slots=True)
class PositionUpdates:
    """Changes of positions, to be stored."""

    reply_to: str
    correlation: str
    marks: tuple[PositionMark, ...]


@dataclass(frozen=True, slots=True)
class Rung:
    """One limit that an order was given at market time `at` (None: market), with its legs' quotes of that moment.

    `rung` counts from 0 within `order_id`; `action` is `open` or `close`; `quantity` is spreads not filled yet; `limit`
    is positive, dollars per share. `legs` are short put, long put, short call, long call of the position as it was
    opened; a leg nobody has quoted has its contract and `received` 0.
    """

    order_id: str
    strategy: str
    position: str
    action: str
    reason: str
    rung: int
    at: float
    quantity: int
    limit: float | None
    legs: tuple[Quote, Quote, Quote, Quote]


@dataclass(frozen=True, slots=True)
class Rungs:
    """Rungs of ladders, to be stored; one that is sent again is stored once."""

    reply_to: str
    correlation: str
    rungs: tuple[Rung, ...]


@dataclass(frozen=True, slots=True)
class Seen:
    """What a strategy saw when it decided at market time `at`, to be stored; `decision` is JSON of its own making."""

    reply_to: str
    correlation: str
    strategy: str
    at: float
    decision: str
    quotes: tuple[Quote, ...] = ()
    chains: tuple[ChainQuotes, ...] = ()


@dataclass(frozen=True, slots=True)
class VolatilityWanted:
    """Somebody wants to know which daily volatilities of these symbols the lake lacks, as of `today` (`YYYYMMDD`)."""

    reply_to: str
    today: str
    symbols: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class VolatilityMissing:
    """The answer to `VolatilityWanted`: of each symbol that lacks some, how many sessions back and which days."""

    today: str
    missing: tuple[tuple[str, int, tuple[str, ...]], ...]


@dataclass(frozen=True, slots=True)
class SessionOver:
    """The session of `day` (`YYYYMMDD`) is over: what is rolled up by day can be."""

    day: str


@dataclass(frozen=True, slots=True)
class RecordedWanted:
    """Somebody wants a recorded chain: the latest, or what was known of it at market time `at` (epoch seconds)."""

    reply_to: str
    correlation: str
    symbol: str
    at: float | None = None


@dataclass(frozen=True, slots=True)
class Recorded:
    """The answer to `RecordedWanted`, also of rows that are accepted and not committed yet."""

    correlation: str
    quotes: tuple[Quote, ...]
