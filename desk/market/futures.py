"""Futures of one root: which month is the front, and how far the next one stands above it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from desk.market import calendar
from desk.market.contracts import day
from desk.market.quotes import mid, price
from messages.contract import Quote

_SETTLES = "09:30"
"""Exchange time at which ES, NQ and VX settle on their last day; from then on the next month is the front."""


@dataclass(frozen=True, slots=True)
class Contango:
    """How far the next month stands above the front, in %: as it is, and per year; negative in backwardation."""

    percent: float
    annual: float


def settles(expiry: str) -> float:
    """Return when a future settles (epoch seconds): in the morning of its last trading day `YYYYMMDD`."""
    return calendar.at(day(expiry), _SETTLES)


def months(expiries: Iterable[str], t: float) -> list[str]:
    """Return the last trading days (`YYYYMMDD`) of the months that are not settled at epoch time `t`, front first."""
    return sorted({expiry for expiry in expiries if settles(expiry) > t})


def contango(front: float, following: float, days: float) -> Contango | None:
    """Return how far `following` stands above `front`, two prices whose expiries are `days` calendar days apart.

    Per year it is compounded: (following / front) ** (365 / days) - 1. None without two prices above zero and a day.
    """
    if not (front > 0 and following > 0 and days > 0):
        return None
    ratio = following / front
    return Contango((ratio - 1.0) * 100.0, (ratio ** (365.0 / days) - 1.0) * 100.0)


def front_to_next(quotes: Sequence[Quote], t: float) -> Contango | None:
    """Return the contango of the front month and the next at epoch time `t`, by mids or else last prices.

    None when fewer than two months are left or one of them has no price.
    """
    by_expiry = {quote.contract.expiry: quote for quote in quotes}
    left = months(by_expiry, t)[:2]
    prices = [mid(by_expiry[expiry]) or price(by_expiry[expiry]) for expiry in left]
    if len(left) < 2 or prices[0] is None or prices[1] is None:
        return None
    return contango(prices[0], prices[1], (day(left[1]) - day(left[0])).days)
