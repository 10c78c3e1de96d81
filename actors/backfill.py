"""BackfillActor: daily implied volatility, of the past from IB's history and of each session from its own chains."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from desk.market.calendar import exchange_date, next_session, session
from desk.runtime.actor import Actor, Context
from messages.contract import Contract
from messages.data import DailyVolatility, SessionOver, Stored, VolatilityMissing, VolatilityWanted
from messages.market import Bars, BarsWanted, Priority

_WHAT = "OPTION_IMPLIED_VOLATILITY"
_PATIENCE = 600.0
"""Market seconds that a request may wait for its turn behind everything else."""
_AGAIN = 300.0
"""Market seconds after which a symbol that could not be had is asked for again."""
_AFTER_CLOSE = 600.0
"""Market seconds after the close until which the last cycle's rows may come in."""
_NOTHING = "162"
"""How IB's answer begins when it has no such history; it is an answer, and nobody asks again."""


@dataclass(frozen=True, slots=True)
class Start:
    """See what is missing."""


@dataclass(frozen=True, slots=True)
class Close:
    """The session of `day` is over."""

    day: str


class BackfillActor(Actor):
    """Asks for a year of daily volatility per symbol, one request after the other, and only for what the lake lacks.

    A backfill that was cut off goes on with the next start: what has been stored is known. After each session it has
    the session's own chains rolled up.
    """

    kind: ClassVar[str] = "backfill"

    def __init__(self, context: Context, underlyings: tuple[Contract, ...]) -> None:
        super().__init__(context)
        self._underlyings = {each.symbol: each for each in underlyings}
        self._missing: dict[str, tuple[int, tuple[str, ...]]] = {}
        self._asked = ""
        self._stored = 0

    def started(self) -> None:
        """Look for what is missing, and wait for the close."""
        self.context.tell(self.context.name, Start())
        self._wait_for_close(self.context.clock.time())

    def receive(self, message: object) -> object:
        """Go one step further."""
        match message:
            case Start():
                today = f"{exchange_date(self.context.clock.time()):%Y%m%d}"
                symbols = tuple(self._underlyings)
                self.context.tell("persistence", VolatilityWanted(self.context.name, today, symbols))
            case VolatilityMissing(_, missing):
                self._missing = {symbol: (back, days) for symbol, back, days in missing}
                self._next()
            case Bars():
                self._answered(message)
            case Stored(_, rows, error):
                self._stored += rows
                if error:
                    self.context.after(_AGAIN, Start())
                self._next()
            case Close(day):
                self.context.tell("persistence", SessionOver(day))
                self._wait_for_close(self.context.clock.time())
            case _:
                raise TypeError(message)
        return None

    def facts(self) -> dict[str, Any]:
        """Symbols still to be asked for, and days stored."""
        return {"missing": sorted(self._missing), "days_stored": self._stored}

    def _wait_for_close(self, after: float) -> None:
        today = session(exchange_date(after))
        if today is None or today.closes + _AFTER_CLOSE <= after:
            today = next_session(exchange_date(after))
        self.context.at(today.closes + _AFTER_CLOSE, Close(f"{today.date:%Y%m%d}"))

    def _next(self) -> None:
        if not self._missing:
            return
        self._asked, (back, _) = next(iter(self._missing.items()))
        deadline = self.context.clock.time() + _PATIENCE
        contract = self._underlyings[self._asked]
        wanted = BarsWanted(self.context.name, self._asked, contract, _WHAT, back, Priority.HISTORY, deadline)
        self.context.tell("broker", wanted)

    def _answered(self, answer: Bars) -> None:
        symbol = answer.correlation
        if symbol != self._asked or symbol not in self._missing:
            return
        _, days = self._missing.pop(symbol)
        if answer.error and not answer.error.startswith(_NOTHING):
            self.context.log.info("no history yet", symbol=symbol, reason=answer.error)
            self.context.after(_AGAIN, Start())
            self._next()
            return
        wanted = set(days)
        bars = tuple(bar for bar in answer.bars if bar.date in wanted)
        self.context.tell("persistence", DailyVolatility(self.context.name, symbol, symbol, bars, days))
