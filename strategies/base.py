"""What a strategy sees, what it remembers, and what it decides: values, and the class that plug-ins fill in."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from typing import ClassVar, Generic, TypeVar

from desk.market.calendar import exchange_date
from messages.contract import Contract, Quote
from messages.market import ChainQuotes, Selection
from strategies.params import Params

Want = Selection | Contract
"""What a decision still needs: a part of a chain, or the quote of an underlying or index."""


@dataclass(frozen=True, slots=True)
class View:
    """The market as a strategy sees it at market time `t` (epoch seconds).

    Holds what was asked for: quotes of underlyings and indices, and chains under the selection they were asked with.
    What was asked for and did not come is there as a quote without prices, or a chain without quotes.
    """

    t: float
    quotes: tuple[Quote, ...] = ()
    chains: tuple[ChainQuotes, ...] = ()

    def quote(self, contract: Contract) -> Quote | None:
        """Return the quote of a stock or index, None when it has not been asked for."""
        wanted = (contract.symbol, contract.sec_type)
        return next((q for q in self.quotes if (q.contract.symbol, q.contract.sec_type) == wanted), None)

    def chain(self, selection: Selection) -> ChainQuotes | None:
        """Return the answer to that very selection, None when it has not been asked for."""
        return next((c for c in self.chains if c.selection == selection), None)

    def plus(self, *answers: Quote | ChainQuotes) -> View:
        """Return this view with answers added."""
        quotes = tuple(a for a in answers if isinstance(a, Quote))
        chains = tuple(a for a in answers if isinstance(a, ChainQuotes))
        return replace(self, quotes=self.quotes + quotes, chains=self.chains + chains)


class Phase(StrEnum):
    """Where a strategy is in its life."""

    STOPPED = "STOPPED"
    STARTING = "STARTING"
    RUNNING = "RUNNING"
    STOPPING = "STOPPING"


_NEXT: Mapping[Phase, frozenset[Phase]] = {
    Phase.STOPPED: frozenset({Phase.STARTING}),
    Phase.STARTING: frozenset({Phase.RUNNING, Phase.STOPPING}),
    Phase.RUNNING: frozenset({Phase.STOPPING}),
    Phase.STOPPING: frozenset({Phase.STOPPED}),
}


@dataclass(frozen=True, slots=True)
class Condor:
    """An iron condor of one expiry. Prices in dollars per share, positive when received.

    `credit` is what the mids pay, on the tick; `natural` what selling at the bid and buying at the ask pays.
    """

    short_put: Contract
    long_put: Contract
    short_call: Contract
    long_call: Contract
    credit: float
    natural: float

    @property
    def legs(self) -> tuple[Contract, Contract, Contract, Contract]:
        """Short put, long put, short call, long call."""
        return self.short_put, self.long_put, self.short_call, self.long_call

    @property
    def width(self) -> float:
        """Points between short and long strike of the wider side."""
        return max(self.short_put.strike - self.long_put.strike, self.long_call.strike - self.short_call.strike)

    @property
    def max_loss(self) -> float:
        """Most that can be lost per share when opened at `credit`."""
        return self.width - self.credit


@dataclass(frozen=True, slots=True)
class Position:
    """An open condor: `quantity` spreads, opened at market time `opened` for `credit` dollars per share."""

    condor: Condor
    quantity: int
    credit: float
    opened: float


@dataclass(frozen=True, slots=True)
class State:
    """What a strategy remembers: its phase, when it sent entry orders (epoch seconds), and its open positions."""

    phase: Phase = Phase.STOPPED
    entries: tuple[float, ...] = ()
    positions: tuple[Position, ...] = ()

    def to(self, phase: Phase) -> State:
        """Return the state in another phase; ValueError when that phase does not follow this one."""
        if phase not in _NEXT[self.phase]:
            raise ValueError(f"a strategy that is {self.phase} cannot become {phase}")
        return replace(self, phase=phase)

    def entries_on(self, day: date) -> int:
        """Return how many entry orders were sent on that exchange date."""
        return sum(exchange_date(t) == day for t in self.entries)


@dataclass(frozen=True, slots=True)
class Veto:
    """A condition for an entry that does not hold: its name, a sentence, and the numbers that decided."""

    name: str
    text: str
    numbers: Mapping[str, float | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Enter:
    """Open `quantity` condors at a limit of `limit` dollars per share received."""

    condor: Condor
    quantity: int
    limit: float


@dataclass(frozen=True, slots=True)
class Decision:
    """What to do, what stood in the way, and what must be known first.

    A decision with `wants` is not final: it is asked for again with those answers in the view. One with actions may
    still name vetoes: contracts that were passed over.
    """

    actions: tuple[Enter, ...] = ()
    vetoes: tuple[Veto, ...] = ()
    wants: tuple[Want, ...] = ()


P = TypeVar("P", bound=Params)


class Strategy(ABC, Generic[P]):
    """A plug-in: named by `registry.register`, made with its parameters. It keeps no state of its own."""

    name: ClassVar[str] = ""
    params_type: ClassVar[type[Params]]

    def __init__(self, params: P) -> None:
        self.params = params

    @property
    @abstractmethod
    def poll(self) -> float:
        """Seconds of market time between decisions."""

    @abstractmethod
    def decide(self, view: View, state: State) -> Decision:
        """Return what to do, given the market and what the strategy remembers. Pure, and never raises on bad data."""
