"""Which part of an option chain a selection means: expiries by days to expiry, contracts by strike."""

from __future__ import annotations

import math
from collections.abc import Iterable

from desk.market.contracts import dte
from messages.contract import Contract
from messages.market import Selection

# Strikes and window edges are decimal fractions; this absorbs what their binary forms are off by.
_SLACK = 1e-9


def choose_expiries(expiries: Iterable[str], selection: Selection, t: float) -> list[str]:
    """Return the expiries (`YYYYMMDD`) in the selection's range of DTE at epoch time `t`, nearest first."""
    found = sorted({e for e in expiries if selection.dte_min <= dte(e, t) <= selection.dte_max})
    return found[:1] if selection.expiries == "first" else found


def choose_contracts(listed: Iterable[Contract], selection: Selection, price: float) -> list[Contract]:
    """Return the listed contracts that are in the selection, by expiry, strike and right.

    `listed` may hold whole expiries of every trading class; kept are those of the selection's class, which for a stock
    is its symbol. `price` is the underlying's. Both edges of the window are in it. Out of the money means puts below
    and calls above the price.
    """
    found = [c for c in listed if _of_class(c, selection) and _in_strikes(c, selection, price)]
    return sorted(found, key=lambda c: (c.expiry, c.strike, c.right))


def is_multiple(strike: float, step: float) -> bool:
    """Return whether `strike` is a whole number of steps; a step of 0 takes every strike."""
    return step <= 0 or math.isclose(strike, round(strike / step) * step, rel_tol=_SLACK)


def _of_class(contract: Contract, selection: Selection) -> bool:
    return contract.trading_class == (selection.trading_class or selection.symbol)


def _in_strikes(contract: Contract, selection: Selection, price: float) -> bool:
    strike, slack = contract.strike, _SLACK * price
    low, high = price * (1 - selection.window_low), price * (1 + selection.window_high)
    if not low - slack <= strike <= high + slack or not is_multiple(strike, selection.strike_step):
        return False
    if not selection.out_of_the_money:
        return True
    return strike < price if contract.right == "P" else strike > price
