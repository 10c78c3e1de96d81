"""One bad client does not starve the others, and who listens beyond the machine hears about it."""

from __future__ import annotations

import asyncio
import logging

import pytest

from desk.gateway.fields import message
from desk.gateway.frames import PREFIX, frame
from desk.gateway.listener import Listener, exposed
from tests.gateway.faults.watching import CALL, SPY, ended
from tests.gateway.serving import contract, details_request, quote_request, raw, run, serving, started


@pytest.mark.parametrize(
    ("host", "open_"),
    [("127.0.0.1", False), ("::1", False), ("localhost", False), ("0.0.0.0", True), ("::", True), ("desk.local", True)],
)
def test_what_lies_beyond_this_machine(host: str, open_: bool) -> None:
    assert exposed(host) == open_


@pytest.mark.parametrize(("host", "warned"), [("127.0.0.1", False), ("0.0.0.0", True)])
def test_listening_beyond_this_machine_is_said_loudly(
    host: str, warned: bool, caplog: pytest.LogCaptureFixture
) -> None:
    async def scenario() -> None:
        listener = Listener(asyncio.Protocol, host)
        await listener.start(0)
        await listener.stop(1.0)

    with caplog.at_level(logging.WARNING):
        run(scenario())
    assert ("BEYOND THIS MACHINE" in caplog.text) == warned


def test_a_gateway_listens_on_loopback_unless_told() -> None:
    async def scenario() -> None:
        async with serving() as served:
            (listening,) = served.gateway._listener._server.sockets if served.gateway._listener._server else ()
            assert listening.getsockname()[0] == "127.0.0.1"

    run(scenario())


@pytest.mark.parametrize("stream", [PREFIX + (4097).to_bytes(4), PREFIX + frame(b"v157..178") + (5001).to_bytes(4)])
def test_an_oversized_frame_ends_the_connection_before_it_is_read(stream: bytes) -> None:
    async def scenario() -> None:
        async with serving(largest_frame=5000) as served, raw(served.port) as client:
            client.write(stream)
            assert [m[0] for m in await ended(client)] in ([], ["178"])

    run(scenario())


@pytest.mark.parametrize("words", [b"", b"AP", PREFIX + frame(b"v157..178")])
def test_who_starts_no_session_is_cut_off_and_its_place_is_free(words: bytes) -> None:
    async def scenario() -> None:
        async with serving(handshake=0.05, clients=1) as served:
            async with raw(served.port) as client:
                client.write(words)
                assert len(await ended(client)) <= 1
            async with started(served.port) as client:
                client.send(49, 1)
                assert (await client.read() or [])[0] == "49"

    run(scenario())


def test_a_flood_is_answered_in_turns() -> None:
    """While one client's 20,000 requests wait, another's answer comes after a few hundred of them, not after all."""

    async def scenario() -> None:
        async with (
            serving(messages_per_second=0, requests_per_turn=50) as served,
            started(served.port, client_id=1) as flood,
            started(served.port, client_id=2) as other,
        ):
            answered = 0

            async def count() -> None:
                nonlocal answered
                while (await flood.read() or [])[0] == "49":
                    answered += 1

            counting = asyncio.create_task(count())
            flood.write(message(49, 1) * 20_000 + message(81, 1, "SPY"))
            other.send(49, 1)
            assert (await other.read() or [])[0] == "49"
            assert answered < 10_000
            await counting
            assert answered == 20_000

    run(scenario())


def test_who_does_not_read_is_not_listened_to_and_the_others_have_their_quotes() -> None:
    async def scenario() -> None:
        async with (
            serving(messages_per_second=0, tick_interval=0.01) as served,
            started(served.port, client_id=1) as deaf,
            started(served.port, client_id=2) as other,
        ):
            deaf._reader._transport.pause_reading()  # type: ignore[attr-defined] # a client that hangs
            chain = message(*details_request(1, *contract("SPX", "OPT", trading_class="SPXW")))
            deaf.write(chain * 300)
            gateway_side = next(c for c in served.gateway.clients() if c.client_id == 1)
            while not gateway_side.congested:
                other.send(49, 1)
                await other.until("49")
            assert gateway_side._transport.get_write_buffer_size() < 8 * 1024 * 1024
            other.send(*quote_request(1, *SPY))
            await other.until("1", "6", "1", "1")
            served.market.drift = 1.0
            await other.until("1", "6", "1", "1")

    run(scenario())


def test_who_still_does_not_read_is_cut_off() -> None:
    async def scenario() -> None:
        async with (
            serving(messages_per_second=0, unsent=4_500_000) as served,
            started(served.port, client_id=1) as deaf,
            started(served.port, client_id=2) as other,
        ):
            deaf._reader._transport.pause_reading()  # type: ignore[attr-defined] # a client that hangs
            chain = message(*details_request(1, *contract("SPX", "OPT", trading_class="SPXW")))
            deaf.write(chain * 300)
            while len(served.gateway.clients()) == 2:
                for client in served.gateway.clients():
                    if client.client_id == 1:
                        client.send(message(49, 1) * 1000)
                other.send(49, 1)
                await other.until("49")

    run(scenario())


def test_so_many_open_requests_and_no_more() -> None:
    async def scenario() -> None:
        async with (
            serving(latency=1.0, open_requests=5, messages_per_second=0) as served,
            started(served.port) as client,
        ):
            for number in range(7):
                client.send(81, number, "SPY")
            refused = [await client.until("4", "2"), await client.until("4", "2")]
            assert [m[2:4] for m in refused] == [["5", "322"], ["6", "322"]]
            await client.until("79", "4")
            client.send(49, 1)
            await client.until("49")

    run(scenario())


def test_so_many_streams_of_one_client_even_without_ibs_limit() -> None:
    async def scenario() -> None:
        async with serving(lines=0, streams=2) as served, started(served.port) as client:
            for number, terms in enumerate((SPY, CALL, SPY)):
                client.send(*quote_request(number, *terms))
            await client.until("4", "2", "2", "101")
            client.send(2, 2, 0)
            client.send(*quote_request(3, *SPY))
            await client.until("1", "6", "3", "1")

    run(scenario())
