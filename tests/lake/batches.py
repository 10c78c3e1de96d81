"""Batches as collectors hand them over."""

from __future__ import annotations

from dataclasses import replace

from messages.contract import Contract, Quote
from messages.data import Batch, Slot

NOON = 1_557_763_200.0  # 2019-05-13 12:00 ET


def quote(strike: float, at: float, bid: float, symbol: str = "SPY", right: str = "P") -> Quote:
    return Quote(
        Contract(symbol, "OPT", expiry="20190621", strike=strike, right=right, trading_class=symbol),
        at,
        bid=bid,
        ask=bid + 0.05,
        volume=7,
        iv=0.161234567891,
        delta=-0.3,
        gamma=0.01,
        theta=-0.05,
        vega=0.4,
        underlying=281.5,
        greeks_source="model",
        venue="SMART",
    )


def batch(cycle: float = NOON, contracts: int = 4, bid: float = 1.0, symbol: str = "SPY") -> Batch:
    quotes = tuple(quote(280.0 + n, cycle + 1 + n / 10, bid + n, symbol) for n in range(contracts))
    slot = Slot(symbol, cycle, "COMPLETE", asked=contracts, written=contracts, seconds=2.0, vix=20.55, trend="neutral")
    return Batch("collector", f"{symbol}-{cycle}", slot, quotes)


def missed(cycle: float = NOON, symbol: str = "SPY", reason: str = "2103") -> Batch:
    return Batch("collector", f"{symbol}-{cycle}", Slot(symbol, cycle, "MISSED", reason), ())


def partial(of: Batch, reason: str, failed: int) -> Batch:
    return replace(
        of, slot=replace(of.slot, status="PARTIAL", reason=reason, asked=of.slot.asked + failed, failed=failed)
    )
