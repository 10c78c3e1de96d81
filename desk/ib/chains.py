"""A part of an option chain: underlying and VIX, the expiries and strikes that are wanted, and their quotes."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import TypeVar

from desk.clock import LoopTimers
from desk.config import model
from desk.ib.contracts import Contracts
from desk.ib.errors import BrokerError, NoData
from desk.ib.feeds import Feeds
from desk.ib.lines import Lines
from desk.ib.quotes import Round
from desk.ib.spots import StandingQuotes
from desk.market.chain import choose_contracts, choose_expiries
from desk.market.contracts import index
from desk.market.greeks import fill_greeks
from desk.market.quotes import price as price_of
from messages.contract import Contract, Quote
from messages.market import ChainQuotes, ChainWanted, Selection

T = TypeVar("T")

_RATE = 0.03
"""Continuous interest per year for Greeks computed here. The forward comes from parity, so little depends on it."""


class Chains:
    """Answers `ChainWanted`."""

    def __init__(
        self,
        settings: model.Broker,
        contracts: Contracts,
        spots: StandingQuotes,
        feeds: Feeds,
        lines: Lines,
        timers: LoopTimers,
    ) -> None:
        self._settings = settings
        self._contracts = contracts
        self._spots = spots
        self._feeds = feeds
        self._lines = lines
        self._timers = timers

    async def chain(self, wanted: ChainWanted, progress: Callable[[int, int], None]) -> ChainQuotes:
        """Quote what is selected; at the deadline with what is there.

        Raises how the request for the underlying, its expiries or all of their listings ended.
        """
        selection = wanted.selection
        underlying = Contract(selection.symbol, selection.sec_type, selection.exchange)
        underlying = await self._contracts.underlying(underlying, wanted.priority, wanted.deadline)
        async with asyncio.TaskGroup() as group:
            vix = group.create_task(self._vix(wanted))
            spot = group.create_task(_outcome(self._spots.quote(underlying, wanted.priority, wanted.deadline)))
            found = group.create_task(_outcome(self._listed(underlying, wanted)))
        quote = _value(spot.result())
        listed, refused = _value(found.result())
        price = _price(quote)
        contracts = choose_contracts(listed, selection, price)
        round_ = Round(self._settings, self._feeds, self._lines, self._timers, wanted.priority, progress)
        await round_.run(contracts, wanted.deadline)
        failed = round_.failed + refused
        quotes = self._complete([round_.quotes[c] for c in contracts if c in round_.quotes], price)
        return ChainQuotes(
            correlation=wanted.correlation,
            selection=selection,
            asked=len(contracts) + refused.total(),
            quotes=tuple(quotes),
            failed=tuple(sorted(failed.items())),
            underlying=quote,
            vix=vix.result(),
            error="" if quotes else _nothing(selection, contracts, failed),
        )

    async def _vix(self, wanted: ChainWanted) -> Quote | None:
        try:
            return await self._spots.quote(index("VIX"), wanted.priority, wanted.deadline)
        except BrokerError:
            return None

    async def _listed(self, underlying: Contract, wanted: ChainWanted) -> tuple[list[Contract], Counter[str]]:
        """Return the options of the wanted expiries, and how many expiries IB refused to list, by reason."""
        selection, priority, deadline = wanted.selection, wanted.priority, wanted.deadline
        trading_class = selection.trading_class or selection.symbol
        known = await self._contracts.expiries(underlying, trading_class, priority, deadline)
        expiries = choose_expiries(known, selection, self._timers.clock.time())
        answers = await asyncio.gather(
            *(_outcome(self._contracts.listing(underlying, e, trading_class, priority, deadline)) for e in expiries)
        )
        refused = [answer for answer in answers if isinstance(answer, BrokerError)]
        if refused and len(refused) == len(answers):
            raise refused[0]
        listed = [c for answer in answers if not isinstance(answer, BrokerError) for c in answer]
        return listed, Counter(error.reason for error in refused)

    def _complete(self, quotes: Sequence[Quote], price: float) -> list[Quote]:
        """Compute the Greeks that IB did not send, at the underlying's price."""
        known = [q if q.underlying is not None else replace(q, underlying=price) for q in quotes]
        return fill_greeks(known, self._timers.clock.time(), _RATE)


async def _outcome(asked: Awaitable[T]) -> T | BrokerError:
    try:
        return await asked
    except BrokerError as error:
        return error


def _value(outcome: T | BrokerError) -> T:
    if isinstance(outcome, BrokerError):
        raise outcome
    return outcome


def _price(quote: Quote) -> float:
    price = price_of(quote) or quote.close
    if price is None or price <= 0:
        raise NoData("price", f"{quote.contract.symbol} has no price")
    return price


def _nothing(selection: Selection, contracts: Sequence[Contract], failed: Counter[str]) -> str:
    if contracts or failed:
        reasons = ", ".join(f"{count} {reason}" for reason, count in failed.most_common())
        return f"no contract of {len(contracts)} answered: {reasons}"
    return (
        f"{selection.symbol} lists nothing {selection.dte_min} to {selection.dte_max} days out"
        f" within {-selection.window_low:+.0%} to {selection.window_high:+.0%}"
    )
