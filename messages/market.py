"""What collectors and strategies ask of the broker about the market, and its answers.

Every request names who wants the answer (`reply_to`, an actor's name) and carries a correlation id that the answer
repeats.
`deadline` is market time in epoch seconds; a request that is older when its turn comes is answered as expired.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from messages.contract import Bar, Contract, Quote


class Priority(IntEnum):
    """Order of service at the broker; the smallest goes first."""

    ORDER = 0
    POSITION = 1
    ENTRY = 2
    COLLECTION = 3
    HISTORY = 4


@dataclass(frozen=True, slots=True)
class Selection:
    """Which contracts of an underlying's chain are wanted.

    `dte_min`..`dte_max` in calendar days of exchange time, both included; `expiries` is `all` or `first` of those.
    Strikes are those listed within `window_low`..`window_high` as fractions of the underlying's price (0.08 is 8 %
    either way) that are multiples of `strike_step` (0 takes all). `trading_class` is needed for index options only.
    """

    symbol: str
    sec_type: str = "STK"
    exchange: str = "SMART"
    trading_class: str = ""
    dte_min: int = 45
    dte_max: int = 75
    expiries: str = "all"
    window_low: float = 0.08
    window_high: float = 0.08
    strike_step: float = 5.0
    out_of_the_money: bool = False


@dataclass(frozen=True, slots=True)
class ChainWanted:
    """A collector or strategy wants quotes of a part of a chain."""

    reply_to: str
    correlation: str
    selection: Selection
    priority: Priority
    deadline: float


@dataclass(frozen=True, slots=True)
class ChainProgress:
    """How far a chain request has come."""

    correlation: str
    done: int
    asked: int


@dataclass(frozen=True, slots=True)
class ChainQuotes:
    """The answer to `ChainWanted`: a quote for every contract asked that answered at all.

    `failed` maps a reason (`200`, `deadline`, …) to how many contracts ended with it. `error` is empty, or says why
    nothing could be asked at all.
    """

    correlation: str
    selection: Selection
    asked: int
    quotes: tuple[Quote, ...]
    failed: tuple[tuple[str, int], ...] = ()
    underlying: Quote | None = None
    vix: Quote | None = None
    error: str = ""


@dataclass(frozen=True, slots=True)
class BarsWanted:
    """Daily history wanted: `what` is `TRADES` or `OPTION_IMPLIED_VOLATILITY`, over `days` trading days back."""

    reply_to: str
    correlation: str
    contract: Contract
    what: str
    days: int
    priority: Priority
    deadline: float


@dataclass(frozen=True, slots=True)
class Bars:
    """The answer to `BarsWanted`, oldest first."""

    correlation: str
    contract: Contract
    what: str
    bars: tuple[Bar, ...]
    error: str = ""


@dataclass(frozen=True, slots=True)
class SpotsWanted:
    """Current quotes of underlyings and indices (VIX, SPX, SPY) wanted."""

    reply_to: str
    correlation: str
    contracts: tuple[Contract, ...]
    priority: Priority
    deadline: float


@dataclass(frozen=True, slots=True)
class Spots:
    """The answer to `SpotsWanted`: quotes in the order asked, None where nothing came."""

    correlation: str
    quotes: tuple[Quote | None, ...]
    error: str = ""
