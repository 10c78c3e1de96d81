"""Price increments: which prices an order may carry."""

from __future__ import annotations

from math import ceil

from desk.gateway import reference
from messages.contract import Contract

INDEX_COMBINATION, COMBINATION = 0.05, 0.01
"""Steps of a combination's net price: Cboe's for SPX, SMART's for options on stocks."""
_SLACK = 1e-6


def increment(contract: Contract, price: float, *, index: bool) -> float:
    """Return the step of the contract's price at that level; `index` says whether its underlying is one."""
    if contract.sec_type == "BAG":
        return INDEX_COMBINATION if index else COMBINATION
    rule = reference.RULES[reference.rule(contract, index=index)]
    return next(step for edge, step in reversed(rule) if abs(price) >= edge - _SLACK)


def conforms(price: float, step: float) -> bool:
    """Whether a price is a multiple of the step."""
    return abs(price / step - round(price / step)) < _SLACK


def upwards(price: float, step: float) -> float:
    """Return the next multiple of the step at or above a price, which may be negative."""
    return round(ceil(price / step - _SLACK) * step, 10)
