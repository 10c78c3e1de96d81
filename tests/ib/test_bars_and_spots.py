from __future__ import annotations

from desk.gateway.requests.market import HistoricalData
from messages.contract import Contract
from messages.market import Bars, BarsWanted, Priority, Spots, SpotsWanted
from tests.ib.desk_on_gateway import SPXW, Bench, bench, run

SPY = Contract("SPY", "STK")
VIX = Contract("VIX", "IND", "CBOE")
NOWHERE = Contract("ZZZ", "STK")


async def _bars(made: Bench, contract: Contract, what: str, days: int) -> Bars:
    wanted = BarsWanted("t", "1", contract, what, days, Priority.HISTORY, made.clock.time() + 60)
    return await made.broker.bars(wanted)


async def _spots(made: Bench, *contracts: Contract) -> Spots:
    wanted = SpotsWanted("t", "1", contracts, Priority.ENTRY, made.clock.time() + 60)
    return await made.broker.spots(wanted)


def test_daily_bars_of_complete_sessions_oldest_first() -> None:
    async def main() -> None:
        async with bench() as made:
            answer = await _bars(made, SPY, "TRADES", 5)
            assert [bar.date for bar in answer.bars] == ["20190506", "20190507", "20190508", "20190509", "20190510"]
            assert answer.bars[-1].close == 282.0 * (1 + 11 / 1000) - 0.5 * (1 + 11 / 1000)
            assert answer.bars[-1].volume == 1000
            assert answer.error == ""
            iv = await _bars(made, Contract("SPX", "IND", "CBOE"), "OPTION_IMPLIED_VOLATILITY", 252)
            assert iv.bars[0].open == 0.15
            assert iv.bars[0].volume is None

    run(main())


def test_bars_are_asked_for_once_a_day() -> None:
    async def main() -> None:
        async with bench() as made:
            handler = made.served.gateway._handlers[HistoricalData]
            asked: list[object] = []

            def counted(client: object, request: object) -> None:
                asked.append(request)
                handler(client, request)  # type: ignore[arg-type]

            made.served.gateway._handlers[HistoricalData] = counted
            first = await _bars(made, SPY, "TRADES", 5)
            assert await _bars(made, SPY, "TRADES", 5) == first
            assert len(asked) == 1

    run(main())


def test_what_has_no_history_says_so() -> None:
    async def main() -> None:
        async with bench() as made:
            answer = await _bars(made, NOWHERE, "TRADES", 5)
            assert answer.bars == ()
            assert answer.error.startswith("200: ")
            assert made.broker.facts()["breaker"] == "closed"

    run(main())


def test_spots_come_in_the_order_asked_and_none_where_nothing_came() -> None:
    async def main() -> None:
        async with bench(latency=1.0) as made:
            answer = await _spots(made, VIX, NOWHERE, SPY)
            vix, nothing, spy = answer.quotes
            assert vix is not None
            assert spy is not None
            assert nothing is None
            assert (vix.last, spy.bid, spy.ask, spy.last) == (20.5, 281.4, 281.6, 281.5)
            assert answer.error.startswith("ZZZ 200: ")

    run(main())


def test_a_standing_line_is_shared_kept_and_follows_the_market() -> None:
    async def main() -> None:
        async with bench() as made:
            await _spots(made, SPY)
            lines = made.broker.facts()["lines"]
            made.served.market.drift = 2.0
            await made.broker._timers.sleep(2.0)
            (spy,) = (await _spots(made, SPY)).quotes
            assert spy is not None
            assert spy.last == 283.5
            assert spy.received > made.clock.time() - 3.0
            assert made.broker.facts()["lines"] == lines == 1

    run(main())


def test_a_standing_line_without_a_tick_for_a_minute_is_made_anew() -> None:
    async def main() -> None:
        async with bench() as made:
            await _spots(made, SPY)
            before = set(made.broker._feeds._requests)
            await made.broker._timers.sleep(70.0)
            (spy,) = (await _spots(made, SPY)).quotes
            assert spy is not None
            assert spy.received > made.clock.time() - 5.0
            assert not before & set(made.broker._feeds._requests)
            assert made.broker.facts()["lines"] == 1

    run(main())


async def _option(made: Bench) -> Contract:
    chain = await made.chain(SPXW)
    return chain.quotes[0].contract


def test_an_option_that_somebody_holds_comes_with_its_greeks() -> None:
    async def main() -> None:
        async with bench(latency=1.0) as made:
            option = await _option(made)
            (quote,) = (await _spots(made, option)).quotes
            assert quote is not None
            assert quote.contract == option
            assert quote.two_sided
            assert quote.delta is not None

    run(main())


def test_the_line_of_an_option_that_nobody_asks_for_any_more_is_given_back() -> None:
    async def main() -> None:
        async with bench(speed=6000.0) as made:
            option = await _option(made)
            await made.broker._timers.sleep(10.0)
            lines = made.broker.facts()["lines"]
            for _ in range(3):
                await _spots(made, option)
                await made.broker._timers.sleep(600.0)
            assert made.broker.facts()["lines"] == lines + 1
            await made.broker._timers.sleep(400.0)
            await _spots(made, Contract("SPX", "IND", "CBOE"))
            await made.broker._timers.sleep(10.0)
            assert made.broker.facts()["lines"] == lines

    run(main())


def test_all_failing_is_an_error() -> None:
    async def main() -> None:
        async with bench() as made:
            answer = await _spots(made, NOWHERE)
            assert answer.quotes == (None,)
            assert answer.error.startswith("200: ")

    run(main())
