"""Implied volatility and Greeks of a chain from its mids, for quotes that came without the broker's own.

The forward is what put-call parity implies near the money, so dividends and borrowing need not be known. Options of
ETFs are American (`desk.market.american`, whose approximations hold here too).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from desk.market.american import american_greeks, american_vol
from desk.market.contracts import EUROPEAN, years
from desk.market.pricing import greeks, implied_vol
from desk.market.quotes import mid
from messages.contract import Quote

Floats = npt.NDArray[np.float64]
_NAMES = ("iv", "delta", "gamma", "theta", "vega")
_NEAREST = 10  # strikes around the money whose forwards the median is taken of


def forward_from_parity(
    strike: npt.ArrayLike, call_mid: npt.ArrayLike, put_mid: npt.ArrayLike, discount: float, upto: float = np.inf
) -> float:
    """Return the forward that calls and puts of one expiry imply: the median of K + (C - P) / discount near the money.

    Arrays of one length; rows with NaN are left out. Near the money are the 10 strikes where call and put are closest.
    `upto` leaves out higher strikes: of American options those up to the underlying's price tell, where neither side is
    worth exercising early. NaN when no strike has both.
    """
    k, c, p = (np.asarray(a, dtype=np.float64) for a in (strike, call_mid, put_mid))
    both = np.isfinite(k) & np.isfinite(c) & np.isfinite(p) & (k <= upto)
    if not both.any():
        return float("nan")
    k, gap = k[both], (c - p)[both]
    near = np.argsort(np.abs(gap), kind="stable")[:_NEAREST]
    return float(np.median(k[near] + gap[near] / discount))


def fill_greeks(quotes: Sequence[Quote], t: float, rate: float) -> list[Quote]:
    """Return the quotes of one chain in their order, those without Greeks filled from their mid and marked `mid`.

    `t` is market time in epoch seconds, `rate` the continuous interest rate per year. Each expiry of a class has the
    forward that parity implies, or the underlying's price carried at `rate`. A quote without a usable bid and ask stays
    as it is; for one that no volatility explains `missing` says why: `expired`, `no_time_value` (its mid is not above
    what exercising pays), `no_volatility` (nothing else gives its mid), `no_forward`.
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
    forward = _forward(quotes, mids, discount, spot)
    if not np.isfinite(forward):
        forward = spot / discount
    if not np.isfinite(forward):
        return [_explained(q, "no_forward") if _lacks(q) else q for q in quotes]
    lacking = [n for n, q in enumerate(quotes) if _lacks(q)]
    found = list(quotes)
    figures, reasons = _figures([quotes[n] for n in lacking], mids[lacking], left, discount, forward, spot)
    for n, row, reason in zip(lacking, figures, reasons, strict=True):
        found[n] = _filled(quotes[n], row, reason)
    return found


def _figures(
    quotes: list[Quote], mids: Floats, left: float, discount: float, forward: float, spot: float
) -> tuple[Floats, list[str]]:
    """Return iv, delta, gamma, theta and vega per quote of one expiry, and why there are none if there are none."""
    strike = np.array([q.contract.strike for q in quotes])
    call = np.array([q.contract.right == "C" for q in quotes])
    now = spot if np.isfinite(spot) else forward * discount
    least = np.where(call, forward - strike, strike - forward) * discount
    if quotes[0].contract.trading_class in EUROPEAN:
        iv = implied_vol(mids, forward, strike, left, discount, call)
        g = greeks(forward, strike, left, iv, discount, call, now)
    else:
        iv = american_vol(mids, now, forward, strike, left, discount, call)
        g = american_greeks(now, forward, strike, left, iv, discount, call)
        least = np.maximum(least, np.where(call, now - strike, strike - now))
    timeless = "expired" if left <= 0 else "no_time_value"
    reasons = [timeless if left <= 0 or m <= w else "no_volatility" for m, w in zip(mids, least, strict=True)]
    return np.column_stack([iv, g.delta, g.gamma, g.theta, g.vega]), reasons


def _filled(quote: Quote, row: Floats, reason: str) -> Quote:
    if not np.isfinite(row).all():
        return _explained(quote, reason)
    iv, delta, gamma, theta, vega = map(float, row)
    return replace(quote, iv=iv, delta=delta, gamma=gamma, theta=theta, vega=vega, greeks_source="mid")


def _explained(quote: Quote, reason: str) -> Quote:
    """Say in `missing` why there are no Greeks."""
    return quote if reason in quote.missing else replace(quote, missing=(*quote.missing, reason))


def _forward(quotes: list[Quote], mids: Floats, discount: float, spot: float) -> float:
    calls = {q.contract.strike: m for q, m in zip(quotes, mids, strict=True) if q.contract.right == "C"}
    puts = {q.contract.strike: m for q, m in zip(quotes, mids, strict=True) if q.contract.right == "P"}
    strikes = sorted(calls.keys() & puts.keys())
    of = ([calls[k] for k in strikes], [puts[k] for k in strikes])
    early = quotes[0].contract.trading_class not in EUROPEAN and np.isfinite(spot)
    return forward_from_parity(strikes, *of, discount, spot if early else np.inf)
