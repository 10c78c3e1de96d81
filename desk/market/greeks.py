"""Implied volatility and Greeks of a chain from its mids, for quotes that came without the broker's own.

The forward is what put-call parity implies near the money, so dividends and borrowing need not be known. American
options are treated as European, which is close for the out-of-the-money contracts that a chain is read for.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from desk.market.contracts import years
from desk.market.pricing import greeks, implied_vol
from desk.market.quotes import mid
from messages.contract import Quote

Floats = npt.NDArray[np.float64]
_NAMES = ("iv", "delta", "gamma", "theta", "vega")
_NEAREST = 10  # strikes around the money whose forwards the median is taken of


def forward_from_parity(
    strike: npt.ArrayLike, call_mid: npt.ArrayLike, put_mid: npt.ArrayLike, discount: float
) -> float:
    """Return the forward that calls and puts of one expiry imply: the median of K + (C - P) / discount near the money.

    Arrays of one length; rows with NaN are left out. Near the money are the 10 strikes where call and put are closest.
    NaN when no strike has both.
    """
    k, c, p = (np.asarray(a, dtype=np.float64) for a in (strike, call_mid, put_mid))
    both = np.isfinite(k) & np.isfinite(c) & np.isfinite(p)
    if not both.any():
        return float("nan")
    k, gap = k[both], (c - p)[both]
    near = np.argsort(np.abs(gap), kind="stable")[:_NEAREST]
    return float(np.median(k[near] + gap[near] / discount))


def fill_greeks(quotes: Sequence[Quote], t: float, rate: float) -> list[Quote]:
    """Return the quotes of one chain in their order, those without Greeks filled from their mid and marked `mid`.

    `t` is market time in epoch seconds, `rate` the continuous interest rate per year. Each expiry of a class has the
    forward that parity implies, or the underlying's price carried at `rate`. A quote without a usable bid and ask, or
    whose mid no volatility explains, stays as it is.
    """
    found = list(quotes)
    spot = _spot(quotes)
    for rows in _expiries(quotes).values():
        if any(_lacks(quotes[i]) for i in rows):
            for i, filled in zip(rows, _fill([quotes[i] for i in rows], t, rate, spot), strict=True):
                found[i] = filled
    return found


def _expiries(quotes: Sequence[Quote]) -> dict[tuple[str, str], list[int]]:
    groups: dict[tuple[str, str], list[int]] = defaultdict(list)
    for i, quote in enumerate(quotes):
        if quote.contract.sec_type == "OPT":
            groups[quote.contract.trading_class, quote.contract.expiry].append(i)
    return groups


def _spot(quotes: Sequence[Quote]) -> float:
    known = [q.underlying for q in quotes if q.underlying is not None and q.underlying > 0]
    return float(np.median(known)) if known else float("nan")


def _lacks(quote: Quote) -> bool:
    return any(getattr(quote, name) is None for name in _NAMES) and mid(quote) is not None


def _fill(quotes: list[Quote], t: float, rate: float, spot: float) -> list[Quote]:
    """Fill the quotes of one expiry."""
    left = years(quotes[0].contract, t)
    discount = float(np.exp(-rate * left))
    mids = np.array([m if (m := mid(q)) is not None else np.nan for q in quotes])
    forward = _forward(quotes, mids, discount)
    if not np.isfinite(forward):
        forward = spot / discount
    if not np.isfinite(forward):
        return quotes
    strike = np.array([q.contract.strike for q in quotes])
    call = np.array([q.contract.right == "C" for q in quotes])
    iv = implied_vol(mids, forward, strike, left, discount, call)
    now = spot if np.isfinite(spot) else forward * discount
    g = greeks(forward, strike, left, iv, discount, call, now)
    table = np.column_stack([iv, g.delta, g.gamma, g.theta, g.vega])
    return [_filled(q, row) if _lacks(q) else q for q, row in zip(quotes, table, strict=True)]


def _filled(quote: Quote, row: Floats) -> Quote:
    if not np.isfinite(row).all():
        return quote
    iv, delta, gamma, theta, vega = map(float, row)
    return replace(quote, iv=iv, delta=delta, gamma=gamma, theta=theta, vega=vega, greeks_source="mid")


def _forward(quotes: list[Quote], mids: Floats, discount: float) -> float:
    calls = {q.contract.strike: m for q, m in zip(quotes, mids, strict=True) if q.contract.right == "C"}
    puts = {q.contract.strike: m for q, m in zip(quotes, mids, strict=True) if q.contract.right == "P"}
    strikes = sorted(calls.keys() & puts.keys())
    return forward_from_parity(strikes, [calls[k] for k in strikes], [puts[k] for k in strikes], discount)
