"""Indicators of an underlying: IV rank, trend, VIX change and expected move; those of its chain come from `smile`."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from desk.market.smile import Term, atm_iv, skew, term_structure

__all__ = ["Rank", "Term", "atm_iv", "expected_move", "iv_rank", "skew", "term_structure", "trend", "vix_change"]

DAYS = 60
ENOUGH = 30
FAST, SLOW = 20, 50


@dataclass(frozen=True, slots=True)
class Rank:
    """Where implied volatility stands in its recent history, both in 0..100.

    `value` is its place between the lowest and the highest day, `percentile` the share of days below it. Both are 50
    when the history is not `sufficient`: a rank that nothing should be decided on.
    """

    value: float
    percentile: float
    sufficient: bool


def iv_rank(history: Sequence[float], current: float | None) -> Rank:
    """Return the rank of `current` among the last 60 daily implied volatilities of `history` (oldest first, any unit).

    (current - min) / (max - min) * 100, held within 0..100 when `current` is a new extreme. Insufficient with fewer
    than 30 days, without a current value, or when all days are equal. Days that are not numbers do not count.
    """
    days = [iv for iv in history if math.isfinite(iv)][-DAYS:]
    if current is None or not math.isfinite(current) or len(days) < ENOUGH or max(days) == min(days):
        return Rank(50.0, 50.0, sufficient=False)
    low, high = min(days), max(days)
    value = (current - low) / (high - low) * 100.0
    percentile = 100.0 * sum(iv < current for iv in days) / len(days)
    return Rank(min(100.0, max(0.0, value)), percentile, sufficient=True)


def trend(closes: Sequence[float], price: float) -> str | None:
    """Return `uptrend`, `downtrend` or `neutral` by moving averages of 20 and 50 daily closes (oldest first).

    Up is price > SMA20 > SMA50, down is price < SMA20 < SMA50. None with fewer than 50 closes.
    """
    if len(closes) < SLOW or not math.isfinite(price):
        return None
    fast, slow = (math.fsum(closes[-n:]) / n for n in (FAST, SLOW))
    if price > fast > slow:
        return "uptrend"
    return "downtrend" if price < fast < slow else "neutral"


def vix_change(current: float | None, previous_close: float | None) -> float | None:
    """Return the change since the previous close as a fraction (0.2 is up 20 %), None when either is missing."""
    if current is None or previous_close is None:
        return None
    if not (math.isfinite(current) and math.isfinite(previous_close) and previous_close > 0):
        return None
    return (current - previous_close) / previous_close


def expected_move(price: float, iv: float, days: float) -> float:
    """Return one standard deviation of the price over calendar `days`, in points: price * iv * sqrt(days / 365).

    The usual first-order form of the lognormal move; `iv` is a fraction per year.
    """
    return price * iv * math.sqrt(days / 365.0)
