"""Tick by tick, five-second bars and market depth."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from ib_async import Index, Option, Stock, TickByTickBidAsk, Ticker

from desk.clock import SimulatedClock
from tests.gateway.market import START
from tests.gateway.serving import bars_request, connected, contract, run, serving, started

SPY = contract("SPY", "STK")
OPTION = contract("SPX", "OPT", "20190517", 2800, "C", trading_class="SPXW")


async def _until(true: Callable[[], bool]) -> None:
    """Let the loop go on until it is true."""
    while not true():  # noqa: ASYNC110  (three kinds of events at once)
        await asyncio.sleep(0)


def test_ib_async_reads_ticks_bars_and_the_book() -> None:
    async def scenario() -> None:
        async with serving(clock=SimulatedClock(START, 100.0)) as served, connected(served.port) as ib:
            spy = Stock("SPY", "SMART", "USD")
            option = Option("SPX", "20190517", 2800, "C", "SMART", tradingClass="SPXW")
            await ib.qualifyContractsAsync(spy, option)
            seen: list[tuple[float, float]] = []

            def note(ticker: Ticker) -> None:
                quotes = [tick for tick in ticker.tickByTicks if isinstance(tick, TickByTickBidAsk)]
                seen.extend((tick.bidPrice, tick.askSize) for tick in quotes)

            ib.reqTickByTickData(spy, "BidAsk").updateEvent += note
            book, bars = ib.reqMktDepth(option), ib.reqRealTimeBars(spy, 5, "MIDPOINT", useRTH=True)
            await _until(lambda: bool(bars and seen and book.domBids and book.domAsks))
            assert (bars[-1].open_, bars[-1].close) == (281.5, 281.5)
            assert seen == [(281.4, 12)]
            assert [(level.price, level.size) for level in [*book.domBids, *book.domAsks]] == [(6.9, 10), (7.1, 12)]
            served.market.drift = 1.0
            await _until(lambda: len(seen) > 1 and book.domBids[0].price != 6.9)
            assert seen[1] == (282.4, 12)

    run(scenario())


def test_past_ticks_come_first() -> None:
    async def scenario() -> None:
        async with serving() as served, started(served.port) as client:
            client.send(97, 3, *SPY, "Last", 5, 0)
            past = await client.until("98", "3")
            assert past[2] == "1"
            await client.until("99", "3", "1")
            client.send(98, 3)
            client.send(98, 3)
            assert "tickerId:3" in (await client.until("4", "2", "3", "300"))[4]

    run(scenario())


def test_a_side_that_goes_leaves_the_book() -> None:
    async def scenario() -> None:
        gone = contract("SPX", "OPT", "20190517", 2900, "C", trading_class="SPXW")
        async with serving() as served, started(served.port) as client:
            client.send(10, 5, 3, *gone, 5, 1, "")
            assert (await client.until("13", "1", "3"))[3:7] == ["0", "CBOE", "0", "0"]
            client.send(11, 1, 3, 1)
            client.send(11, 1, 3, 1)
            assert "tickerId:3" in (await client.until("4", "2", "3", "310"))[4]

    run(scenario())


def test_what_is_refused() -> None:
    async def scenario() -> None:
        async with serving(tick_by_tick=1, depths=1) as served, started(served.port) as client:
            client.send(97, 1, *OPTION, "BidAsk", 0, 0)
            await client.until("4", "2", "1", "10189")
            client.send(97, 2, *SPY, "Whatever", 0, 0)
            await client.until("4", "2", "2", "321")
            client.send(97, 3, *SPY, "Last", 0, 0)
            client.send(97, 3, *SPY, "Last", 0, 0)
            await client.until("4", "2", "3", "322")
            client.send(97, 4, *SPY, "Last", 0, 0)
            await client.until("4", "2", "4", "10189")
            client.send(97, 5, *contract("QQQ", "STK"), "Last", 0, 0)
            await client.until("4", "2", "5", "10190")
            client.send(10, 5, 6, *contract("SPX", "IND", exchange="CBOE"), 5, 0, "")
            await client.until("4", "2", "6", "10092")
            client.send(10, 5, 7, *SPY, 5, 0, "")
            client.send(10, 5, 8, *SPY, 5, 0, "")
            await client.until("4", "2", "8", "309")
            client.send(50, 3, 9, *SPY, 5, "YIELD", 1, "")
            await client.until("4", "2", "9", "321")
            client.send(50, 3, 10, *contract("XYZ", "STK"), 5, "TRADES", 1, "")
            await client.until("4", "2", "10", "200")

    run(scenario())


def test_an_index_has_trades_only() -> None:
    async def scenario() -> None:
        async with serving(clock=SimulatedClock(START, 100.0)) as served, connected(served.port) as ib:
            index = Index("SPX", "CBOE", "USD")
            await ib.qualifyContractsAsync(index)
            bars = ib.reqRealTimeBars(index, 5, "TRADES", useRTH=True)
            while not bars:
                await ib.updateEvent
            assert bars[-1].close == 2820
            refused: list[int] = []
            ib.errorEvent += lambda _number, code, *_: refused.append(code)
            ib.reqTickByTickData(index, "BidAsk")
            while not refused:
                await ib.errorEvent
            assert refused == [10189]

    run(scenario())


def test_what_is_lost_with_the_connection_to_ib() -> None:
    async def scenario() -> None:
        async with serving(clock=SimulatedClock(START, 100.0)) as served, started(served.port) as client:
            client.send(97, 3, *SPY, "Last", 0, 0)
            await client.until("99", "3")
            client.send(*bars_request(4, *SPY, size="1 min", duration="120 S", keep=1))
            await client.until("17", "4")
            (known,) = served.gateway._clients
            served.gateway.lose_subscriptions(known)
            await client.until("4", "2", "4", "10182")
            for message_id, number, code in ((98, 3, "300"), (25, 4, "366")):
                client.send(message_id, *([1] if message_id == 25 else []), number)
                await client.until("4", "2", str(number), code)

    run(scenario())
