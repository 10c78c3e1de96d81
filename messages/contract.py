"""What can be quoted and traded, and a quote of it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Contract:
    """An instrument in IB's terms.

    `expiry` is IB's last trading day as `YYYYMMDD`: an AM-settled SPX monthly carries the Thursday.
    `strike` is in points; `right` is `P`, `C` or empty; `con_id` is 0 while unknown.
    """

    symbol: str
    sec_type: str
    exchange: str = "SMART"
    currency: str = "USD"
    expiry: str = ""
    strike: float = 0.0
    right: str = ""
    multiplier: str = ""
    trading_class: str = ""
    local_symbol: str = ""
    con_id: int = 0


@dataclass(frozen=True, slots=True)
class Quote:
    """What is known of a contract at market time `received` (epoch seconds). What was not sent is None, never 0.

    Prices in dollars per share; `iv` as a fraction per year; Greeks per share: `theta` per calendar day, `vega` per
    vol point. `greeks_source` is `model` (IB's), `mid` (computed from bid and ask) or empty. `missing` names what the
    deadline cut off: `bid`, `ask`, `greeks`, or an error code such as `354`.
    """

    contract: Contract
    received: float
    bid: float | None = None
    ask: float | None = None
    bid_size: float | None = None
    ask_size: float | None = None
    last: float | None = None
    close: float | None = None
    volume: int | None = None
    open_interest: int | None = None
    iv: float | None = None
    delta: float | None = None
    gamma: float | None = None
    theta: float | None = None
    vega: float | None = None
    underlying: float | None = None
    greeks_source: str = ""
    venue: str = ""
    missing: tuple[str, ...] = ()

    @property
    def two_sided(self) -> bool:
        """Whether both a bid and an ask came."""
        return self.bid is not None and self.ask is not None


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar of history; `date` is `YYYYMMDD` for daily bars. Prices in dollars (or IV as a fraction)."""

    date: str
    open: float
    high: float
    low: float
    close: float
    volume: int | None = None
