"""What futures collectors ask of the broker, and its answer; see `messages.market` for how requests are made."""

from __future__ import annotations

from dataclasses import dataclass

from messages.contract import Quote
from messages.market import Priority


@dataclass(frozen=True, slots=True)
class FuturesRoot:
    """A root of futures, named by its trading class, and how many of its months are wanted, the nearest first.

    `symbol` is the trading class, `ib_symbol` what IB lists it under (VX: VIX); `multiplier` in dollars per point.
    """

    symbol: str
    exchange: str
    multiplier: str
    months: int
    ib_symbol: str


@dataclass(frozen=True, slots=True)
class FuturesWanted:
    """A collector wants quotes of the nearest unexpired months of a root."""

    reply_to: str
    correlation: str
    root: FuturesRoot
    priority: Priority
    deadline: float


@dataclass(frozen=True, slots=True)
class FuturesQuotes:
    """The answer to `FuturesWanted`: a quote for every month asked that answered at all, front first.

    `failed` maps a reason to how many months ended with it. `error` is empty, or says why nothing was quoted at all.
    """

    correlation: str
    root: FuturesRoot
    asked: int
    quotes: tuple[Quote, ...]
    failed: tuple[tuple[str, int], ...] = ()
    error: str = ""
