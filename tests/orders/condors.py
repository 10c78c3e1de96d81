"""A condor, and orders of it, for tests."""

from __future__ import annotations

from dataclasses import replace

from desk.market.contracts import option
from messages.orders import Action, Condor, Order

NOW = 1557756000.0  # 2019-05-13 10:00 ET


def condor(first: int = 101, expiry: str = "20190513") -> Condor:
    strikes = ((2780, "P"), (2770, "P"), (2850, "C"), (2860, "C"))
    legs = [
        replace(option("SPX", expiry, float(strike), right, "SPXW"), con_id=first + n)
        for n, (strike, right) in enumerate(strikes)
    ]
    return Condor(*legs)


def opening(quantity: int = 2, limit: float = 1.0, worst: float = 0.8) -> Order:
    return Order("a-1", "dte0", "a-1", Action.OPEN, condor(), quantity, limit, worst, "entry", NOW)


def closing(
    quantity: int = 2, limit: float | None = 0.5, worst: float | None = 0.6, *, then_market: bool = True
) -> Order:
    return Order("a-2", "dte0", "a-1", Action.CLOSE, condor(), quantity, limit, worst, "profit", NOW, then_market)
