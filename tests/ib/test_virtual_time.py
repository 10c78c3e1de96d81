"""The same broker and gateway on one virtual loop, where every figure is exact and the same each time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from random import Random
from typing import Any, TypeVar

import pytest

from desk.gateway.server import Gateway
from desk.gateway.settings import Delays, Settings, Span
from desk.runtime.simulation import VirtualClock, VirtualLoop
from messages.contract import Contract
from messages.market import Priority, SpotsWanted
from tests.gateway.market import START, Market
from tests.gateway.serving import Served
from tests.ib.desk_on_gateway import SPXW, Bench, broker_at

T = TypeVar("T")
Scenario = Callable[["Stage"], Awaitable[T]]
PORT = 4002


class Stage:
    """Where a scenario plays: a gateway that may be opened and closed, and brokers that look for it."""

    def __init__(self, loop: VirtualLoop) -> None:
        self.loop = loop
        self.clock = VirtualClock(loop, START)

    def open(self, **settings: Any) -> Served:
        market = Market()
        gateway = Gateway(Settings(**settings), market, self.clock, Random(1))
        gateway.open()
        self.loop.serve("127.0.0.1", PORT, gateway.accept)
        return Served(gateway, market, self.clock, PORT)

    @asynccontextmanager
    async def broker(self, served: Served | None = None, **settings: Any) -> AsyncIterator[Bench]:
        there = served or self.open()
        async with broker_at(there, {"reconnect_longest": 60.0, **settings}, governed=False) as bench:
            yield bench
        await there.gateway.stop()


def play(scenario: Scenario[T]) -> T:
    loop = VirtualLoop()
    try:
        task = loop.create_task(_scene(scenario, Stage(loop)))
        loop.run_to(enough=task.done)
        return task.result()
    finally:
        loop.close()


async def _scene(scenario: Scenario[T], stage: Stage) -> T:
    return await scenario(stage)


def test_sustains_twenty_two_contracts_a_second_within_ib_s_limits_and_the_same_each_time() -> None:
    async def scenario(stage: Stage) -> tuple[Any, float]:
        async with stage.broker(stage.open(messages_per_second=50, lines=100)) as made:
            await made.chain(SPXW)
            begun = stage.clock.time()
            answer = await made.chain(SPXW)
            seconds = stage.clock.time() - begun
            assert (answer.asked, len(answer.quotes), answer.failed) == (310, 310, ())
            assert 310 / seconds > 22.0
            assert not made.codes() & {100, 101, 300}
            return answer, seconds

    assert play(scenario) == play(scenario)


def test_a_slow_market_stretches_the_deadline_instead_of_losing_the_chain() -> None:
    async def scenario(stage: Stage) -> None:
        async with stage.broker(stage.open(latency=1.6, silent_share=0.0), quote_deadline=0.2) as made:
            answer = await made.chain(SPXW)
            complete = sum(1 for q in answer.quotes if not set(q.missing) & {"ask"})
            assert complete >= 0.99 * answer.asked

    play(scenario)


def test_an_entry_waits_for_one_message_at_most_while_a_collection_is_in_full_swing() -> None:
    async def scenario(stage: Stage) -> None:
        async with stage.broker(stage.open(latency=0.0)) as made:
            collection = asyncio.ensure_future(made.chain(SPXW))
            await made.broker._timers.sleep(5.0)
            sent: list[float] = []
            begun = stage.clock.time()
            await made.broker._queue.send(lambda: sent.append(stage.clock.time()), Priority.ORDER, begun + 1.0)
            assert sent[0] - begun <= 1.005 / 50 + 1e-6
            vix = SpotsWanted("t", "1", (Contract("SPY", "STK"),), Priority.POSITION, begun + 10)
            assert (await made.broker.spots(vix)).quotes[0] is not None
            assert stage.clock.time() - begun < 0.2
            collection.cancel()
            await asyncio.gather(collection, return_exceptions=True)
            await made.broker._timers.sleep(5.0)
            assert made.broker.facts()["lines"] == 3

    play(scenario)


def test_attempts_come_at_once_then_after_2_4_8_seconds_and_then_a_minute_apart_at_most() -> None:
    async def scenario(stage: Stage) -> None:
        served = stage.open()
        stage.loop.unserve("127.0.0.1", PORT)
        times: list[float] = []
        async with stage.broker(served) as made:
            made.broker._session.say = lambda _notice: times.append(stage.clock.machine())
            await made.broker._timers.sleep(300.0)
            assert [round(t) for t in times] == [0, 2, 6, 14, 30, 62, 122, 182, 242]
            stage.loop.serve("127.0.0.1", PORT, served.gateway.accept)
            await made.broker._timers.sleep(61.0)
            assert made.broker.facts()["connected"]

    play(scenario)


def test_a_gateway_that_takes_connections_but_never_speaks_is_given_up_and_tried_again() -> None:
    async def scenario(stage: Stage) -> None:
        served = stage.open()
        stage.loop.serve("127.0.0.1", PORT, asyncio.Protocol)
        async with stage.broker(served) as made:
            await made.broker._timers.sleep(11.0)
            assert made.kinds() == ["connect-failed"]
            stage.loop.serve("127.0.0.1", PORT, served.gateway.accept)
            await made.broker._timers.sleep(2.0)
            assert made.broker.facts()["connected"]

    play(scenario)


def test_a_half_open_connection_is_found_within_forty_seconds() -> None:
    async def scenario(stage: Stage) -> None:
        async with stage.broker() as made:
            await made.broker._timers.sleep(100.0)
            assert made.kinds() == ["connected"]
            made.peer.send = lambda *_messages: None  # type: ignore[method-assign]
            await made.broker._timers.sleep(41.0)
            assert [k for k in made.kinds() if k != "upstream"] == ["connected", "disconnected", "connected"]
            assert any("silent for 40 s" in notice.text for notice in made.notices)

    play(scenario)


@pytest.mark.parametrize("outage", [60.0, 240.0])
def test_a_nightly_restart_is_survived_and_what_was_standing_is_leased_again(outage: float) -> None:
    async def scenario(stage: Stage) -> None:
        served = stage.open()
        async with stage.broker(served) as made:
            await made.chain(SPXW)
            stage.loop.unserve("127.0.0.1", PORT)
            made.peer.close()
            await made.broker._timers.sleep(outage)
            assert not made.broker.facts()["connected"]
            assert made.broker.facts()["lines"] == 0
            stage.loop.serve("127.0.0.1", PORT, served.gateway.accept)
            answer = await made.chain(SPXW)
            assert (answer.error, answer.failed) == ("", ())
            await made.broker._timers.sleep(5.0)
            assert made.broker.facts()["lines"] == 2

    play(scenario)


def test_sessions_that_end_at_once_are_not_tried_in_a_tight_loop() -> None:
    async def scenario(stage: Stage) -> None:
        async with stage.broker() as made:
            for _ in range(600):
                await made.broker._timers.sleep(0.1)
                for client in list(made.served.gateway._clients):
                    client.close()
            assert made.kinds().count("connected") <= 6

    play(scenario)


def test_without_a_session_a_request_ends_at_its_deadline() -> None:
    async def scenario(stage: Stage) -> None:
        served = stage.open()
        stage.loop.unserve("127.0.0.1", PORT)
        async with stage.broker(served) as made:
            begun = stage.clock.time()
            answer = await made.chain(SPXW, seconds=30.0)
            assert answer.error.startswith("disconnected: ")
            assert stage.clock.time() - begun == pytest.approx(30.0)

    play(scenario)


def test_a_new_session_closes_the_breaker_that_disconnects_have_opened() -> None:
    async def scenario(stage: Stage) -> None:
        served = stage.open()
        stage.loop.unserve("127.0.0.1", PORT)
        async with stage.broker(served, breaker_pause=3600.0) as made:
            for _ in range(5):
                assert (await made.chain(SPXW, seconds=1.0)).error.startswith("disconnected: ")
            assert (await made.chain(SPXW, seconds=1.0)).error.startswith("breaker: ")
            stage.loop.serve("127.0.0.1", PORT, served.gateway.accept)
            await made.broker._timers.sleep(60.0)
            assert made.broker.facts()["breaker"] == "closed"
            assert (await made.chain(SPXW)).error == ""

    play(scenario)


def test_an_answer_that_comes_too_late_disturbs_nobody(caplog: pytest.LogCaptureFixture) -> None:
    async def scenario(stage: Stage) -> None:
        delays = Delays(details=Span(8.0, 8.0))
        async with stage.broker(stage.open(delays=delays), request_timeout=5.0) as made:
            assert (await made.chain(SPXW)).error.startswith("timeout: ")
            await made.broker._timers.sleep(10.0)
            wrapper = made.broker._session.ib.wrapper
            assert not wrapper._futures
            assert len(wrapper._results) <= 20

    play(scenario)
    assert not [record for record in caplog.records if record.name == "ib_async.Decoder"]
