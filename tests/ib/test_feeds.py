from __future__ import annotations

import asyncio

import pytest

from desk.ib.errors import Disconnected, NoSuchContract
from desk.ib.pacer import Pacer
from messages.contract import Contract
from messages.market import Priority
from tests.gateway.market import WEEKLIES
from tests.ib.desk_on_gateway import Bench, bench, run

COLLECTION = Priority.COLLECTION


def _options(count: int) -> list[Contract]:
    strikes = [float(k) for k in range(270, 291)]
    return [
        Contract("SPY", "OPT", expiry=e, strike=k, right=r, multiplier="100", trading_class="SPY")
        for e in WEEKLIES
        for k in strikes
        for r in "CP"
    ][:count]


def _unpaced(made: Bench) -> None:
    free = Pacer(10**6)
    made.broker._queue._pacer = free
    made.broker._session._pacer = free


def test_the_same_subscription_is_shared_and_ends_with_its_last_user() -> None:
    async def main() -> None:
        async with bench() as made:
            feeds, (option,) = made.broker._feeds, _options(1)
            first, second = await asyncio.gather(*(feeds.subscribe(option, "101", COLLECTION) for _ in range(2)))
            assert first is second
            assert made.broker.facts()["lines"] == 1
            feeds.release(first)
            await made.until(lambda: first.received is not None)
            feeds.release(second)
            await made.until(lambda: made.broker.facts()["lines"] == 0)
            assert 300 not in made.codes()

    run(main())


def test_one_who_gives_up_does_not_spoil_it_for_the_other() -> None:
    async def main() -> None:
        async with bench({"messages_per_second": 10}) as made:
            feeds, (option,) = made.broker._feeds, _options(1)
            first = asyncio.ensure_future(feeds.subscribe(option, "101", COLLECTION))
            second = asyncio.ensure_future(feeds.subscribe(option, "101", COLLECTION))
            await asyncio.sleep(0)
            first.cancel()
            await asyncio.gather(first, return_exceptions=True)
            feed = await second
            await made.until(lambda: feed.received is not None)
            third = asyncio.ensure_future(feeds.subscribe(_options(2)[1], "101", COLLECTION))
            await asyncio.sleep(0)
            third.cancel()
            await asyncio.gather(third, return_exceptions=True)
            await made.until(lambda: made.broker.facts()["lines"] == 1)

    run(main())


def test_a_refused_subscription_says_why_and_gives_its_line_back() -> None:
    async def main() -> None:
        async with bench() as made:
            feeds = made.broker._feeds
            feed = await feeds.subscribe(Contract("ZZZ", "STK"), "", COLLECTION)
            await made.until(lambda: feed.error is not None)
            assert isinstance(feed.error, NoSuchContract)
            assert made.broker.facts()["lines"] == 0
            feeds.release(feed)
            await made.broker._timers.sleep(1.0)
            assert 300 not in made.codes()

    run(main())


def test_without_a_session_nothing_is_subscribed() -> None:
    async def main() -> None:
        async with bench() as made:
            await made.broker._session.close()
            made.broker._session.ready.clear()
            with pytest.raises(Disconnected):
                await made.broker._feeds.subscribe(_options(1)[0], "101", COLLECTION)
            assert len(made.broker._feeds) == made.broker.facts()["lines"] == 0

    run(main())


def test_memory_stays_flat_over_ten_thousand_subscriptions() -> None:
    async def main() -> None:
        async with bench(messages_per_second=0) as made:
            _unpaced(made)
            feeds, wrapper = made.broker._feeds, made.broker._session.ib.wrapper
            for _ in range(50):
                opened = [await feeds.subscribe(option, "101", Priority.ENTRY) for option in _options(90)]
                for feed in opened:
                    feeds.release(feed)
            at_first = len(wrapper.reqId2Ticker)
            for _ in range(62):
                opened = [await feeds.subscribe(option, "101", Priority.ENTRY) for option in _options(90)]
                for feed in opened:
                    feeds.release(feed)
            assert made.broker._session.ib.client._reqIdSeq > 10_000
            assert len(wrapper.reqId2Ticker) == at_first <= 500
            assert len({id(ticker) for ticker in wrapper.reqId2Ticker.values()}) == 1
            for left in (wrapper.tickers, wrapper._reqId2Contract, wrapper.ticker2ReqId, wrapper._futures):
                assert not left
            assert not feeds._requests
            assert not feeds._live
            assert made.broker.facts()["lines"] == len(feeds) == 0

    run(main())
