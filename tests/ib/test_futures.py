"""Futures through the broker, over a socket to the paper gateway."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from datetime import UTC, date, datetime
from random import Random
from typing import Any, cast

import pytest

from desk.clock import SimulatedClock
from desk.gateway.model import SHIPPED, FittedMarket, FittedSource
from desk.gateway.requests.contracts import ContractDetails
from desk.gateway.server import Gateway
from desk.gateway.settings import Settings
from desk.market.calendar import at
from desk.runtime.simulation import VirtualClock, VirtualLoop
from messages.futures import FuturesQuotes, FuturesRoot, FuturesWanted
from messages.market import Priority
from tests.gateway.market import Market
from tests.gateway.serving import Served, serving
from tests.ib.desk_on_gateway import Bench, bench, broker_at, run

PORT = 4002
DAY = date(2019, 5, 13)
ES = FuturesRoot("ES", "CME", "50", 4, "ES")
VX = FuturesRoot("VX", "CFE", "1000", 4, "VIX")


@pytest.fixture(scope="module")
def market() -> FittedMarket:
    return FittedMarket.load(SHIPPED)


async def ask(made: Bench, root: FuturesRoot, seconds: float = 60.0) -> FuturesQuotes:
    return await made.broker.futures(FuturesWanted("t", "1", root, Priority.COLLECTION, made.clock.time() + seconds))


def on(market: FittedMarket, time: float = at(DAY, "10:00"), **settings: Any) -> AbstractAsyncContextManager[Served]:
    source = cast("Market", FittedSource(market, 1))
    return serving(market=source, clock=SimulatedClock(datetime.fromtimestamp(time, UTC), 60.0), **settings)


def test_the_nearest_months_are_quoted_and_give_their_lines_back(market: FittedMarket) -> None:
    async def main() -> None:
        async with on(market) as served, broker_at(served) as made:
            await made.connected()
            for root, expiries in (
                (ES, ["20190621", "20190920", "20191220", "20200320"]),
                (VX, ["20190522", "20190619", "20190717", "20190821"]),
            ):
                answer = await ask(made, root)
                assert (answer.asked, answer.failed, answer.error) == (4, (), "")
                assert [quote.contract.expiry for quote in answer.quotes] == expiries
                assert {quote.contract.trading_class for quote in answer.quotes} == {root.symbol}
                assert {quote.venue for quote in answer.quotes} == {"FITTED"}
                assert {quote.missing for quote in answer.quotes} == {()}
                assert all(quote.two_sided and quote.last and quote.iv is None for quote in answer.quotes)
            assert answer.quotes[0].open_interest == 150_000
            await made.until(lambda: made.broker.facts()["lines"] == 0)

    run(main())


def test_the_listing_is_asked_for_once_a_day(market: FittedMarket) -> None:
    async def main() -> None:
        async with on(market) as served, broker_at(served) as made:
            await made.connected()
            handler = served.gateway._handlers[ContractDetails]
            asked: list[object] = []

            def counted(client: object, request: object) -> None:
                asked.append(request)
                handler(client, request)  # type: ignore[arg-type]  # as it came

            served.gateway._handlers[ContractDetails] = counted
            for _ in range(2):
                assert len((await ask(made, ES)).quotes) == 4
            assert len(asked) == 1

    run(main())


def test_on_expiry_day_the_front_month_rolls_at_its_settlement(market: FittedMarket) -> None:
    day, loop = date(2019, 5, 22), VirtualLoop()
    clock = VirtualClock(loop, datetime.fromtimestamp(at(day, "09:25"), UTC))

    async def months() -> list[list[str]]:
        gateway = Gateway(Settings(), FittedSource(market, 1), clock, Random(1))
        gateway.open()
        loop.serve("127.0.0.1", PORT, gateway.accept)
        served = Served(gateway, Market(), clock, PORT)
        found = []
        async with broker_at(served, governed=False) as made:
            for moment in ("09:25", "09:29", "09:30"):
                await made.broker._timers.sleep(at(day, moment) - clock.time())
                answer = await ask(made, VX)
                found.append([quote.contract.local_symbol for quote in answer.quotes])
                assert all(quote.two_sided == (moment == "09:30") for quote in answer.quotes)
        await gateway.stop()
        return found

    try:
        task = loop.create_task(months())
        loop.run_to(enough=task.done)
        before, still, after = task.result()
    finally:
        loop.close()
    assert before == still == ["VXK9", "VXM9", "VXN9", "VXQ9"]
    assert after == ["VXM9", "VXN9", "VXQ9", "VXU9"]


def test_a_market_without_futures_says_so_in_ibs_words() -> None:
    async def main() -> None:
        async with bench() as made:
            answer = await ask(made, ES)
            assert (answer.asked, answer.quotes) == (0, ())
            assert answer.error == "200: No security definition has been found for the request"
            assert made.broker.facts()["breaker"] == "closed"

    run(main())


def test_a_month_without_a_line_is_counted_and_the_others_come(market: FittedMarket) -> None:
    async def main() -> None:
        async with on(market, lines=2) as served, broker_at(served) as made:
            await made.connected()
            answer = await ask(made, ES)
            assert answer.asked == 4
            assert len(answer.quotes) + sum(count for _, count in answer.failed) == 4
            assert dict(answer.failed) == {"101": 2}

    run(main())


def test_without_a_session_the_deadline_ends_it(market: FittedMarket) -> None:
    async def main() -> None:
        async with on(market) as served:
            await served.gateway.stop()
            async with broker_at(served) as made:
                answer = await ask(made, ES, 5.0)
                assert answer.error.startswith("disconnected")

    run(main())
