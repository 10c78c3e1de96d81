"""The months of a root of futures: what is listed, once a day, and a quote of each of the nearest."""

from __future__ import annotations

import asyncio
from collections import Counter

from desk.clock import LoopTimers
from desk.ib.contracts import Contracts
from desk.ib.convert import price, to_quote, whole
from desk.ib.errors import BrokerError, Expired, Timeout
from desk.ib.feeds import Feed, Feeds, settled
from desk.market.futures import months
from messages.contract import Contract, Quote
from messages.futures import FuturesQuotes, FuturesWanted

_OPEN_INTEREST = "588"


class Futures:
    """Answers `FuturesWanted`. Each month leases a line until its quote is there, or for `patience` seconds."""

    def __init__(self, contracts: Contracts, feeds: Feeds, timers: LoopTimers, patience: float) -> None:
        self._contracts = contracts
        self._feeds = feeds
        self._timers = timers
        self._patience = patience

    async def quotes(self, wanted: FuturesWanted) -> FuturesQuotes:
        """Quote the nearest months; at the deadline with what is there. Raises how asking for the listing ended."""
        listed = await self._contracts.futures(wanted.root, wanted.priority, wanted.deadline)
        by_expiry = {contract.expiry: contract for contract in listed}
        nearest = months(by_expiry, self._timers.clock.time())[: wanted.root.months]
        answers = await asyncio.gather(*(self._outcome(by_expiry[expiry], wanted) for expiry in nearest))
        failed = Counter(answer.reason for answer in answers if isinstance(answer, BrokerError))
        quotes = tuple(answer for answer in answers if isinstance(answer, Quote))
        return FuturesQuotes(
            wanted.correlation,
            wanted.root,
            asked=len(nearest),
            quotes=quotes,
            failed=tuple(sorted(failed.items())),
            error="" if quotes else _nothing(wanted, failed),
        )

    async def _outcome(self, contract: Contract, wanted: FuturesWanted) -> Quote | BrokerError:
        try:
            return await self._quote(contract, wanted)
        except TimeoutError:
            return Expired("its deadline passed before a line was free")
        except BrokerError as error:
            return error

    async def _quote(self, contract: Contract, wanted: FuturesWanted) -> Quote:
        subscribing = self._feeds.subscribe(contract, _OPEN_INTEREST, wanted.priority)
        feed = await self._timers.within(self._left(wanted), subscribing)
        try:
            await settled(feed, self._timers, min(self._patience, self._left(wanted)), _complete)
            if feed.error is not None:
                raise feed.error
            if feed.received is None:
                raise Timeout(f"no tick of {contract.local_symbol} came")
            missing = [side for side in ("bid", "ask") if price(getattr(feed.ticker, side)) is None]
            return to_quote(contract, feed.ticker, feed.received, [*missing, *map(str, sorted(feed.warnings))])
        finally:
            self._feeds.release(feed)

    def _left(self, wanted: FuturesWanted) -> float:
        return max(0.0, wanted.deadline - self._timers.clock.time())


def _complete(feed: Feed) -> bool:
    ticker = feed.ticker
    prices = price(ticker.bid), price(ticker.ask), price(ticker.last), whole(ticker.futuresOpenInterest)
    return None not in prices


def _nothing(wanted: FuturesWanted, failed: Counter[str]) -> str:
    reasons = ", ".join(f"{count} {reason}" for reason, count in failed.most_common())
    return f"no month of {wanted.root.symbol} answered: {reasons}" if reasons else f"{wanted.root.symbol} lists nothing"
