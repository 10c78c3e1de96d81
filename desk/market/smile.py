"""What a recorded chain says of volatility: at the money, along expiries (term structure), across strikes (skew)."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from desk.market.contracts import dte
from messages.contract import Quote

NEAR = 30  # DTE that the headline at-the-money volatility is read at, as VIX is


@dataclass(frozen=True, slots=True)
class Term:
    """At-the-money implied volatility (fraction per year) of one expiry."""

    expiry: str
    dte: int
    iv: float


def atm_iv(quotes: Sequence[Quote], price: float, t: float, expiry: str = "") -> float | None:
    """Return the implied volatility at the underlying's `price`, linear between the strikes on either side.

    Of the expiry given, else of the one nearest 30 DTE at epoch time `t` that has it. A strike's volatility is the mean
    of its put and call. None when no expiry has volatilities on both sides of the price.
    """
    if expiry:
        return _at_money([q for q in quotes if q.contract.expiry == expiry], price)
    terms = term_structure(quotes, price, t)
    return min(terms, key=lambda term: (abs(term.dte - NEAR), term.dte)).iv if terms else None


def term_structure(quotes: Sequence[Quote], price: float, t: float) -> tuple[Term, ...]:
    """Return the at-the-money volatility of each expiry, nearest first; expiries without one are left out.

    Days to expiry are counted from epoch time `t`.
    """
    groups: dict[str, list[Quote]] = defaultdict(list)
    for quote in quotes:
        groups[quote.contract.expiry].append(quote)
    found = []
    for expiry, group in sorted(groups.items()):
        if expiry and (iv := _at_money(group, price)) is not None:
            found.append(Term(expiry, dte(expiry, t), iv))
    return tuple(found)


def skew(quotes: Sequence[Quote], expiry: str, delta: float = 0.25) -> float | None:
    """Return put minus call volatility at `delta` (the 25-delta risk reversal with its sign turned), a fraction.

    Volatility is linear in delta between contracts. None when either side does not span the delta.
    """
    group = [q for q in quotes if q.contract.expiry == expiry]
    put, call = (_at_delta(group, right, delta) for right in "PC")
    return None if put is None or call is None else put - call


def _at_money(quotes: Sequence[Quote], price: float) -> float | None:
    by_strike: dict[float, list[float]] = defaultdict(list)
    for quote in quotes:
        if quote.iv is not None and math.isfinite(quote.iv) and quote.iv > 0:
            by_strike[quote.contract.strike].append(quote.iv)
    return _between({strike: sum(ivs) / len(ivs) for strike, ivs in by_strike.items()}, price)


def _at_delta(quotes: Sequence[Quote], right: str, delta: float) -> float | None:
    points = {
        abs(q.delta): q.iv
        for q in quotes
        if q.contract.right == right and q.iv is not None and q.delta is not None and math.isfinite(q.iv + q.delta)
    }
    return _between(points, delta)


def _between(points: dict[float, float], x: float) -> float | None:
    """Return the value at x, linear between points; None outside them."""
    xs = sorted(points)
    if not xs or not xs[0] <= x <= xs[-1]:
        return None
    return float(np.interp(x, xs, [points[p] for p in xs]))
