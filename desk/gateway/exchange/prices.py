"""Prices of contracts at one moment, each asked for once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from math import floor, isnan, nan
from typing import NamedTuple

from desk.gateway.source import Quotes
from messages.contract import Contract

Quote = Callable[[Sequence[Contract], float], Quotes]
"""Quotes of contracts at an epoch time, in their order."""


class Price(NamedTuple):
    """The quote of one contract: NaN is "not there"; `age` in seconds since it was made."""

    bid: float
    ask: float
    bid_size: float
    ask_size: float
    last: float
    age: float

    @property
    def mark(self) -> float:
        """What a position is valued at: mid of an uncrossed quote with an ask, else the last price, else NaN."""
        bid = 0.0 if isnan(self.bid) else self.bid
        return (bid + self.ask) / 2 if self.ask > 0 and 0 <= bid <= self.ask else self.last


class Prices:
    """The market at one moment; asking for another moment forgets it.

    With a `step`, moments are that many seconds apart and the last one counts: cheaper, for what need not be exact.
    """

    def __init__(self, quote: Quote, step: float = 0.0) -> None:
        self._quote = quote
        self._step = step
        self._now = nan
        self._known: dict[int, Price] = {}

    def at(self, contracts: Iterable[Contract], now: float) -> Mapping[int, Price]:
        """Return prices by contract id, of these contracts at least, in one call of the source."""
        if self._step:
            now = floor(now / self._step) * self._step
        if now != self._now:
            self._now, self._known = now, {}
        missing = list({c.con_id: c for c in contracts if c.con_id not in self._known}.values())
        if missing:
            self._known.update(zip((c.con_id for c in missing), self._ask(missing, now), strict=True))
        return self._known

    def one(self, contract: Contract, now: float) -> Price:
        """Return the price of one contract."""
        return self.at((contract,), now)[contract.con_id]

    def _ask(self, contracts: Sequence[Contract], now: float) -> Iterable[Price]:
        q = self._quote(contracts, now)
        ages = q.age.tolist() if q.age is not None else [nan] * len(contracts)
        sides = (q.bid.tolist(), q.ask.tolist(), q.bid_size.tolist(), q.ask_size.tolist(), q.last.tolist())
        return map(Price._make, zip(*sides, ages, strict=True))
