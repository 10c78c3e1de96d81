"""Matching: whether an order trades at the quotes, how much of it, and at what price."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import blake2b
from math import inf

from desk.gateway.exchange.increments import increment
from desk.gateway.exchange.model import Order
from desk.gateway.exchange.package import Part, leg_prices, market_of, parts, willing
from desk.gateway.exchange.prices import Price
from desk.gateway.exchange.rules import Rules


@dataclass(frozen=True, slots=True)
class Fill:
    """What an order trades at once: packages, their price in the order's own sign, and each part's price."""

    quantity: float
    price: float
    parts: tuple[tuple[Part, float], ...]


class Matching:
    """Fills against the displayed quotes; what one order takes is not there for the next until sizes are refreshed."""

    def __init__(self, rules: Rules) -> None:
        self._rules = rules
        self._taken: dict[tuple[int, bool], float] = {}
        self._bucket = -inf

    def open(self, now: float) -> None:
        """Begin a round of orders at that time."""
        bucket = now // self._rules.refresh
        if bucket != self._bucket:
            self._bucket = bucket
            self._taken.clear()

    def fill(self, order: Order, prices: Mapping[int, Price], *, index: bool) -> Fill | None:
        """Return what the order trades now, None when nothing; what is displayed shrinks by it.

        A market trades with it at some point between mid and natural, drawn for each order and rounded against it;
        a limit order trades when its limit is there or better.
        """
        package, request = parts(order), order.request
        market = market_of(package, prices, self._rules.oldest, self._taken)
        quantity = min(order.remaining, market.size) if market is not None else 0.0
        if market is None or quantity <= 0 or (request.tif == "FOK" and quantity < order.remaining):
            return None
        side = 1 if request.action == "BUY" else -1
        cost = willing(market, self._share(order), increment(order.contract, market.natural, index=index))
        if request.order_type == "LMT" and request.limit is not None and cost > side * request.limit + 1e-9:
            return None
        for part in package:
            key = part.contract.con_id, part.ratio > 0
            self._taken[key] = self._taken.get(key, 0.0) + abs(part.ratio) * quantity
        each = leg_prices(package, prices, market, cost) if order.leg_contracts else [side * cost]
        return Fill(quantity, side * cost + 0.0, tuple(zip(package, each, strict=True)))

    def _share(self, order: Order) -> float:
        """Return how far from mid towards natural this order trades, the same whenever it is asked."""
        digest = blake2b(f"{self._rules.seed} {order.perm_id}".encode(), digest_size=8).digest()
        return 1.0 - self._rules.improvement * int.from_bytes(digest) / 2**64
