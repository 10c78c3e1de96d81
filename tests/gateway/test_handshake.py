"""From the first byte to the farm notices."""

from __future__ import annotations

import asyncio
import re

import pytest
from ib_async import IB

from desk.gateway.frames import PREFIX, frame
from tests.gateway.sent import simple
from tests.gateway.serving import connected, raw, run, serving, started


@pytest.mark.parametrize(
    ("offer", "version"),
    [
        ("v157..178", "178"),
        ("v157..176", "176"),
        ("v100..225", "178"),
        ("v100..157", "157"),
        ("v100..178 +PACEAPI", "178"),
    ],
)
def test_the_newest_common_version_is_agreed_on(offer: str, version: str) -> None:
    async def scenario() -> None:
        async with serving() as served, raw(served.port) as client:
            client.write(PREFIX + frame(offer.encode()))
            answer = await client.read()
            assert answer is not None
            assert answer[0] == version
            assert re.fullmatch(r"20190513 10:00:0\d EDT", answer[1])

    run(scenario())


@pytest.mark.parametrize("offer", ["v179..201", "v100..156", "hello", ""])
def test_without_a_common_version_the_connection_ends(offer: str) -> None:
    async def scenario() -> None:
        async with serving() as served, raw(served.port) as client:
            client.write(PREFIX + frame(offer.encode()))
            assert await client.read() is None

    run(scenario())


def test_accounts_id_and_farms_follow_the_start_in_ibs_order() -> None:
    async def scenario() -> None:
        async with serving() as served, raw(served.port) as client:
            for byte in PREFIX + frame(b"v157..178"):
                client.write(bytes([byte]))
                await asyncio.sleep(0)
            await client.read()
            client.send(61, 1)
            assert await client.read() == ["4", "2", "-1", "504", "Not connected", ""]
            client.send(71, 2, 5, "")
            assert await client.read() == ["15", "1", "DU1234567"]
            assert await client.read() == ["9", "1", "1"]
            assert [(await client.read() or [])[3] for _ in range(4)] == ["2104", "2104", "2106", "2158"]

    run(scenario())


def test_a_client_id_in_use_is_refused_and_its_owner_stays() -> None:
    async def scenario() -> None:
        async with serving() as served, connected(served.port, 7) as first, raw(served.port) as second:
            second.write(PREFIX + frame(b"v157..178"))
            await second.read()
            second.send(71, 2, 7, "")
            error = await second.read()
            assert error is not None
            assert error[:4] == ["4", "2", "-1", "326"]
            assert await second.read() is None
            assert (await first.reqCurrentTimeAsync()).year == 2019

    run(scenario())


def test_the_client_id_is_free_again_when_its_owner_has_gone() -> None:
    async def scenario() -> None:
        async with serving() as served:
            for _ in range(3):
                async with connected(served.port, 7) as ib:
                    assert ib.isConnected()

    run(scenario())


def test_a_second_start_is_refused() -> None:
    async def scenario() -> None:
        async with serving() as served, started(served.port) as client:
            client.send(71, 2, 3, "")
            assert (await client.read() or [])[:4] == ["4", "2", "-1", "321"]

    run(scenario())


def test_no_more_clients_than_ib_takes() -> None:
    async def scenario() -> None:
        async with serving(clients=2) as served:
            async with connected(served.port, 1), connected(served.port, 2), raw(served.port) as third:
                assert await third.read() is None
            async with connected(served.port, 3) as later:
                assert later.isConnected()

    run(scenario())


def test_the_next_valid_id_is_each_clients_own_and_goes_past_its_orders() -> None:
    async def scenario() -> None:
        async with serving() as served:
            async with started(served.port, client_id=4) as client:
                client.send(*simple(178, 40))
                await client.until("3", "40")
                client.send(8, 1, 1)
                assert await client.until("9") == ["9", "1", "41"]
            async with connected(served.port, 4) as again, connected(served.port, 5) as other:
                assert again.client.getReqId() > 40
                assert other.client.getReqId() < 40

    run(scenario())


def test_client_0_may_ask_to_bind_manual_orders() -> None:
    async def scenario() -> None:
        async with serving() as served:
            ib = IB()
            await ib.connectAsync("127.0.0.1", served.port, clientId=0, timeout=5, raiseSyncErrors=True)
            assert (await ib.reqCurrentTimeAsync()).year == 2019
            ib.disconnect()
            await ib.client.conn.disconnected

    run(scenario())
