"""What a trade costs at IB: its own commission, and the fees it passes on.

IB's figures are its published US prices for up to 10,000 contracts (300,000 shares) a month; the exchange's are Cboe's
published fee codes for customers (CS, CT, CV..CY and the SPXW surcharge). `REGULATORY` is what remains of IB's own
commission reports once commission, exchange and clearing are taken off: 1.63028 dollars for one SPXW option above a
dollar and 2.56056 for two, bought or sold alike. An ETF's options cost a small customer nothing at Cboe.
"""

from __future__ import annotations

from messages.contract import Contract

Tiers = tuple[tuple[float, float], ...]
"""Lowest premium (dollars per share) and the dollars per contract from there on, ascending."""

IB_OPTION: Tiers = ((0.0, 0.25), (0.05, 0.50), (0.10, 0.65))
IB_SHARE, SHARE_CAP = 0.005, 0.01
"""Dollars per share, and the largest part of a stock trade's value that commission may be."""
MINIMUM = 1.0
"""Dollars for an order in one contract, at least; each leg of a combination is one."""

EXCHANGE: dict[str, Tiers] = {
    "SPX": ((0.0, 0.36), (1.0, 0.45)),
    "SPXW": ((0.0, 0.49), (1.0, 0.58)),
    "VIX": ((0.0, 0.10), (0.11, 0.25), (1.0, 0.40), (2.0, 0.45)),
}
"""By trading class; the weeklies' include Cboe's execution surcharge of 0.13."""
CLEARING = 0.02
REGULATORY = 0.03028


def commission(contract: Contract, quantity: float, price: float) -> float:
    """Return IB's commission in dollars for an order of `quantity` in one contract at a price per share."""
    if contract.sec_type != "OPT":
        return min(max(MINIMUM, quantity * IB_SHARE), SHARE_CAP * quantity * price)
    return max(MINIMUM, quantity * _tier(IB_OPTION, price))


def fees(contract: Contract, quantity: float, price: float) -> float:
    """Return what exchange, clearing house and regulators take, in dollars."""
    if contract.sec_type != "OPT":
        return 0.0
    return quantity * (_tier(EXCHANGE.get(contract.trading_class, ((0.0, 0.0),)), price) + CLEARING + REGULATORY)


def cost(contract: Contract, quantity: float, price: float, *, before: float = 0.0) -> float:
    """Return the dollars for a fill, when the same order had filled `before` in that contract: the minimum counts once.

    Rounded to IB's eighth digit, so that equal trades cost the same however they are added up.
    """
    whole = commission(contract, before + quantity, price) - (commission(contract, before, price) if before else 0.0)
    return round(max(0.0, whole) + fees(contract, quantity, price), 8)


def _tier(tiers: Tiers, price: float) -> float:
    return next(rate for lowest, rate in reversed(tiers) if price >= lowest - 1e-9)
