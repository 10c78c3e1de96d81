"""What an order trades, seen as a package of contracts: its cost at the quotes, its size, and the price it fills at.

Costs are per share of the package and positive when the customer pays, whichever side the order is on.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import inf, isnan

from desk.gateway.exchange.increments import upwards
from desk.gateway.exchange.model import Order
from desk.gateway.exchange.prices import Price
from messages.contract import Contract

_UNSIZED = 1.0
"""Size of a side that was recorded without one, as it is also displayed."""
_SLACK = 1e-6


@dataclass(frozen=True, slots=True)
class Part:
    """One contract of a package and how many a unit of it trades: negative when sold.

    `weight` is what its price counts in the package's: the ratio where all legs have one multiplier, and in a
    combination of 100 shares with an option 1 for each.
    """

    contract: Contract
    ratio: int
    weight: float


@dataclass(frozen=True, slots=True)
class Market:
    """A package at the quotes: cost when it takes all it needs (`natural`), cost at mid, and units displayed."""

    natural: float
    mid: float
    size: float


def parts(order: Order) -> tuple[Part, ...]:
    """Return what an order trades per unit."""
    side = 1 if order.request.action == "BUY" else -1
    if not order.leg_contracts:
        return (Part(order.contract, side, side),)
    unit = max(float(contract.multiplier or 1) for contract in order.leg_contracts)
    made = []
    for leg, contract in zip(order.request.legs, order.leg_contracts, strict=True):
        ratio = side * leg.ratio * (1 if leg.action == "BUY" else -1)
        made.append(Part(contract, ratio, ratio * float(contract.multiplier or 1) / unit))
    return tuple(made)


Taken = Mapping[tuple[int, bool], float]
"""How much of a contract's displayed size others have had, by contract id and whether they bought."""


def market_of(package: Sequence[Part], prices: Mapping[int, Price], oldest: float, taken: Taken) -> Market | None:
    """Return the package's market; None while a leg's quote is older than `oldest` seconds, crossed or not there.

    A leg of a combination may be sold at a bid of zero; a single contract may not.
    """
    natural = mid = 0.0
    size = inf
    for part in package:
        price = prices[part.contract.con_id]
        bid = 0.0 if isnan(price.bid) else price.bid
        buying = part.ratio > 0
        side, shown = (price.ask, price.ask_size) if buying else (bid, price.bid_size)
        if not price.ask > 0 or not 0 <= bid <= price.ask or price.age > oldest:
            return None
        if not buying and (isnan(price.bid) or (side == 0 and len(package) == 1)):
            return None
        natural += part.weight * side
        mid += part.weight * (bid + price.ask) / 2
        left = (_UNSIZED if isnan(shown) else shown) - taken.get((part.contract.con_id, buying), 0.0)
        size = min(size, max(0.0, left // abs(part.ratio)))
    return Market(natural, mid, size)


def willing(market: Market, share: float, step: float) -> float:
    """Return the cost at which the market trades: `share` of the way from mid to natural, up to the next step."""
    return upwards(market.mid + share * (market.natural - market.mid), step)


def leg_prices(package: Sequence[Part], prices: Mapping[int, Price], market: Market, cost: float) -> list[float]:
    """Return what each leg trades at, in cents, so that together they make exactly `cost`.

    Each starts as far from its mid as the whole is. What rounding leaves over goes to a leg that is traded once per
    unit and can move that way, else to the next; where every ratio is above 1, a fraction of a cent may stay in one.
    """
    gap = market.natural - market.mid
    share = min(1.0, max(0.0, (cost - market.mid) / gap)) if gap > 0 else 0.0
    weights = [part.weight for part in package]
    cents = [float(round(100 * _between(prices[part.contract.con_id], part.ratio, share))) for part in package]
    left = round(cost * 100, 6) - sum(weight * price for weight, price in zip(weights, cents, strict=True))
    for n in sorted(range(len(package)), key=lambda n: (abs(weights[n]) != 1, weights[n] * left < 0, -cents[n])):
        taken = max(left / weights[n], -cents[n])
        cents[n] += taken
        left -= taken * weights[n]
        if abs(left) < _SLACK:
            break
    return [round(price / 100, 8) for price in cents]


def _between(price: Price, ratio: int, share: float) -> float:
    """Return the price that far from the mid towards the side that the trade takes."""
    bid = 0.0 if isnan(price.bid) else price.bid
    mid = (bid + price.ask) / 2
    return mid + share * ((price.ask if ratio > 0 else bid) - mid)
