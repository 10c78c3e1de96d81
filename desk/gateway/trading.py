"""The exchange of one gateway, put together: its book from the journal, its prices from the source."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from random import Random

from desk.gateway.clients import Context
from desk.gateway.daybook import Daybook
from desk.gateway.exchange.blotter import Blotter
from desk.gateway.exchange.exchange import Exchange
from desk.gateway.exchange.ledger import Ledger
from desk.gateway.exchange.portfolio import Portfolio
from desk.gateway.exchange.prices import Prices
from desk.gateway.exchange.rules import Rules
from desk.gateway.source import Quotes
from desk.market import contracts
from messages.contract import Contract

_VALUED_EVERY = 1.0
"""Seconds for which a price is good enough to value positions and margins."""


@dataclass(frozen=True, slots=True)
class Trading:
    """The exchange with its portfolio, and the journal of its book if there is one."""

    exchange: Exchange
    portfolio: Portfolio
    daybook: Daybook | None

    @classmethod
    def open(cls, context: Context, random: Random) -> Trading:
        """Return it as the journal left it; ValueError when that is no book of this account."""
        settings = context.settings
        daybook = None
        if settings.journal is not None:
            daybook = Daybook(settings.journal, settings.account, settings.cash)
        blotter = daybook.blotter if daybook is not None else Blotter(Ledger(settings.cash))

        def quote(wanted: Sequence[Contract], at: float) -> Quotes:
            return context.source.quotes([_origin(contract) for contract in wanted], at)

        def underlying(symbol: str, at: float) -> Contract | None:
            found = context.book.underlying(symbol, at)
            return found.contract if found is not None else None

        portfolio = Portfolio(blotter.ledger, Prices(quote, _VALUED_EVERY), underlying)
        rules = Rules(
            account=settings.account,
            seed=random.getrandbits(32),
            oldest=settings.oldest_quote,
            improvement=settings.improvement,
            refresh=settings.refresh,
            active=settings.active_orders,
        )
        return cls(Exchange(rules, blotter, Prices(quote), portfolio), portfolio, daybook)


@lru_cache(maxsize=65536)
def _origin(contract: Contract) -> Contract:
    """Return the source's own word for a contract: without IB's identity."""
    if contract.sec_type == "OPT":
        return contracts.option(
            contract.symbol,
            contract.expiry,
            contract.strike,
            contract.right,
            contract.trading_class,
            contract.multiplier,
        )
    if contract.sec_type == "IND":
        return contracts.index(contract.symbol, contract.exchange)
    return contracts.stock(contract.symbol)
