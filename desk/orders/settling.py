"""Condors that expired: what settling them in cash costs, and the line that closes them in the log."""

from __future__ import annotations

from desk.market.contracts import EUROPEAN, settlement
from desk.orders.lines import SettledLine
from messages.contract import Contract
from messages.orders import Condor, Holding


def expired(holding: Holding, now: float) -> bool:
    """Whether the position has settled in cash by market time `now`. Options on shares settle in shares: never."""
    leg = holding.condor.short_put
    return leg.trading_class in EUROPEAN and settlement(leg) <= now


def settlement_cost(condor: Condor, level: float) -> float:
    """Return what settling one condor costs its seller in dollars per share, the index having settled at `level`."""
    short_put, long_put, short_call, long_call = (_intrinsic(leg, level) for leg in condor.legs)
    return round(short_put - long_put + short_call - long_call, 10)


def settled(holding: Holding, level: float, at: float) -> SettledLine:
    """Return the line that closes an expired position; `level` is the index's settlement, `at` when it was learnt."""
    return SettledLine(holding.position, holding.quantity, settlement_cost(holding.condor, level), at)


def _intrinsic(leg: Contract, level: float) -> float:
    return max(0.0, leg.strike - level if leg.right == "P" else level - leg.strike)
