"""How long IB takes to answer, in market time: drawn from a seeded generator, scaled by one factor."""

from __future__ import annotations

from hashlib import blake2b
from random import Random

from desk.gateway.settings import Settings, Span
from desk.market.calendar import exchange_date
from desk.market.contracts import dte
from messages.contract import Contract


class Latency:
    """Draws the delay of each answer, in seconds."""

    def __init__(self, settings: Settings, random: Random) -> None:
        self._settings = settings
        self._delays = settings.delays
        self._random = random
        self._salt = random.getrandbits(64)

    def details(self, contracts: int) -> float:
        """Return the delay of contract details: more for each contract that a wildcard finds."""
        return self._draw(self._delays.details) + self._scaled(self._delays.per_contract * max(0, contracts - 1))

    def parameters(self) -> float:
        """Return the delay of option parameters."""
        return self._draw(self._delays.parameters)

    def samples(self) -> float:
        """Return the delay of matching symbols."""
        return self._draw(self._delays.samples)

    def history(self) -> float:
        """Return the delay of bars."""
        return self._draw(self._delays.history)

    def quote(self, contract: Contract, at: float) -> float:
        """Return the delay of a first quote, by the days an option has left."""
        far = bool(contract.expiry) and dte(contract.expiry, at) >= self._settings.far_dte
        return self._draw(self._delays.quote_far if far else self._delays.quote_near)

    def greeks(self, contract: Contract, at: float) -> float | None:
        """Return the delay of the first Greeks after the first quote; None when that option gets none on that day."""
        if self._share(f"{contract.con_id} {exchange_date(at)}") < self._settings.silent_share:
            return None
        return self._draw(self._delays.greeks)

    def sentinel(self) -> bool:
        """Whether the first message of Greeks says that none were computed."""
        return self._random.random() < self._settings.sentinel_share

    def snapshot(self) -> float:
        """Return how long a snapshot waits for what does not come."""
        return self._scaled(self._delays.snapshot)

    def order(self) -> float:
        """Return how long an order takes to IB, its change and its cancel too."""
        return self._draw(self._delays.order)

    def match(self) -> float:
        """Return how long an order takes from IB to the exchange."""
        return self._draw(self._delays.match)

    def report(self) -> float:
        """Return how long a fill takes to be reported."""
        return self._draw(self._delays.report)

    def commission(self) -> float:
        """Return how much later its commission is."""
        return self._draw(self._delays.commission)

    def _draw(self, span: Span) -> float:
        return self._scaled(self._random.uniform(span.low, span.high))

    def _scaled(self, seconds: float) -> float:
        return seconds * self._settings.latency

    def _share(self, text: str) -> float:
        """Return a number in 0..1 that is the same for a text whenever it is asked."""
        digest = blake2b(f"{self._salt} {text}".encode(), digest_size=8).digest()
        return int.from_bytes(digest) / 2**64
