"""Where the paper gateway's market comes from: what a replayed or modelled market must answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from messages.contract import Bar, Contract

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Quotes:
    """Quotes of n contracts at one market time, an array of length n per field; NaN is "not there".

    Prices in dollars per share, `iv` as a fraction per year, Greeks per share (`theta` per calendar day, `vega` per vol
    point), `underlying` in dollars. `kind` says of each quote whether it was recorded or modelled; `age` how many
    seconds ago it was recorded, NaN (or None for all) where it was made for the time asked.
    """

    bid: Floats
    ask: Floats
    bid_size: Floats
    ask_size: Floats
    last: Floats
    close: Floats
    volume: Floats
    open_interest: Floats
    iv: Floats
    delta: Floats
    gamma: Floats
    theta: Floats
    vega: Floats
    underlying: Floats
    kind: tuple[str, ...]
    age: Floats | None = None


REPLAY = "REPLAY"
FITTED = "FITTED"


class Source(Protocol):
    """A market: what is listed on a day and what it shows at a market time (epoch seconds, UTC).

    Contracts come without `con_id`; the gateway gives them theirs. Every method is deterministic for a seed.
    """

    def underlyings(self, at: float) -> Sequence[Contract]:
        """Stocks (`STK`) and indices (`IND`) known at that time."""

    def listed(self, symbol: str, at: float) -> Sequence[Contract]:
        """Options of `symbol` listed on that day, unexpired, of every trading class, in a stable order."""

    def futures(self, at: float) -> Sequence[Contract]:
        """Futures listed on that day, unexpired, with their local symbols, by root and expiry; none is an answer."""

    def quotes(self, contracts: Sequence[Contract], at: float) -> Quotes:
        """Quotes at that time, in the order of `contracts` (options, futures, stocks and indices may be mixed)."""

    def day(self, contract: Contract, at: float) -> Bar | None:
        """Return the session so far of a stock or index: open, high, low, last as close, volume."""

    def daily(self, contract: Contract, what: str, at: float) -> Sequence[Bar]:
        """Daily bars that were complete before that time, oldest first; `what` as IB's whatToShow."""
