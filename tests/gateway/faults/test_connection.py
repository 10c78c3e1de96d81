"""Faults of the connection, as a bare client and as ib_async meet them."""

from __future__ import annotations

import asyncio

import pytest

from desk.clock import SimulatedClock
from desk.gateway.faults.text import fault, parse
from desk.gateway.fields import message
from desk.gateway.frames import PREFIX, frame
from tests.gateway.faults.watching import SPX, SPY, ended, errors, every_byte, listening, passed
from tests.gateway.market import START
from tests.gateway.serving import connected, quote_request, raw, run, serving, started


def test_drop_ends_the_connection_and_the_session_may_start_again() -> None:
    async def scenario() -> None:
        async with serving() as served:
            async with connected(served.port) as ib:
                gone = asyncio.get_running_loop().create_future()
                ib.disconnectedEvent += lambda: gone.set_result(None)
                served.gateway.faults.arm(parse("drop"))
                await gone
                assert not ib.isConnected()
            async with connected(served.port) as ib:
                assert ib.isConnected()
            assert [fired.what for fired in served.gateway.faults.fired] == ["client 1"]
            assert not served.gateway.faults.armed()

    run(scenario())


def test_drop_comes_at_its_market_time_and_to_the_client_named() -> None:
    async def scenario() -> None:
        clock = SimulatedClock(START, 600)
        async with (
            serving(clock=clock, faults=(parse("drop at=10:02 after=30 client=7"),)) as served,
            started(served.port, client_id=6) as other,
            started(served.port, client_id=7) as client,
        ):
            assert await ended(client) == []
            (fired,) = served.gateway.faults.fired
            assert fired.at == pytest.approx(START.timestamp() + 150, abs=0.5)
            other.send(49, 1)
            assert (await other.read() or [])[0] == "49"

    run(scenario())


@pytest.mark.parametrize(
    ("text", "answers"),
    [("drop on=reqCurrentTime nth=2", 1), ("drop on=currentTime nth=2", 2), ("drop on=positionEnd", 3)],
)
def test_drop_on_a_message_is_before_a_request_and_after_an_answer(text: str, answers: int) -> None:
    async def scenario() -> None:
        async with serving(faults=(parse(text),)) as served, started(served.port) as client:
            for number in (49, 49, 49, 61):
                client.send(number, 1)
            assert len([m for m in await ended(client) if m[0] == "49"]) == answers

    run(scenario())


def test_drop_of_a_handled_request_takes_effect_and_tells_nobody() -> None:
    async def scenario() -> None:
        async with serving(faults=(parse("drop on=placeOrder handled=yes"),)) as served:
            async with started(served.port, client_id=4) as client:
                client.send(3, 41, *["", "SPY", "STK"], *[""] * 120)
                assert await ended(client) == []
            async with raw(served.port) as client:
                client.write(PREFIX + frame(b"v157..178") + message(71, 2, 4, ""))
                assert await client.until("9", "1")

    run(scenario())


def test_reset_leaves_half_a_frame() -> None:
    async def scenario() -> None:
        async with serving(faults=(parse("reset on=currentTime nth=3"),)) as served:
            reader, writer = await asyncio.open_connection("127.0.0.1", served.port)
            writer.write(PREFIX + frame(b"v157..178") + message(71, 2, 1, "") + message(49, 1) * 3)
            seen = bytearray()
            with pytest.raises(ConnectionResetError):
                await every_byte(reader, seen)
            answer = message(49, 1, int(START.timestamp()))
            assert seen.endswith(answer[: len(answer) // 2])
            assert seen.count(answer) == 2

    run(scenario())


def test_ib_async_lives_through_a_reset_in_the_middle_of_a_frame() -> None:
    async def scenario() -> None:
        async with serving() as served:
            async with connected(served.port) as ib:
                served.gateway.faults.arm(fault("reset", on="currentTime"))
                with pytest.raises(ConnectionError):
                    await ib.reqCurrentTimeAsync()
            async with connected(served.port) as ib:
                await ib.reqCurrentTimeAsync()

    run(scenario())


def test_half_open_is_silence_on_an_open_socket_for_those_who_are_there() -> None:
    async def scenario() -> None:
        clock = SimulatedClock(START, 100)
        async with serving(clock=clock) as served, started(served.port, client_id=1) as client:
            served.gateway.faults.arm(parse("half-open lasts=20"))
            client.send(49, 1)
            async with started(served.port, client_id=2) as other:
                other.send(61, 1)
                assert (await other.read() or [])[0] == "62"
            await passed(clock, 21)
            assert not served.gateway.faults.armed()
            client.send(81, 5, "SPY")
            assert not [m for m in [await client.until("79", "5")] if m[0] == "49"]
            assert clock.time() >= START.timestamp() + 20

    run(scenario())


@pytest.mark.parametrize("text", ["fragments size=1", "fragments size=3 seconds=0.001"])
def test_fragments_are_put_together_again_by_every_client(text: str) -> None:
    async def scenario() -> None:
        async with serving() as served, connected(served.port) as ib, started(served.port) as client:
            served.gateway.faults.arm(parse(text))
            for _ in range(3):
                client.send(49, 1)
            assert [(await client.read() or [])[0] for _ in range(3)] == ["49"] * 3
            assert len(await ib.reqMatchingSymbolsAsync("SPY") or []) == 1
            served.gateway.faults.clear()
            assert (await ib.reqCurrentTimeAsync()).year == 2019

    run(scenario())


@pytest.mark.parametrize(("name", "code", "again"), [("outage", "1102", False), ("outage-data-lost", "1101", True)])
def test_an_outage_is_1100_then_silence_then_the_data_kept_or_lost(name: str, code: str, again: bool) -> None:
    async def scenario() -> None:
        clock = SimulatedClock(START, 50)
        async with serving(clock=clock, lines=1) as served, started(served.port) as client:
            client.send(*quote_request(1, *SPY))
            await client.until("1", "6", "1", "14")
            served.market.drift = 1.0
            served.gateway.faults.arm(fault(name, lasts=20, every=6))
            client.send(61, 1)
            seen = await errors(client, code)
            assert [code for _, code, _ in seen] == [
                "1100",
                "2103",
                "2103",
                "2105",
                "2157",
                "1100",
                "1100",
                "1100",
                code,
            ]
            assert seen[0][2] == "Connectivity between IB and Trader Workstation has been lost."
            assert [m[2] for m in await errors(client, "2158")][-1].startswith("Sec-def data farm connection is OK")
            served.market.drift = 2.0
            if again:
                client.send(2, 2, 1)
                await client.until("4", "2", "1", "300")
                client.send(*quote_request(2, *SPY))
                await client.until("1", "6", "2", "1")
            else:
                await client.until("1", "6", "1", "1")
                client.send(*quote_request(2, *SPY))
                await client.until("4", "2", "2", "101")

    run(scenario())


def test_during_an_outage_the_gateway_itself_still_answers() -> None:
    async def scenario() -> None:
        async with serving(faults=(parse("outage lasts=0"),)) as served, raw(served.port) as client:
            client.write(PREFIX + frame(b"v157..178") + message(71, 2, 1, "") + message(61, 1) + message(49, 1))
            assert [(await client.read() or [])[0] for _ in range(4)] == ["178", "15", "9", "49"]

    run(scenario())


def test_a_restart_resets_loses_what_was_asked_and_refuses_until_it_is_back() -> None:
    async def scenario() -> None:
        clock = SimulatedClock(START, 200)
        async with serving(clock=clock) as served:
            async with started(served.port, client_id=5) as client:
                served.gateway.faults.arm(parse("restart lasts=100 deaf=5"))
                client.send(61, 1)
                assert await ended(client) == []
            with pytest.raises(ConnectionRefusedError):
                await asyncio.open_connection("127.0.0.1", served.port)
            await passed(clock, 110)
            await listening(served.port)
            assert [one.what for one in served.gateway.faults.fired] == ["reqPositions", "gone", "back"]
            async with connected(served.port, 5) as ib:
                assert ib.isConnected()

    run(scenario())


def test_a_nightly_restart_comes_every_night() -> None:
    async def scenario() -> None:
        clock = SimulatedClock(START, 200_000)
        async with serving(clock=clock, faults=(parse("restart at=23:45 daily=yes lasts=180"),)) as served:
            faults = served.gateway.faults
            await passed(clock, 3 * 86_400)
            assert [one.what for one in faults.fired] == ["gone", "back"] * 3
            gone = [one.at for one in faults.fired if one.what == "gone"]
            assert gone[0] == pytest.approx(START.timestamp() + 13.75 * 3600, abs=60)
            assert gone[1] - gone[0] == pytest.approx(86_400, abs=60)
            assert list(faults.armed()) == [1]

    run(scenario())


def test_a_blip_kills_subscriptions_and_says_nothing_of_it() -> None:
    async def scenario() -> None:
        clock = SimulatedClock(START, 20)
        async with serving(clock=clock, tick_interval=0.5) as served, started(served.port) as client:
            client.send(*quote_request(1, *SPY))
            await client.until("1", "6", "1", "14")
            served.gateway.faults.arm(parse("farm-blip seconds=3"))
            assert [code for _, code, _ in await errors(client, "2104")] == ["2103", "2104"]
            served.market.drift = 1.0
            client.send(*quote_request(2, *SPX))
            seen = []
            while (fields := await client.read() or [])[0] != "1" or fields[3] != "14":
                seen.append(fields)
            assert {m[2] for m in seen if m[0] in {"1", "2", "46"}} == {"2"}
            client.send(2, 2, 1)
            client.send(*quote_request(1, *SPY))
            assert await client.until("1", "6", "1", "1")

    run(scenario())


def test_326_as_if_the_id_were_taken() -> None:
    async def scenario() -> None:
        async with serving(faults=(parse("id-in-use times=2"),)) as served:
            for _ in range(2):
                async with raw(served.port) as client:
                    client.write(PREFIX + frame(b"v157..178") + message(71, 2, 8, ""))
                    seen = await ended(client)
                    assert [m[:4] for m in seen[1:]] == [["4", "2", "-1", "326"]]
            async with connected(served.port, 8) as ib:
                assert ib.isConnected()

    run(scenario())


def test_a_warning_of_code_0_and_100_that_ends_the_connection_at_the_third() -> None:
    async def scenario() -> None:
        async with serving() as served, started(served.port) as client:
            served.gateway.faults.arm(parse("say"))
            assert (await errors(client, "0"))[0][0] == "-1"
            served.gateway.faults.arm(parse("rate-exceeded"))
            for _ in range(4):
                client.send(49, 1)
            seen = await ended(client)
            assert [m[2:4] for m in seen] == [["-1", "100"]] * 3
            assert seen[2][4].endswith("(3)")

    run(scenario())


def test_a_message_that_says_something_after_another() -> None:
    async def scenario() -> None:
        text = 'say on=positionEnd code=2110 text="Connectivity is broken." times=1'
        async with serving(faults=(parse(text),)) as served, started(served.port) as client:
            client.send(61, 1)
            client.send(61, 1)
            client.send(49, 1)
            assert [m[0] for m in [await client.read() or [] for _ in range(4)]] == ["4", "62", "62", "49"]

    run(scenario())
