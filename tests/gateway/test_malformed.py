"""Input that no client should send: an error or the end of that connection, and everybody else is served."""

from __future__ import annotations

import pytest

from desk.gateway.fields import message
from desk.gateway.frames import PREFIX, frame
from tests.gateway.serving import connected, contract, quote_request, raw, run, serving, started


@pytest.mark.parametrize("stream", [b"GET / HTTP/1.1\r\n\r\n", b"\0" * 64, PREFIX + b"\xff" * 8])
def test_a_stream_that_is_not_ibs_is_closed(stream: bytes) -> None:
    async def scenario() -> None:
        async with serving() as served, connected(served.port) as ib:
            async with raw(served.port) as client:
                client.write(stream)
                assert await client.read() is None
            assert (await ib.reqCurrentTimeAsync()).year == 2019

    run(scenario())


@pytest.mark.parametrize(
    ("payload", "number"),
    [
        (b"", "-1"),
        (b"9", "-1"),
        (b"9\0008\0\xff\xfe\0", "-1"),
        (b"x\0", "-1"),
        (b"1\x0011\x00777\0", "777"),
        (b"9\0008\x00778\x001.5\0", "778"),
        (b"20\x00779\0abc\0", "779"),
        (b"87\x00780\0", "780"),
        (b"999\x001\x005\0", "-1"),
        (b"50\x003\x00781\0", "781"),
        (b"97\x00782\0", "782"),
    ],
)
def test_a_request_that_cannot_be_read_is_answered_320_by_its_id(payload: bytes, number: str) -> None:
    async def scenario() -> None:
        async with serving() as served, started(served.port) as client:
            client.write(frame(payload))
            assert (await client.read() or [])[:4] == ["4", "2", number, "320"]
            client.send(49, 1)
            assert (await client.read() or [])[0] == "49"

    run(scenario())


@pytest.mark.parametrize("cut", [1, 3, 5, 9])
def test_half_a_frame_and_a_lost_connection_leave_no_trace(cut: int) -> None:
    async def scenario() -> None:
        async with serving() as served:
            async with started(served.port, client_id=3) as client:
                client.write(message(61, 1, "a longer one")[:cut])
            async with connected(served.port, 3) as ib:
                assert (await ib.reqCurrentTimeAsync()).year == 2019

    run(scenario())


def test_a_market_that_fails_costs_the_answer_and_nothing_else(caplog: pytest.LogCaptureFixture) -> None:
    async def scenario() -> None:
        async with serving(messages_per_second=0) as served, started(served.port) as client:
            served.market.broken = True
            client.send(*quote_request(5, *contract(con_id=756733)))
            while "could not finish" not in caplog.text:
                client.send(49, 1)
                assert (await client.read() or [])[0] == "49"
            caplog.clear()

    run(scenario())
