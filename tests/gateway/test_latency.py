"""Delays, in market time: as set, from a seed, and exact on a governed clock."""

from __future__ import annotations

from dataclasses import replace
from random import Random
from typing import Any

import pytest

from desk.clock import SimulatedClock
from desk.gateway.latency import Latency
from desk.gateway.settings import Settings
from desk.market.contracts import option
from tests.gateway.market import START
from tests.gateway.serving import Raw, contract, details_request, quote_request, run, serving, started

NOW = START.timestamp()
NEAR, FAR = "20190517", "20190719"


async def _times(client: Raw, request: list[str | float | None], *wanted: tuple[str, ...]) -> list[float]:
    """Return the seconds from a request to each message wanted."""
    assert client._clock is not None
    asked = client._clock.time()
    client.send(*request)
    times = []
    for head in wanted:
        await client.until(*head)
        times.append(client.read_at - asked)
    return times


async def _quotes(seed: int, **settings: float) -> list[list[float]]:
    clock = SimulatedClock(START, 20.0)
    chosen: dict[str, Any] = {"latency": 1.0, "tick_interval": 1000.0, **settings}
    async with serving(clock=clock, seed=seed, **chosen) as served, started(served.port, clock=clock) as client:
        found = []
        for number, expiry in enumerate((NEAR, FAR), start=1):
            terms = contract("SPX", "OPT", expiry, 2800, "C", trading_class="SPXW")
            wanted = ("1", "6", str(number), "1"), ("21", str(number), "13")
            found.append(await _times(client, quote_request(number, *terms), *wanted))
        return found


@pytest.mark.parametrize("seed", range(4))
def test_first_quotes_and_greeks_come_as_late_as_ibs(seed: int) -> None:
    (near, near_greeks), (far, far_greeks) = run(_quotes(seed))
    assert 0.04 <= near <= 0.15 + 1e-6
    assert 0.19 <= far <= 0.8 + 1e-6
    for quote, greeks in ((near, near_greeks), (far, far_greeks)):
        assert 0.18 <= greeks - quote <= 1.5 + 0.011


def test_one_seed_gives_one_timing() -> None:
    def flat(seed: int) -> list[float]:
        return [t for times in run(_quotes(seed)) for t in times]

    once = flat(5)
    assert flat(5) == pytest.approx(once, abs=0.1)
    assert flat(6) != pytest.approx(once, abs=0.1)


def test_one_factor_scales_everything() -> None:
    (_, near_greeks), (far, _) = run(_quotes(1, latency=10.0))
    assert 2.0 <= far <= 8.0
    assert near_greeks > 2.0


def test_details_take_longer_for_a_wildcard() -> None:
    async def scenario() -> None:
        clock = SimulatedClock(START, 20.0)
        async with (
            serving(clock=clock, latency=1.0) as served,
            started(served.port, clock=clock) as client,
        ):
            one = details_request(1, *contract("SPX", "OPT", NEAR, 2800, "C", trading_class="SPXW"))
            (single,) = await _times(client, one, ("52", "1", "1"))
            (whole,) = await _times(client, details_request(2, *contract("SPX", "OPT", NEAR)), ("52", "1", "2"))
            assert 0.2 <= single <= 0.31
            assert 0.2 + 61 * 0.002 <= whole <= 0.31 + 61 * 0.002

    run(scenario())


def test_sentinels_come_before_the_first_greeks() -> None:
    async def scenario() -> None:
        clock = SimulatedClock(START, 20.0)
        settings: dict[str, Any] = {"latency": 1.0, "sentinel_share": 1.0}
        async with serving(clock=clock, **settings) as served, started(served.port, clock=clock) as client:
            client.send(*quote_request(1, *contract("SPX", "OPT", NEAR, 2800, "C", trading_class="SPXW")))
            assert (await client.until("21", "1", "13"))[4:6] == ["-1", "-2"]
            assert (await client.until("21", "1", "13"))[4] == "0.2"

    run(scenario())


def test_a_snapshot_without_greeks_ends_after_eleven_seconds() -> None:
    async def scenario() -> None:
        clock = SimulatedClock(START, 100.0)
        settings: dict[str, Any] = {"latency": 1.0, "silent_share": 1.0}
        async with serving(clock=clock, **settings) as served, started(served.port, clock=clock) as client:
            terms = contract("SPX", "OPT", NEAR, 2800, "C", trading_class="SPXW")
            (end,) = await _times(client, quote_request(1, *terms, snapshot=1), ("57", "1", "1"))
            assert end == pytest.approx(11, abs=0.02)

    run(scenario())


def test_about_the_set_share_of_options_never_gets_greeks_that_day() -> None:
    latency = Latency(Settings(silent_share=0.05), Random(1))
    ids = [replace(option("SPX", NEAR, 2800, "C", "SPXW"), con_id=n) for n in range(2000)]
    silent = {one.con_id for one in ids if latency.greeks(one, NOW) is None}
    assert silent == {one.con_id for one in ids if latency.greeks(one, NOW + 60) is None}
    assert silent != {one.con_id for one in ids if latency.greeks(one, NOW + 86_400) is None}
    assert 60 <= len(silent) <= 140
