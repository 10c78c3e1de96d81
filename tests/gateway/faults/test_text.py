"""Faults in words, their times and chances, and the control port."""

from __future__ import annotations

import asyncio
import json
import socket
from contextlib import suppress
from random import Random
from typing import Any

import pytest

from desk.clock import SimulatedClock
from desk.gateway.faults.answers import Late
from desk.gateway.faults.catalogue import CATALOGUE
from desk.gateway.faults.text import fault, parameters, parse, written
from desk.gateway.frames import PREFIX, frame
from desk.gateway.settings import Settings
from desk.gateway.thread import GatewayThread
from tests.gateway.faults.watching import ended, passed
from tests.gateway.market import START, Market
from tests.gateway.serving import contract, quote_request, run, serving, started


@pytest.mark.parametrize("name", CATALOGUE)
def test_every_fault_is_its_name_and_every_parameter_can_be_written_and_read(name: str) -> None:
    known = CATALOGUE[name]
    assert parse(name) == known
    assert written(known) == name
    changed: dict[str, Any] = {}
    for key in parameters(known):
        value = getattr(known, key)
        if key in {"at", "on", "kinds", "side", "form"} or (key == "code" and name.startswith("outage")):
            continue
        if isinstance(value, bool):
            changed[key] = not value
        elif isinstance(value, int | float):
            changed[key] = value + 1
        else:
            changed[key] = (*value, "two words") if isinstance(value, tuple) else f"{value} 'quoted'"
    made = fault(name, **changed | {"at": "09:30:15", "lasts": 60.0})
    assert parse(written(made)) == made


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "no fault is named; there are drop, reset"),
        ("dorp", "'dorp' is no fault; there are drop"),
        ("drop soon", "'soon' in 'drop soon' is not key=value"),
        ("drop when=now", "drop has no 'when'; it has at, daily"),
        ("drop after=soon", "drop after: 'soon' is no number"),
        ("drop times=1.5", "drop times: '1.5' is no whole number"),
        ("drop handled=maybe", "drop handled: 'maybe' is neither yes nor no"),
        ("drop at=25:00", "hour must be in 0..23"),
        ("drop on=Order", "'Order' is no message; there are accountDownloadEnd"),
        ("lose kinds=x", "'x' is no message"),
        ("no-price side=left", "side is bid, ask or both, not 'left'"),
        ("time-format form=iso", "form is utc, plain or zone, not 'iso'"),
        ("outage code=1103", "code is 1101 or 1102, not 1103"),
        ("silent daily=yes at=10:00", "daily needs a time"),
    ],
)
def test_a_text_that_means_no_fault_is_refused_in_words(text: str, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint.replace("'", ".")):
        parse(text)


def test_a_fault_acts_on_the_nth_message_so_many_times() -> None:
    async def scenario() -> None:
        async with (
            serving(faults=(parse("lose kinds=currentTime nth=3 times=2"),)) as served,
            started(served.port) as client,
        ):
            for number in range(6):
                client.send(49, 1)
                client.send(81, number, "SPY")
            seen = [m[0] for m in [await client.read() or [] for _ in range(10)]]
            assert "".join({"49": "t", "79": "s"}[kind] for kind in seen) == "tstsss" + "tsts"

    run(scenario())


def test_a_chance_comes_from_the_gateways_seed() -> None:
    async def lost(seed: int) -> list[int]:
        async with (
            serving(seed=seed, faults=(parse("lose kinds=symbolSamples share=0.5"),)) as served,
            started(served.port) as client,
        ):
            for number in range(40):
                client.send(81, number, "SPY")
            client.send(49, 1)
            seen = []
            while (fields := await client.read() or [])[0] != "49":
                seen.append(int(fields[1]))
            return seen

    assert run(lost(3)) == run(lost(3))
    assert run(lost(3)) != run(lost(4))
    assert 8 <= len(run(lost(3))) <= 32


def test_faults_follow_one_another() -> None:
    async def scenario() -> None:
        clock = SimulatedClock(START, 50)
        chain = (Late(kinds=("currentTime",), seconds=2), fault("repeat", kinds=("currentTime",), seconds=3))
        async with serving(clock=clock, faults=chain) as served, started(served.port, clock=clock) as client:
            client.send(49, 1)
            times = []
            for _ in range(2):
                await client.until("49")
                times.append(client.read_at - START.timestamp())
            assert times == pytest.approx([2, 5], abs=0.5)

    run(scenario())


async def ask(port: int, *requests: object) -> list[dict[str, Any]]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        answers = []
        for request in requests:
            writer.write(json.dumps(request).encode() + b"\n")
            answers.append(json.loads(await reader.readline()))
        return answers
    finally:
        writer.close()


def test_the_control_port_arms_lists_and_takes_back() -> None:
    async def scenario() -> None:
        async with serving(control=0) as served, started(served.port) as client:
            port = served.gateway.control_port
            assert port is not None
            answers = await ask(
                port,
                {"do": "arm", "fault": "silent symbol=SPY"},
                {"do": "arm", "fault": "drop on=currentTime"},
                {"do": "list"},
                {"do": "arm", "fault": "dorp"},
                {"do": "arm"},
                {"do": "disarm", "number": 1},
                {"do": "disarm", "number": 1},
                {"do": "sing"},
            )
            assert answers[:3] == [
                {"number": 1},
                {"number": 2},
                {"armed": {"1": "silent symbol=SPY", "2": "drop on=currentTime"}},
            ]
            assert "is no fault" in answers[3]["error"]
            assert answers[4:7] == [{"error": "'fault'"}, {"disarmed": True}, {"disarmed": False}]
            assert "do is one of arm" in answers[7]["error"]
            client.send(49, 1)
            assert [m[0] for m in await ended(client)] == ["49"]
            fired, cleared = await ask(port, {"do": "fired"}, {"do": "clear"})
            assert [one["what"] for one in fired["fired"]] == ["currentTime"]
            assert cleared == {"cleared": 1}

    run(scenario())


@pytest.mark.parametrize("line", [b"POST / HTTP/1.1\r\n", b"[1]\n", b"\xff\n", b"x" * 100_000])
def test_whoever_does_not_speak_json_to_the_control_port_is_cut_off(line: bytes) -> None:
    async def scenario() -> None:
        async with serving(control=0) as served:
            assert served.gateway.control_port is not None
            reader, writer = await asyncio.open_connection("127.0.0.1", served.gateway.control_port)
            writer.write(line)
            with suppress(ConnectionResetError):
                assert await reader.read() == b""
            writer.close()
            assert await ask(served.gateway.control_port, {"do": "list"}) == [{"armed": {}}]

    run(scenario())


def test_without_faults_there_is_no_control_port() -> None:
    async def scenario() -> None:
        async with serving() as served:
            assert served.gateway.control_port is None

    run(scenario())


def test_a_window_of_market_time_opens_and_closes() -> None:
    async def scenario() -> None:
        clock = SimulatedClock(START, 500)
        async with (
            serving(clock=clock, faults=(parse("lose kinds=currentTime at=10:05 lasts=60"),)) as served,
            started(served.port) as client,
        ):
            seen = []
            for seconds in (0, 320, 60):
                await passed(clock, seconds)
                client.send(49, 1)
                client.send(81, 7, "SPY")
                seen.append((await client.read() or [])[0])
                await client.until("79") if seen[-1] == "49" else None
            assert seen == ["49", "79", "49"]

    run(scenario())


def test_a_fault_that_disturbs_nothing_else_costs_nothing_else() -> None:
    async def scenario() -> None:
        faults = (parse("silent symbol=QQQ"), parse("lost-placement client=77"))
        async with serving(faults=faults) as served, started(served.port) as client:
            client.send(*quote_request(1, *contract("SPY", "STK")))
            assert await client.until("1", "6", "1", "14")

    run(scenario())


def test_the_faults_of_a_gateway_on_another_thread() -> None:
    gateway = GatewayThread(Settings(), Market(), SimulatedClock(START, 1.0), Random(1))
    port = gateway.start()
    try:
        with socket.create_connection(("127.0.0.1", port)) as link:
            link.sendall(PREFIX + frame(b"v157..178"))
            assert link.recv(100)
            assert gateway.faults(lambda faults: faults.arm(fault("drop"))) == 1
            assert link.recv(100) == b""
        assert [one.name for one in gateway.faults(lambda faults: list(faults.fired))] == ["drop"]
        with pytest.raises(ValueError, match="no message"):
            gateway.faults(lambda faults: faults.arm(Late(kinds=("x",))))
    finally:
        gateway.stop()
