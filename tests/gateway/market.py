"""A small market for the gateway's tests: two indices, two ETFs, a few expiries; figures follow from the contract."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

import numpy as np

from desk.gateway.source import FITTED, REPLAY, Floats, Quotes
from desk.market.contracts import index, option, stock
from messages.contract import Bar, Contract

START = datetime(2019, 5, 13, 14, 0, tzinfo=UTC)
"""A Monday, 10:00 in New York."""

SPOT = {"SPX": 2820.0, "VIX": 20.5, "SPY": 281.5, "QQQ": 182.0}
WEEKLIES = ("20190513", "20190515", "20190517", "20190621", "20190719")
MONTHLIES_AM = ("20190516", "20190620")
UNPRICED = 2900.0
"""SPX options of this strike have a market without bid, last, volume, open interest or Greeks."""


@dataclass
class Market:
    """See `Source`. `drift` is added to every price: a test moves the market by setting it."""

    drift: float = 0.0
    calls: list[int] = field(default_factory=list)
    broken: bool = False

    def underlyings(self, at: float) -> Sequence[Contract]:
        return [index("SPX"), index("VIX"), stock("SPY"), stock("QQQ")]

    def listed(self, symbol: str, at: float) -> Sequence[Contract]:
        if symbol == "SPX":
            made = [option("SPX", e, k, r, "SPX") for e in MONTHLIES_AM for k in _strikes(2700, 2925, 25) for r in "CP"]
            return made + [
                option("SPX", e, k, r, "SPXW") for e in WEEKLIES for k in _strikes(2750, 2905, 5) for r in "CP"
            ]
        if symbol == "SPY":
            return [option("SPY", e, k, r, "SPY") for e in WEEKLIES for k in _strikes(270, 291, 1) for r in "CP"]
        return []

    def futures(self, at: float) -> Sequence[Contract]:
        return []

    def quotes(self, contracts: Sequence[Contract], at: float) -> Quotes:
        if self.broken:
            raise RuntimeError("no market")
        self.calls.append(len(contracts))
        spot = np.array([SPOT[c.symbol] for c in contracts]) + self.drift
        strike = np.array([c.strike for c in contracts])
        option = np.array([c.sec_type == "OPT" for c in contracts])
        there = ~(option & (strike == UNPRICED))
        mid = np.where(option, np.round(5.0 + np.abs(spot - strike) / 10, 2), spot)
        gone = np.where(there, 1.0, np.nan)
        greek = np.where(option, gone, np.nan)
        flat = np.ones(len(contracts))
        return Quotes(
            bid=_cents(mid - 0.1) * gone,
            ask=_cents(mid + 0.1),
            bid_size=10 * flat * gone,
            ask_size=12 * flat,
            last=_cents(mid) * gone,
            close=_cents(mid - 1),
            volume=100 * flat * gone,
            open_interest=1000 * greek,
            iv=0.2 * greek,
            delta=0.3 * greek,
            gamma=0.01 * greek,
            theta=-0.5 * greek,
            vega=1.5 * greek,
            underlying=spot,
            kind=tuple(REPLAY if c.symbol == "SPY" else FITTED for c in contracts),
        )

    def day(self, contract: Contract, at: float) -> Bar | None:
        spot = SPOT[contract.symbol]
        return Bar("20190513", spot - 1, spot + 5.0001, spot - 6, spot + self.drift, 1000)

    def daily(self, contract: Contract, what: str, at: float) -> Sequence[Bar]:
        if contract.sec_type == "OPT" or what not in {"TRADES", "OPTION_IMPLIED_VOLATILITY"}:
            return []
        days = [f"201904{n:02}" for n in (25, 26, 29, 30)] + [f"201905{n:02}" for n in (1, 2, 3, 6, 7, 8, 9, 10)]
        scale = SPOT[contract.symbol] if what == "TRADES" else 0.15
        volume = 1000 if what == "TRADES" and contract.sec_type == "STK" else None
        return [Bar(d, scale, scale * 1.01, scale * 0.99, scale * (1 + n / 1000), volume) for n, d in enumerate(days)]


def _strikes(low: int, high: int, step: int) -> list[float]:
    return [float(k) for k in range(low, high, step)]


def _cents(price: Floats) -> Floats:
    return np.round(price, 2)
