"""The data of one decision: what is asked of whom, and the view that the answers make."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from messages.contract import Contract, Quote
from messages.data import Recorded, RecordedWanted
from messages.market import (
    Bars,
    BarsWanted,
    ChainQuotes,
    ChainWanted,
    Priority,
    Selection,
    Spots,
    SpotsWanted,
)
from strategies.base import Answer, History, RecordedChain, Recording, View, Want

Request = ChainWanted | SpotsWanted | BarsWanted | RecordedWanted
Reply = ChainQuotes | Spots | Bars | Recorded


class Gathering:
    """Collects what one decision wants, round after round, until `deadline` (market time).

    `urgent` is the priority of single quotes: `POSITION` when something is held, which they are needed for. What does
    not come counts as answered without data, so that a decision always ends.
    """

    def __init__(self, name: str, t: float, deadline: float, urgent: Priority) -> None:
        self.view = View(t)
        self.deadline = deadline
        self.failures: list[str] = []
        self._name = name
        self._urgent = urgent
        self._asked: dict[str, tuple[Want, ...]] = {}
        self._number = 0

    @property
    def waiting(self) -> bool:
        """Whether something that was asked for has not been answered."""
        return bool(self._asked)

    def at(self, t: float) -> View:
        """Return the view as of now."""
        self.view = replace(self.view, t=t)
        return self.view

    def ask(self, wants: tuple[Want, ...]) -> Iterator[tuple[str, Request]]:
        """Yield to whom what is to be said; single quotes go together."""
        contracts = tuple(want for want in wants if isinstance(want, Contract))
        if contracts:
            key = self._key(*contracts)
            yield "broker", SpotsWanted(self._name, key, contracts, self._urgent, self.deadline)
        for want in wants:
            match want:
                case Selection():
                    key = self._key(want)
                    yield "broker", ChainWanted(self._name, key, want, Priority.ENTRY, self.deadline)
                case History(contract, what, days):
                    key = self._key(want)
                    yield (
                        "broker",
                        BarsWanted(self._name, key, contract, what, days, Priority.ENTRY, self.deadline),
                    )
                case RecordedChain(symbol):
                    yield "persistence", RecordedWanted(self._name, self._key(want), symbol)

    def take(self, reply: Reply) -> bool:
        """Take an answer in; False when it is not to a question of this decision."""
        wants = self._asked.pop(reply.correlation, None)
        if wants is None:
            return False
        self.view = self.view.plus(*_answers(reply, wants, self.view.t))
        if not isinstance(reply, Recorded) and reply.error:
            self.failures.append(reply.error)
        return True

    def give_up(self) -> int:
        """Answer without data what has not been answered; return how many wants that were."""
        wants = [want for asked in self._asked.values() for want in asked]
        self._asked.clear()
        self.view = self.view.plus(*(_nothing(want, self.view.t) for want in wants))
        return len(wants)

    def _key(self, *wants: Want) -> str:
        self._number += 1
        key = f"{self._name} {self.view.t} {self._number}"
        self._asked[key] = wants
        return key


def _answers(reply: Reply, wants: tuple[Want, ...], t: float) -> list[Answer]:
    match reply:
        case Spots(quotes=quotes):
            return [quote or _nothing(want, t) for want, quote in zip(wants, quotes, strict=True)]
        case Recorded(quotes=quotes):
            return [Recording(want.symbol, quotes) for want in wants if isinstance(want, RecordedChain)]
        case _:
            return [reply]


def _nothing(want: Want, t: float) -> Answer:
    match want:
        case Selection():
            return ChainQuotes("", want, 0, (), error="it did not come in time")
        case Contract():
            return Quote(want, t)
        case RecordedChain(symbol):
            return Recording(symbol)
        case History(contract, what):
            return Bars("", contract, what, (), error="they did not come in time")
