"""At which level the underlying of an expired option settled, as far as we can know it.

On the day itself that is the index's last price once the option has settled; on a later day the close of that day's bar
(its open for AM-settled options). The exchange's own settlement value is not in IB's feed: for PM-settled options it is
the closing price, for AM-settled ones it comes from the opening prices of the components and may differ from the bar.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from desk.market.calendar import exchange_date
from desk.market.contracts import AM_SETTLED, EUROPEAN, index, settlement, settlement_day, stock
from desk.orders.edge import BROKER, Edge
from messages.contract import Contract
from messages.market import Bars, BarsWanted, Priority, Spots, SpotsWanted

_AFTER = 1.0
"""Market seconds after the settlement at which the level is asked for."""
_AGAIN = 60.0
"""Market seconds between two questions for one level."""
_BEFORE = 300.0
"""Market seconds before a close from which the last price counts as the closing price."""
_DAYS = 10
"""Sessions of bars asked for."""

Key = tuple[str, float]


@dataclass(frozen=True, slots=True)
class _Asked:
    leg: Contract
    at: float


class Levels:
    """Settlement levels by underlying and settlement time."""

    def __init__(self, edge: Edge) -> None:
        self._edge = edge
        self._known: dict[Key, float] = {}
        self._asked: dict[str, _Asked] = {}
        self._next: dict[Key, float] = {}

    def of(self, leg: Contract) -> float | None:
        """Return the level at which an option settled, None while it is not known."""
        return self._known.get(_key(leg))

    def due(self, legs: Iterable[Contract]) -> float:
        """Return when a level of these options is to be asked for."""
        keys = (_key(leg) for leg in legs)
        return min((max(k[1] + _AFTER, self._next.get(k, 0.0)) for k in keys if k not in self._known), default=_NEVER)

    def wake(self, legs: Iterable[Contract]) -> None:
        """Ask for the levels that are due."""
        now = self._edge.now()
        for leg in legs:
            if now >= self.due((leg,)):
                self._next[_key(leg)] = now + _AGAIN
                self._ask(leg, now)

    def take(self, answer: Spots | Bars) -> bool:
        """Take an answer; whether it was one to a question of these levels."""
        asked = self._asked.pop(answer.correlation, None)
        if asked is None:
            return False
        level = _last(answer, asked.leg) if isinstance(answer, Spots) else _bar(answer, asked.leg)
        if level is not None:
            self._known[_key(asked.leg)] = level
        return True

    def _ask(self, leg: Contract, now: float) -> None:
        underlying = index(leg.symbol) if leg.trading_class in EUROPEAN else stock(leg.symbol)
        me, until = self._edge.name, now + _AGAIN
        correlation = f"{me} level {leg.symbol} {now:.3f}"
        self._asked = {name: asked for name, asked in self._asked.items() if now - asked.at < _AGAIN}
        self._asked[correlation] = _Asked(leg, now)
        if exchange_date(now) == settlement_day(leg):
            self._edge.tell(BROKER, SpotsWanted(me, correlation, (underlying,), Priority.POSITION, until))
        else:
            wanted = BarsWanted(me, correlation, underlying, "TRADES", _DAYS, Priority.POSITION, until)
            self._edge.tell(BROKER, wanted)


_NEVER = float("inf")


def _key(leg: Contract) -> Key:
    return leg.symbol, settlement(leg)


def _last(answer: Spots, leg: Contract) -> float | None:
    quote = answer.quotes[0] if answer.quotes else None
    since = settlement(leg) - (0.0 if leg.trading_class in AM_SETTLED else _BEFORE)
    return quote.last if quote is not None and quote.received >= since else None


def _bar(answer: Bars, leg: Contract) -> float | None:
    date = f"{settlement_day(leg):%Y%m%d}"
    bar = next((bar for bar in answer.bars if bar.date == date), None)
    if bar is None:
        return None
    return bar.open if leg.trading_class in AM_SETTLED else bar.close
