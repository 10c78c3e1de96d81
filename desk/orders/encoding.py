"""The one place for sign, tick and legs: how a condor goes over the wire, and back.

Every condor is bought. An opening buys a BAG whose legs sell the shorts and buy the wings, at a negative limit: it
pays. A closing buys the reversed legs, at a positive limit: it costs. Strategies and logs see positive prices per share
only, the credit of an opening and the debit of a closing; what the wire sees is called `net` here.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from desk.market.contracts import EUROPEAN
from messages.orders import Action, Condor, Executed, Order

_INDEX_TICK, _TICK = 0.05, 0.01
_FINE_INDICES = frozenset({"XSP"})
_UNDERLYING = {"SPXW": "SPX", "NDXP": "NDX", "RUTW": "RUT", "VIXW": "VIX"}
# A price counts as on the tick when it is off by less than this part of one: decimal noise, not a price.
_SLACK = 1e-6


@dataclass(frozen=True, slots=True)
class ComboLeg:
    """A leg of a BAG as it is sent: how many are bought or sold for each BAG that is bought."""

    con_id: int
    ratio: int
    buy: bool


def combo(condor: Condor, action: Action) -> tuple[ComboLeg, ...]:
    """Return the legs of the BAG to buy: short put, long put, short call, long call. ValueError as `check`."""
    check(condor)
    opening = action is Action.OPEN
    longs = (condor.long_put, condor.long_call)
    return tuple(ComboLeg(leg.con_id, 1, (leg in longs) is opening) for leg in condor.legs)


def check(condor: Condor) -> None:
    """Raise ValueError when the four contracts are no iron condor of one expiry and class, each with its conId."""
    legs = condor.legs
    if len({(leg.symbol, leg.sec_type, leg.expiry, leg.trading_class, leg.multiplier) for leg in legs}) != 1:
        raise ValueError(f"the legs differ in symbol, expiry, class or multiplier: {legs}")
    if [leg.right for leg in legs] != ["P", "P", "C", "C"]:
        raise ValueError(f"the legs' rights are not put, put, call, call: {legs}")
    strikes = condor.long_put.strike, condor.short_put.strike, condor.short_call.strike, condor.long_call.strike
    if not 0 < strikes[0] < strikes[1] <= strikes[2] < strikes[3]:
        raise ValueError(f"strikes do not ascend from long put to long call: {strikes}")
    ids = [leg.con_id for leg in legs]
    if min(ids) <= 0 or len(set(ids)) != 4:
        raise ValueError(f"each leg needs a conId of its own: {ids}")


def net(action: Action, price: float, tick: float) -> float:
    """Return the limit at which the BAG is bought, on the tick: negative for an opening, positive for a closing.

    `price` is the credit or the debit per share. Off the tick it is rounded to the better side, so that an opening
    never takes less and a closing never pays more than `price`. ValueError when the price is not a number, when a
    credit is not above zero or a debit is below it.
    """
    if not math.isfinite(price) or price < 0 or (action is Action.OPEN and price == 0):
        raise ValueError(f"{price} is no price at which to {action.value} a condor")
    steps = price / tick
    ticks = -math.ceil(steps - _SLACK) if action is Action.OPEN else math.floor(steps + _SLACK)
    return round(ticks * tick, 10)


def price(action: Action, net: float) -> float:
    """Return the credit of an opening or the debit of a closing for what a BAG cost on the wire."""
    return 0.0 - net if action is Action.OPEN else net


def combo_tick(condor: Condor) -> float:
    """Return the step of the net price in dollars: 0.05 for SPX and other indices, 0.01 for XSP and ETFs.

    Cboe's specification for SPX; IB takes the same for orders routed SMART.
    """
    return class_tick(condor.short_put.trading_class)


def class_tick(name: str) -> float:
    """Return the same for a trading class, or for the symbol of a BAG."""
    return _INDEX_TICK if name in EUROPEAN - _FINE_INDICES else _TICK


def bag_symbol(condor: Condor) -> str:
    """Return the symbol of the BAG: the underlying's, as IB refuses a class (`SPXW`) in its place (error 478)."""
    symbol = condor.short_put.symbol
    return _UNDERLYING.get(symbol, symbol)


def multiplier(condor: Condor) -> int:
    """Return the shares that one contract of each leg stands for; ValueError when the contract does not say."""
    return int(condor.short_put.multiplier)


def contradiction(order: Order, row: Executed) -> str:
    """Say what an execution has that its order cannot have led to; empty when it fits.

    For the first fill above all: sides of the BAG and of each leg, and the sign of the BAG's price.
    """
    if row.con_id == 0:
        if not row.bought:
            return "the BAG was sold; every BAG of this desk is bought"
        if order.action is Action.OPEN and row.price > 0:
            return f"the opening cost {row.price:.2f}; a condor is opened for a credit"
        return ""
    for leg in combo(order.condor, order.action):
        if leg.con_id == row.con_id:
            wanted, done = ("buy", "sold") if leg.buy else ("sell", "bought")
            return "" if leg.buy is row.bought else f"leg {row.con_id} was to {wanted} and was {done}"
    return f"{row.con_id} is no leg of the order"
