"""Expiry: index options are settled in cash, those on stocks are exercised or assigned when they have value."""

from __future__ import annotations

from collections.abc import Iterator
from math import isnan

from desk.gateway.exchange.ledger import Ledger
from desk.gateway.exchange.model import Settled
from desk.gateway.exchange.payoff import intrinsic
from desk.gateway.exchange.portfolio import Portfolio
from desk.market.contracts import settlement


def settle(ledger: Ledger, portfolio: Portfolio, now: float) -> Iterator[Settled]:
    """Give what has settled by now, at the underlying's price of its own settlement time.

    An option whose underlying has no price then stays until there is one.
    """
    for holding in ledger.held():
        contract = holding.contract
        if contract.sec_type != "OPT" or settlement(contract) > now:
            continue
        at = settlement(contract)
        spot = portfolio.spot(contract.symbol, at)
        if isnan(spot):
            continue
        value = round(intrinsic(contract, spot), 8)
        if value == 0:
            yield Settled(contract, holding.quantity, 0.0, "expired", at)
        elif portfolio.is_index(contract.symbol, at):
            yield Settled(contract, holding.quantity, value, "cash", at)
        else:
            kind = "exercised" if holding.quantity > 0 else "assigned"
            yield Settled(contract, holding.quantity, 0.0, kind, at, portfolio.underlying(contract.symbol, at))
