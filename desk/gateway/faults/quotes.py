"""Faults of the market itself, which its exchange sees as well: little size, and quotes that stand still."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace

import numpy as np

from desk.gateway.faults.fault import OnMessages, Scene
from desk.gateway.source import Quotes, Source
from messages.contract import Bar, Contract

_COLUMNS = tuple(field.name for field in fields(Quotes) if field.name not in {"kind", "age"})


@dataclass(frozen=True, slots=True, kw_only=True)
class OnQuotes(OnMessages):
    """A fault of the source's quotes of the contracts it concerns."""

    def begin(self, scene: Scene) -> None:
        """See `Fault`."""
        scene.ground.market.faults.append((self, scene))
        scene.note("quotes")

    def over(self, scene: Scene) -> None:
        """See `Fault`."""
        scene.ground.market.faults.remove((self, scene))

    @abstractmethod
    def changed(self, contracts: Sequence[Contract], quotes: Quotes, at: float, scene: Scene) -> Quotes:
        """Return the quotes as they are with the fault; those of contracts that it does not concern are the same."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Thin(OnQuotes):
    """No more than `size` is displayed on either side, so that orders above it are filled in parts."""

    size: float = 1.0

    def changed(self, contracts: Sequence[Contract], quotes: Quotes, at: float, scene: Scene) -> Quotes:
        """See `OnQuotes`."""
        hit = np.array([self.fits(contract, scene) for contract in contracts])
        sizes = (quotes.bid_size, quotes.ask_size)
        bid_size, ask_size = (np.where(hit, np.minimum(size, self.size), size) for size in sizes)
        return replace(quotes, bid_size=bid_size, ask_size=ask_size)


@dataclass(frozen=True, slots=True, kw_only=True)
class Frozen(OnQuotes):
    """Quotes stand still as they were when first seen after it began, and grow old."""

    def changed(self, contracts: Sequence[Contract], quotes: Quotes, at: float, scene: Scene) -> Quotes:
        """See `OnQuotes`."""
        table = np.array([getattr(quotes, name) for name in _COLUMNS])
        age = np.zeros(len(contracts)) if quotes.age is None else quotes.age.copy()
        for column, contract in enumerate(contracts):
            if self.fits(contract, scene):
                since, values, then = scene.memory.setdefault(contract, (at, table[:, column].copy(), age[column]))
                table[:, column] = values
                age[column] = (0.0 if np.isnan(then) else then) + at - since
        return replace(quotes, age=age, **dict(zip(_COLUMNS, table, strict=True)))


class Market:
    """A `Source` as the faults leave it. `faults` are those that have begun, in order, each with its scene."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self.faults: list[tuple[OnQuotes, Scene]] = []

    def underlyings(self, at: float) -> Sequence[Contract]:
        """See `Source`."""
        return self._source.underlyings(at)

    def listed(self, symbol: str, at: float) -> Sequence[Contract]:
        """See `Source`."""
        return self._source.listed(symbol, at)

    def futures(self, at: float) -> Sequence[Contract]:
        """See `Source`."""
        return self._source.futures(at)

    def quotes(self, contracts: Sequence[Contract], at: float) -> Quotes:
        """See `Source`."""
        quotes = self._source.quotes(contracts, at)
        for fault, scene in self.faults:
            quotes = fault.changed(contracts, quotes, at, scene)
        return quotes

    def day(self, contract: Contract, at: float) -> Bar | None:
        """See `Source`."""
        return self._source.day(contract, at)

    def daily(self, contract: Contract, what: str, at: float) -> Sequence[Bar]:
        """See `Source`."""
        return self._source.daily(contract, what, at)
