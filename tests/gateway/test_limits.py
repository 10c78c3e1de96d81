"""IB's limits: messages a second, history, summaries; all in market time."""

from __future__ import annotations

import asyncio

import pytest

from desk.clock import LoopTimers, SimulatedClock
from desk.gateway.limits import HistoryPacing, MessageRate
from tests.gateway.market import START
from tests.gateway.serving import bars_request, contract, run, serving, started


def test_a_warning_near_the_rate_an_error_above_it_and_the_third_ends_the_connection() -> None:
    async def scenario() -> None:
        async with serving(messages_per_second=50) as served, started(served.port) as client:
            for _ in range(60):
                client.send(49, 1)
            seen: list[list[str]] = []
            while (fields := await client.read()) is not None:
                seen.append(fields)
            errors = [fields[2:5] for fields in seen if fields[0] == "4"]
            assert errors == [
                ["-1", "0", "Warning: Approaching max rate of 50 messages per second (44)"],
                *(
                    ["-1", "100", f"Max rate of messages per second has been exceeded:max=50 rec={50 + n} ({n})"]
                    for n in (1, 2, 3)
                ),
            ]
            assert len(seen) - len(errors) == 49

    run(scenario())


def test_the_rate_counts_market_seconds() -> None:
    async def scenario() -> None:
        clock = SimulatedClock(START, 1000.0)
        async with (
            serving(clock=clock, messages_per_second=6) as served,
            started(served.port, clock=clock) as client,
        ):
            timers = LoopTimers(clock, asyncio.get_running_loop())
            for _ in range(20):
                client.send(49, 1)
                assert (await client.read() or [])[0] == "49"
                await timers.sleep(0.3)
            timers.close()

    run(scenario())


def test_the_window_slides() -> None:
    rate = MessageRate(10)
    assert [rate.verdict(n * 0.1)[0] for n in range(40)] == [0] * 40
    assert rate.verdict(4.0) == (0, "")
    assert [rate.verdict(4.0)[0] for _ in range(2)] == [100, 100]
    assert rate.verdict(9.0) == (0, "")


def test_no_limit_is_no_limit() -> None:
    rate = MessageRate(0)
    assert {rate.verdict(1.0) for _ in range(1000)} == {(0, "")}


def test_history_pacing_knows_ibs_three_rules() -> None:
    pacing = HistoryPacing()
    assert pacing.allows(0, "SPY", "a")
    assert not pacing.allows(14.9, "SPY", "a")
    assert pacing.allows(15, "SPY", "a")
    kinds = HistoryPacing()
    assert [kinds.allows(0, "SPY", n) for n in range(6)] == [True] * 5 + [False]
    assert kinds.allows(0, "QQQ", 6)
    assert kinds.allows(2, "SPY", 7)
    many = HistoryPacing()
    assert [many.allows(n * 3.0, n, n) for n in range(61)] == [True] * 60 + [False]
    assert many.allows(600, 61, 61)


@pytest.mark.parametrize(("paced", "codes"), [(30.0, ["17", "17"]), (86_400.0, ["17", "4"])])
def test_daily_bars_are_paced_only_when_told_to(paced: float, codes: list[str]) -> None:
    async def scenario() -> None:
        async with serving(history_paced=paced) as served, started(served.port) as client:
            seen = []
            for number in (1, 2):
                client.send(*bars_request(number, *contract("SPY", "STK")))
                seen.append(await client.read() or [])
            assert [fields[0] for fields in seen] == codes
            if codes[1] == "4":
                assert seen[1][3:5] == [
                    "162",
                    "Historical Market Data Service error message:Historical data request pacing violation",
                ]

    run(scenario())


def test_only_so_many_bars_may_be_waited_for() -> None:
    async def scenario() -> None:
        clock = SimulatedClock(START, 20.0)
        async with serving(clock=clock, latency=1.0, history_open=2) as served, started(served.port) as client:
            for number in (1, 2, 3):
                client.send(*bars_request(number, *contract("SPY", "STK"), duration=f"{number} D"))
            await client.until("4", "2", "3", "162")
            assert {(await client.until("17"))[1] for _ in range(2)} == {"1", "2"}

    run(scenario())


def test_a_third_account_summary_is_refused() -> None:
    async def scenario() -> None:
        async with serving() as served, started(served.port) as client:
            for number in (1, 2, 1):
                client.send(62, 1, number, "All", "NetLiquidation")
                await client.until("64", "1", str(number))
            client.send(62, 1, 3, "All", "NetLiquidation")
            assert "Maximum number of account summary" in (await client.until("4", "2", "3", "322"))[4]
            client.send(63, 1, 1)
            client.send(62, 1, 3, "All", "NetLiquidation")
            await client.until("64", "1", "3")

    run(scenario())
