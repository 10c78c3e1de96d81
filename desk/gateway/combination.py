"""Quotes of combinations: the net of the legs, each taken at the side that a trade of the whole would take."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import floor, isnan

from desk.gateway.book import Listed
from desk.gateway.clients import Client
from desk.gateway.exchange.model import BAG_ID, Leg
from desk.gateway.requests.terms import Terms
from desk.gateway.resolve import NOTHING, refuse
from desk.gateway.ticks import NO_MARKET, Row
from messages.contract import Contract


@dataclass(frozen=True, slots=True)
class Part:
    """A leg: the source's word for its contract, and how many the whole buys of it (negative: sells)."""

    origin: Contract
    ratio: int


def resolve(
    client: Client, request_id: int, terms: Terms, legs: Sequence[Leg], kind: str
) -> tuple[Listed, tuple[Part, ...]] | None:
    """Return a combination and its parts; None after error 321 without legs, 200 where a leg is none that is listed."""
    if not legs or any(leg.ratio <= 0 or leg.action not in {"BUY", "SELL"} for leg in legs):
        refuse(client, request_id, kind, "Security type 'BAG' requires combo leg details")
        return None
    context = client.context
    parts = []
    for leg in legs:
        found = context.book.find(Terms(con_id=leg.con_id, exchange=leg.exchange), context.clock.time())
        origin = found[0].origin if leg.con_id and found else None
        if origin is None:
            client.error(request_id, 200, NOTHING)
            return None
        parts.append(Part(origin, leg.ratio if leg.action == "BUY" else -leg.ratio))
    whole = Contract(terms.symbol, "BAG", terms.exchange or "SMART", terms.currency or "USD", con_id=BAG_ID)
    return Listed(whole, None), tuple(parts)


def net(parts: Sequence[Part], priced: Mapping[Contract, Row]) -> Row:
    """Return the net quote, which may be zero or negative, and the units displayed; a missing side makes it missing.

    A sold leg without a bid counts as nothing. There are no Greeks or trades of combinations.
    """
    legs = [(part.ratio, priced[part.origin]) for part in parts]
    near = [(ratio, row.ask if ratio > 0 else _bid(row)) for ratio, row in legs]
    far = [(ratio, _bid(row) if ratio > 0 else row.ask) for ratio, row in legs]
    taken = [(ratio, row.ask_size if ratio > 0 else row.bid_size) for ratio, row in legs]
    given = [(ratio, row.bid_size if ratio > 0 else row.ask_size) for ratio, row in legs]
    return NO_MARKET._replace(
        bid=_sum(far),
        ask=_sum(near),
        bid_size=_units(given),
        ask_size=_units(taken),
        close=_sum([(ratio, row.close) for ratio, row in legs]),
        kind=legs[0][1].kind,
    )


def _bid(row: Row) -> float:
    return 0.0 if isnan(row.bid) and not isnan(row.ask) else row.bid


def _sum(prices: Sequence[tuple[int, float]]) -> float:
    return round(sum(ratio * price for ratio, price in prices), 4)


def _units(sizes: Sequence[tuple[int, float]]) -> float:
    return min(1.0 if isnan(size) else max(1.0, floor(size / abs(ratio))) for ratio, size in sizes)
