from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from desk.clock import SimulatedClock
from desk.gateway.requests.contracts import ContractDetails, OptionParameters
from desk.gateway.requests.session import CurrentTime
from desk.ib.errors import Disconnected
from desk.market.contracts import stock
from messages.contract import Contract
from messages.market import Priority, SpotsWanted
from tests.gateway.market import START
from tests.gateway.serving import serving
from tests.ib.desk_on_gateway import SPXW, SPY, bench, broker_at, run


def test_connects_and_says_where() -> None:
    async def main() -> None:
        async with bench() as made:
            facts = made.broker.facts()
            assert facts["connected"]
            assert facts["account"] == "DU1234567"
            assert facts["server_version"] == 178
            assert facts["client_id"] == 1
            assert facts["lines_limit"] == 100
            assert made.kinds()[-1] == "connected"
        assert made.kinds()[-1] == "disconnected"
        assert not made.broker.facts()["connected"]

    run(main())


def test_a_fixed_client_id_in_use_is_said_and_tried_again() -> None:
    async def main() -> None:
        async with serving() as served, broker_at(served, {"client_id": 7}, governed=False) as made:
            await made.connected()
            async with broker_at(served, {"client_id": 7}, governed=False) as second:
                await second.until(lambda: len(second.notices) >= 2)
                assert set(second.kinds()) == {"connect-failed"}
                assert "client id 7 is in use" in second.notices[0].text
                made.broker._keeper._settings = made.broker._keeper._settings.model_copy(
                    update={"reconnect_longest": 60.0}
                )
                made.peer.close()
                await second.connected()

    run(main())


def test_a_random_client_id_in_use_is_drawn_again_at_once() -> None:
    async def main() -> None:
        async with serving() as served, broker_at(served, {"client_id": "random"}, governed=False) as made:
            await made.connected()
            async with broker_at(served, {"client_id": "random"}, governed=False) as second:
                first = made.broker.facts()["client_id"]
                await second.connected()
                assert 100 <= first <= 999
                assert second.broker.facts()["client_id"] != first
                assert "connect-failed" not in second.kinds()

    run(main())


def test_paper_mode_refuses_an_account_that_is_no_paper_account() -> None:
    async def main() -> None:
        async with serving(account="U7654321") as served:
            async with broker_at(served, governed=False) as made:
                await made.until(lambda: bool(made.notices) and made.kinds()[-1] == "connect-failed")
                assert "U7654321" in made.broker.facts()["last_error"]
                assert not made.broker.facts()["connected"]
            async with broker_at(served, {"mode": "live"}, governed=False) as live:
                await live.connected()
                assert live.broker.facts()["account"] == "U7654321"

    run(main())


def test_a_gateway_that_is_not_there_is_tried_until_it_is() -> None:
    async def main() -> None:
        async with serving() as served:
            port = served.port
        served.port = port
        async with broker_at(served, governed=False) as made:
            await made.until(lambda: len(made.notices) >= 3)
            assert "cannot connect to 127.0.0.1" in made.notices[0].text
            async with serving(port=port):
                await made.connected()

    run(main())


def test_what_is_asked_before_there_is_a_session_waits_for_it() -> None:
    async def main() -> None:
        clock = SimulatedClock(START, 60.0)
        async with serving(clock=clock) as served, broker_at(served) as made:
            answer = await made.chain(SPY)
            assert len(answer.quotes) == 84

    run(main())


def test_a_lost_connection_ends_what_is_open_and_is_made_anew_with_its_standing_lines() -> None:
    async def main() -> None:
        async with bench(latency=1.0) as made:
            chain = asyncio.ensure_future(made.chain(SPXW))
            await made.until(lambda: made.broker.facts()["lines"] > 10)
            made.peer.close()
            answer = await chain
            failed = dict(answer.failed)
            assert failed["disconnected"] > 200
            assert sum(failed.values()) + len(answer.quotes) == answer.asked == 310
            await made.connected()
            assert made.broker.facts()["reconnects"] == 1
            await made.until(lambda: made.broker.facts()["lines"] == 2)
            assert (await made.chain(SPY)).failed == ()

    run(main())


def test_the_answer_to_a_request_that_nobody_waits_for_any_more_is_no_error(caplog: pytest.LogCaptureFixture) -> None:
    async def main() -> None:
        async with bench(latency=1.0) as made:
            underlying = made.broker._contracts.underlying(stock("SPY"), Priority.ENTRY, made.clock.time() + 30.0)
            asking = asyncio.ensure_future(underlying)
            await made.until(lambda: bool(made.broker._session.ib.wrapper._futures))
            asking.cancel()
            await made.broker._timers.sleep(10.0)
            assert not made.broker._session.ib.wrapper._futures

    run(main())
    assert not [record for record in caplog.records if record.name == "ib_async.Decoder"]


def test_a_request_that_the_gateway_only_warns_about_ends_with_its_error() -> None:
    async def main() -> None:
        async with bench() as made:
            made.served.gateway._handlers[OptionParameters] = lambda client, request: client.error(
                request.request_id, 321, "Error validating request.-'cd' : cause - no"
            )
            answer = await made.chain(SPY)
            assert answer.error.startswith("321: ")
            wrapper = made.broker._session.ib.wrapper
            assert not wrapper._futures

    run(main())


def test_a_request_that_is_never_answered_ends_in_time_and_opens_the_breaker_in_the_end() -> None:
    async def main() -> None:
        async with bench({"request_timeout": 5.0, "breaker_failures": 2}) as made:
            details = made.served.gateway._handlers[ContractDetails]
            made.served.gateway._handlers[ContractDetails] = lambda _client, _request: None
            for _ in range(2):
                begun = made.clock.time()
                assert (await made.chain(SPY)).error.startswith("timeout: ")
                assert made.clock.time() - begun < 6.0
            assert made.broker.facts()["breaker"] == "open"
            assert (await made.chain(SPY)).error.startswith("breaker: ")
            made.served.gateway._handlers[ContractDetails] = details
            await made.broker._timers.sleep(61.0)
            assert made.broker.facts()["breaker"] == "half-open"
            assert (await made.chain(SPY)).error == ""
            assert made.broker.facts()["breaker"] == "closed"

    run(main())


def test_lines_are_leased_anew_when_ib_lost_them_and_kept_when_it_did_not() -> None:
    async def main() -> None:
        async with bench() as made:
            await made.chain(SPY)
            spots = SpotsWanted("t", "1", (Contract("VIX", "IND", "CBOE"),), Priority.ENTRY, made.clock.time() + 60)
            before = dict(made.broker._feeds._requests)
            made.peer.error(-1, 1100, "Connectivity between IB and Trader Workstation has been lost.")
            await made.until(lambda: not made.broker.facts()["upstream"])
            made.peer.error(
                -1, 1102, "Connectivity between IB and Trader Workstation has been restored - data maintained."
            )
            await made.until(lambda: bool(made.broker.facts()["upstream"]))
            assert made.broker._feeds._requests == before
            made.peer.error(-1, 1101, "Connectivity has been restored - data lost.")
            await made.until(lambda: len(made.broker._feeds._requests.keys() - before.keys()) == 2)
            assert not made.broker._feeds._requests.keys() & before.keys()
            assert made.broker.facts()["lines"] == 2
            made.served.market.drift = 1.0
            (vix,) = (await made.broker.spots(spots)).quotes
            assert vix is not None
            assert vix.last in {20.5, 21.5}

    run(main())


def test_a_broken_farm_is_shown_until_it_is_well() -> None:
    async def main() -> None:
        async with bench() as made:
            made.peer.error(-1, 2103, "Market data farm connection is broken:usfarm")
            await made.until(lambda: made.broker.facts()["farms"] == {"usfarm": "broken"})
            made.peer.error(-1, 2104, "Market data farm connection is OK:usfarm")
            await made.until(lambda: made.broker.facts()["farms"] == {})

    run(main())


def test_a_half_open_connection_is_found_and_made_anew() -> None:
    async def main() -> None:
        async with bench({"watchdog": 0.1}) as made:
            client = made.peer
            client.send = lambda *_messages: None  # type: ignore[method-assign]
            await made.until(lambda: "disconnected" in made.kinds())
            assert any("silent" in notice.text for notice in made.notices)
            await made.connected()
            assert made.broker.facts()["reconnects"] == 1

    run(main())


def test_a_silent_gateway_that_tells_the_time_is_kept() -> None:
    async def main() -> None:
        async with bench({"watchdog": 0.05}) as made:
            asked = _count(made.served.gateway._handlers, CurrentTime)
            await made.until(lambda: len(asked) >= 3)
            assert "disconnected" not in made.kinds()

    run(main())


def test_two_desks_share_the_lines_of_one_login() -> None:
    async def main() -> None:
        async with bench(lines=40) as made, broker_at(made.served, {"client_id": 9}) as other:
            await other.connected()
            for answer in await asyncio.gather(made.chain(SPY), other.chain(SPY)):
                assert (answer.asked, len(answer.quotes), answer.failed) == (84, 84, ())

    run(main())


def _count(handlers: dict[type, Callable[..., None]], kind: type) -> list[object]:
    seen: list[object] = []
    handler = handlers[kind]

    def counted(client: object, request: object) -> None:
        seen.append(request)
        handler(client, request)

    handlers[kind] = counted
    return seen


def test_the_gateways_own_time() -> None:
    async def main() -> None:
        async with bench() as made:
            told = await made.broker.time(made.clock.time() + 10)
            assert -1.0 <= told - made.clock.time() <= 1.0

    run(main())


def test_a_connection_that_is_lost_tells_no_time() -> None:
    async def main() -> None:
        async with bench() as made:
            asked = asyncio.ensure_future(made.broker.time(made.clock.time() + 10))
            await asyncio.sleep(0)
            made.broker.abort()
            with pytest.raises(Disconnected, match="the broker crashed"):
                await asked

    run(main())
