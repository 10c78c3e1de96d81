"""One subscription to quotes: when its parts become visible, and what it has shown."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from math import inf

from desk.gateway import ticks
from desk.gateway.book import Listed
from desk.gateway.clients import Client
from desk.gateway.combination import Part
from desk.gateway.encode import market as encode
from desk.gateway.ticks import Row, Tick
from messages.contract import Bar, Contract


@dataclass(slots=True, eq=False)
class Stream:
    """Quotes of one contract to one client.

    Shows nothing before `quote_at`, no Greeks before `greeks_at` (infinite when they never come), and ends at `end_at`
    (infinite unless a snapshot); all market time. `parts` are the legs of a combination.
    """

    client: Client
    request_id: int
    listed: Listed
    generics: frozenset[int]
    min_tick: float
    quote_at: float
    greeks_at: float = inf
    end_at: float = inf
    sentinel: bool = False
    parts: tuple[Part, ...] = ()
    shown: dict[int, Tick] = field(default_factory=dict)

    @property
    def origins(self) -> Iterable[Contract]:
        """The contracts whose quotes it is made of."""
        if self.parts:
            return [part.origin for part in self.parts]
        return [] if self.listed.origin is None else [self.listed.origin]

    def show(self, row: Row, bar: Bar | None, now: float) -> None:
        """Send what is new at market time `now`."""
        if now < self.quote_at:
            return
        number, shown = self.request_id, self.shown
        new = [] if shown else self._opening()
        for tick in self._ticks(row, bar, now):
            before = shown.get(tick.tick)
            if before != tick:
                shown[tick.tick] = tick
                new.append(tick.message(number, before))
                if tick.tick == ticks.LAST:
                    new.append(encode.text(number, ticks.LAST_TIME, str(int(now))))
        if new:
            self.client.send(*new)

    def _opening(self) -> list[bytes]:
        index = self.listed.contract.sec_type == "IND"
        return [
            encode.request_parameters(self.request_id, self.min_tick, "" if index else "9c0001", 0 if index else 3),
            encode.data_type(self.request_id, self.client.data_type),
        ]

    def _ticks(self, row: Row, bar: Bar | None, now: float) -> Iterable[Tick]:
        contract = self.listed.contract
        yield from ticks.quote(row, sided=contract.sec_type != "IND")
        if bar is not None:
            yield from ticks.session(bar)
        if contract.sec_type == "FUT" and ticks.FUTURES_INTEREST in self.generics:
            yield from ticks.futures_interest(row)
        if contract.sec_type != "OPT":
            return
        if ticks.OPEN_INTEREST in self.generics:
            yield from ticks.interest(row, contract.right)
        if now >= self.greeks_at:
            yield from ticks.greeks(row)
        elif self.sentinel:
            yield ticks.Greeks(ticks.MODEL_GREEKS, encode.NOT_COMPUTED)
