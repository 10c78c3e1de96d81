"""What a strategy sees, what it knows of itself, and what it decides: values, and the class that plug-ins fill in."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from typing import ClassVar, Generic, TypeVar

from desk.market.calendar import exchange_date
from messages.contract import Bar, Contract, Quote
from messages.market import Bars, ChainQuotes, Selection
from messages.orders import Book, Veto, Wish
from strategies.params import Params


@dataclass(frozen=True, slots=True)
class RecordedChain:
    """A want: the latest chain of a symbol that the desk has recorded."""

    symbol: str


@dataclass(frozen=True, slots=True)
class History:
    """A want: daily bars of complete sessions, `days` back; `what` is `TRADES` or `OPTION_IMPLIED_VOLATILITY`."""

    contract: Contract
    what: str
    days: int = 60


@dataclass(frozen=True, slots=True)
class Recording:
    """The answer to `RecordedChain`; without quotes when nothing has been recorded."""

    symbol: str
    quotes: tuple[Quote, ...] = ()


Want = Selection | Contract | RecordedChain | History
"""What a decision still needs: a part of a chain, the quote of one contract, a recorded chain, or daily bars."""
Answer = ChainQuotes | Quote | Recording | Bars


@dataclass(frozen=True, slots=True)
class View:
    """The market as a strategy sees it at market time `t` (epoch seconds).

    Holds what was asked for. What was asked for and did not come is there as a quote without prices, a chain without
    quotes, a recording without quotes, or bars with an error.
    """

    t: float
    quotes: tuple[Quote, ...] = ()
    chains: tuple[ChainQuotes, ...] = ()
    recordings: tuple[Recording, ...] = ()
    histories: tuple[Bars, ...] = ()

    def quote(self, contract: Contract) -> Quote | None:
        """Return the quote of a stock, index or option, None when it has not been asked for."""
        return next((q for q in self.quotes if _same(q.contract, contract)), None)

    def chain(self, selection: Selection) -> ChainQuotes | None:
        """Return the answer to that very selection, None when it has not been asked for."""
        return next((c for c in self.chains if c.selection == selection), None)

    def recorded(self, symbol: str) -> tuple[Quote, ...] | None:
        """Return the latest recorded chain of a symbol, None when it has not been asked for."""
        return next((r.quotes for r in self.recordings if r.symbol == symbol), None)

    def bars(self, wanted: History) -> tuple[Bar, ...] | None:
        """Return daily bars, oldest first; empty when there are none, None when they have not been asked for."""
        same = (h for h in self.histories if _same(h.contract, wanted.contract) and h.what == wanted.what)
        return next((h.bars for h in same), None)

    def has(self, want: Want) -> bool:
        """Return whether that want has been answered."""
        match want:
            case Selection():
                return self.chain(want) is not None
            case Contract():
                return self.quote(want) is not None
            case RecordedChain(symbol):
                return self.recorded(symbol) is not None
            case History():
                return self.bars(want) is not None

    def missing(self, *wanted: Want) -> tuple[Want, ...]:
        """Return the wants that have not been answered."""
        return tuple(want for want in wanted if not self.has(want))

    def plus(self, *answers: Answer) -> View:
        """Return this view with answers added."""
        return replace(
            self,
            quotes=self.quotes + tuple(a for a in answers if isinstance(a, Quote)),
            chains=self.chains + tuple(a for a in answers if isinstance(a, ChainQuotes)),
            recordings=self.recordings + tuple(a for a in answers if isinstance(a, Recording)),
            histories=self.histories + tuple(a for a in answers if isinstance(a, Bars)),
        )


def _same(one: Contract, other: Contract) -> bool:
    """Whether both name one instrument: by conId where both have it, else by what describes it.

    A class counts where both name one: options on stocks are asked for without.
    """
    if one.con_id and other.con_id:
        return one.con_id == other.con_id
    if one.trading_class and other.trading_class and one.trading_class != other.trading_class:
        return False
    return _description(one) == _description(other)


def _description(contract: Contract) -> tuple[object, ...]:
    return contract.symbol, contract.sec_type, contract.expiry, contract.strike, contract.right


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
class State:
    """What a strategy knows of itself: its phase, and its book as the trader keeps it.

    `flatten` says that a stop closes what is open, instead of keeping it.
    """

    phase: Phase = Phase.STOPPED
    book: Book = field(default_factory=lambda: Book("", 0))
    flatten: bool = False

    def to(self, phase: Phase) -> State:
        """Return the state in another phase; ValueError when that phase does not follow this one."""
        if phase not in _NEXT[self.phase]:
            raise ValueError(f"a strategy that is {self.phase} cannot become {phase}")
        return replace(self, phase=phase)

    def entries_on(self, day: date) -> int:
        """Return how many entry orders were sent on that exchange date."""
        return sum(exchange_date(t) == day for t in self.book.entries)


@dataclass(frozen=True, slots=True)
class Decision:
    """What to do, what stood in the way, and what must be known first.

    A decision with `wants` is not final: it is asked for again with those answers in the view. One with actions may
    still name vetoes: contracts that were passed over.
    """

    actions: tuple[Wish, ...] = ()
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

    def selections(self) -> tuple[Selection, ...]:
        """Parts of chains that an entry of today may ask for: `preflight` sees to it that they are listed and quoted.

        None by default: a strategy may decide on recorded chains alone.
        """
        return ()

    @abstractmethod
    def decide(self, view: View, state: State) -> Decision:
        """Return what to do, given the market and what the strategy knows. Pure, and never raises on bad data."""
