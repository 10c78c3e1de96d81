"""What an order would do to the account, and whether the account can bear it."""

from __future__ import annotations

from math import inf, isnan

from desk.gateway.exchange.costs import cost
from desk.gateway.exchange.model import Margin, Order
from desk.gateway.exchange.package import market_of, parts
from desk.gateway.exchange.portfolio import Portfolio


def margin_of(order: Order, portfolio: Portfolio, now: float) -> Margin:
    """Return what the rest of an order would do when filled: at its limit, a market order at the natural price."""
    package, request = parts(order), order.request
    known = portfolio.prices.at(order.contracts, now)
    market = market_of(package, known, inf, {})
    paid = market.natural if market is not None else 0.0
    if request.order_type == "LMT" and request.limit is not None:
        paid = request.limit if request.action == "BUY" else -request.limit
    fees = 0.0
    for part in package:
        mark = known[part.contract.con_id].mark
        fees += cost(part.contract, abs(part.ratio) * order.remaining, 0.0 if isnan(mark) else mark)
    return portfolio.preview(package, order.remaining, paid, fees, now)


def shortfall(margin: Margin) -> str:
    """Return IB's words when equity would not cover initial margin; empty when it would, or when the order frees it."""
    if margin.equity_change >= margin.init_change or margin.equity_after >= margin.init_after:
        return ""
    return (
        "YOUR ORDER IS NOT ACCEPTED. IN ORDER TO OBTAIN THE DESIRED POSITION YOUR EQUITY WITH LOAN VALUE "
        f"[{margin.equity_after:.2f} USD] MUST EXCEED THE INITIAL MARGIN [{margin.init_after:.2f} USD]"
    )
