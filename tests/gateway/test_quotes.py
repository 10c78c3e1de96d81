"""Quotes: what is sent for what is there, for what is not, and when."""

from __future__ import annotations

import asyncio
from math import isnan

import pytest
from ib_async import IB, Contract, Option, Stock, Ticker

from desk.clock import SimulatedClock
from desk.gateway.streams import Streams
from tests.gateway.market import START, UNPRICED
from tests.gateway.serving import Raw, connected, contract, quote_request, run, serving, started

CALL = contract("SPX", "OPT", "20190517", 2800, "C", trading_class="SPXW")
TWIN = contract("SPY", "OPT", "20190621", 616, "P", trading_class="2SPY")


async def _until(client: Raw, *head: str) -> list[list[str]]:
    """Return every message up to the one that begins so, this one included."""
    seen: list[list[str]] = []
    while (fields := await client.read()) is not None:
        seen.append(fields)
        if fields[: len(head)] == list(head):
            return seen
    raise ConnectionError(str(seen))


def _kinds(messages: list[list[str]]) -> list[str]:
    """Name each message by its id and, for a tick, its type."""
    place = {"1": 3, "2": 3, "45": 3, "46": 3, "21": 2}
    return [f"{m[0]}:{m[place[m[0]]]}" if m[0] in place else m[0] for m in messages]


def test_the_order_of_an_options_messages_is_ibs() -> None:
    async def scenario() -> None:
        async with serving() as served, started(served.port) as client:
            client.send(*quote_request(7, *CALL, generics="101"))
            seen = await _until(client, "21", "7", "11")
            assert _kinds(seen) == [
                *("81", "58", "46:32", "1:1", "1:2", "1:4", "46:45", "2:8", "1:9", "45:49"),
                *("2:27", "2:28", "21:13", "21:10", "21:11"),
            ]
            assert seen[0] == ["81", "7", "0.05", "9c0001", "3"]
            assert seen[3] == ["1", "6", "7", "1", "6.9", "10", "1"]

    run(scenario())


def test_greeks_at_bid_and_ask_lie_about_the_models() -> None:
    async def scenario() -> None:
        async with serving() as served, started(served.port) as client:
            client.send(*quote_request(7, *CALL))
            seen = await _until(client, "21", "7", "11")
            iv = {m[2]: float(m[4]) for m in seen if m[0] == "21"}
            assert iv["10"] < iv["13"] < iv["11"]
            assert iv["11"] - iv["13"] == pytest.approx(0.1 / 150)

    run(scenario())


def test_what_is_not_there_goes_out_as_ibs_sentinels() -> None:
    async def scenario() -> None:
        async with serving() as served, connected(served.port) as ib:
            option = Option("SPX", "20190517", UNPRICED, "C", "SMART", tradingClass="SPXW")
            await ib.qualifyContractsAsync(option)
            ticker = ib.reqMktData(option, "101")
            while ticker.modelGreeks is None:
                await ticker.updateEvent
            assert (ticker.bid, ticker.bidSize) == (-1, 0)
            assert ticker.ask > 0
            assert isnan(ticker.last)
            assert isnan(ticker.callOpenInterest)
            assert ticker.modelGreeks.impliedVol is None
            assert ticker.modelGreeks.delta is None
            assert not ticker.hasBidAsk()

    run(scenario())


def test_nobody_quotes_a_twin() -> None:
    async def scenario() -> None:
        async with serving() as served, started(served.port) as client:
            client.send(*quote_request(7, *TWIN))
            seen = await _until(client, "21", "7", "13")
            assert [m[4:6] for m in seen if m[0] == "1"] == [["-1", "0"], ["-1", "0"]]
            assert seen[-1] == ["21", "7", "13", "0", "-1", "-2", "-1", "-1", "-2", "-2", "-2", "-1"]

    run(scenario())


def test_only_what_changed_is_sent_again() -> None:
    async def scenario() -> None:
        async with serving(tick_interval=0.01) as served, started(served.port) as client:
            client.send(*quote_request(7, *contract("VIX", "IND", exchange="CBOE")))
            first = await _until(client, "1", "6", "7", "14")
            assert _kinds(first) == ["81", "58", "46:32", "1:4", "46:45", "1:9", "1:6", "1:7", "1:14"]
            served.market.drift = 0.5
            assert _kinds(await _until(client, "1", "6", "7", "9")) == ["1:4", "46:45", "1:9"]

    run(scenario())


def test_many_subscriptions_are_priced_in_one_call() -> None:
    async def scenario() -> None:
        clock = SimulatedClock(START, 50)
        async with serving(clock=clock) as served, started(served.port) as client:
            for number in range(60):
                strike = 2750 + 5 * (number // 2)
                client.send(*quote_request(number, *contract("SPX", "OPT", "20190517", strike, "CP"[number % 2])))
            await _until(client, "21", "59", "11")
            served.market.calls.clear()
            served.market.drift = 1.0
            await _until(client, "21", "59", "11")
            assert served.market.calls[-1] == 60
            assert len(served.market.calls) <= 2

    run(scenario())


def test_ambiguous_and_unknown_contracts_get_200() -> None:
    async def scenario() -> None:
        async with serving() as served, started(served.port) as client:
            client.send(*quote_request(1, *contract("SPX", "OPT", "20190517", 2800)))
            assert "is ambiguous" in (await client.until("4", "2", "1", "200"))[4]
            client.send(*quote_request(2, *contract("SPX", "OPT", "20190518", 2800, "C")))
            assert "No security definition" in (await client.until("4", "2", "2", "200"))[4]
            client.send(*quote_request(3, *contract("SPY", "STK", exchange="")))
            assert "Please enter exchange" in (await client.until("4", "2", "3", "321"))[4]

    run(scenario())


@pytest.mark.parametrize("generics", ["abc", "101,9999"])
def test_generic_ticks_that_ib_does_not_know(generics: str) -> None:
    async def scenario() -> None:
        async with serving() as served, started(served.port) as client:
            client.send(*quote_request(1, *CALL, generics=generics))
            assert "Incorrect generic tick list" in (await client.until("4", "2", "1", "321"))[4]

    run(scenario())


def test_cancelling_ends_the_stream_and_a_second_time_is_300() -> None:
    async def scenario() -> None:
        async with serving(tick_interval=0.01) as served, started(served.port) as client:
            client.send(*quote_request(7, *CALL))
            client.send(*quote_request(7, *CALL))
            await client.until("4", "2", "7", "322")
            await _until(client, "21", "7", "11")
            client.send(2, 2, 7)
            client.send(2, 2, 7)
            await client.until("4", "2", "7", "300")
            served.market.drift = 2.0
            client.send(*quote_request(8, *CALL))
            assert {m[1 if m[0] in {"21", "81"} else 2] for m in await _until(client, "21", "8", "11")} == {"8"}

    run(scenario())


def test_lines_are_limited_for_all_clients_together_and_snapshots_are_free() -> None:
    async def scenario() -> None:
        async with (
            serving(lines=2) as served,
            started(served.port, client_id=1) as one,
            started(served.port, client_id=2) as two,
        ):
            one.send(*quote_request(1, *contract("SPX", "IND", exchange="CBOE")))
            one.send(*quote_request(2, *contract("VIX", "IND", exchange="CBOE")))
            await one.until("1", "6", "2", "14")
            two.send(*quote_request(1, *contract("SPY", "STK")))
            assert "Max number of tickers" in (await two.until("4", "2", "1", "101"))[4]
            two.send(*quote_request(2, *contract("SPY", "STK"), snapshot=1))
            await two.until("57", "1", "2")
            one.send(2, 2, 1)
            one.send(49, 1)
            await one.until("49")
            two.send(*quote_request(3, *contract("SPY", "STK")))
            await two.until("1", "6", "3", "1")

    run(scenario())


def test_a_client_that_leaves_gives_its_lines_back() -> None:
    async def scenario() -> None:
        async with serving(lines=1) as served:
            for _ in range(2):
                async with started(served.port) as client:
                    client.send(*quote_request(1, *contract("SPY", "STK")))
                    await client.until("1", "6", "1", "1")

    run(scenario())


def test_a_snapshot_ends_by_itself() -> None:
    async def scenario() -> None:
        async with serving() as served, connected(served.port) as ib:
            option = Option("SPX", "20190517", 2800, "C", "SMART", tradingClass="SPXW")
            await ib.qualifyContractsAsync(option)
            (ticker,) = await ib.reqTickersAsync(option)
            assert (ticker.bid, ticker.ask) == (6.9, 7.1)
            assert ticker.modelGreeks is not None

    run(scenario())


def test_a_snapshot_takes_no_generic_ticks() -> None:
    async def scenario() -> None:
        async with serving() as served, started(served.port) as client:
            client.send(*quote_request(1, *CALL, generics="101", snapshot=1))
            assert "not applicable to generic ticks" in (await client.until("4", "2", "1", "321"))[4]

    run(scenario())


def test_a_contract_id_is_enough() -> None:
    async def scenario() -> None:
        async with serving() as served, connected(served.port) as ib:
            ticker = ib.reqMktData(Contract(conId=756733, exchange="SMART"))
            await _quoted(ib, ticker)
            assert ticker.bid == 281.4

    run(scenario())


def test_the_type_of_the_data_is_said_and_frozen_only_when_closed() -> None:
    async def scenario(hour: int) -> int:
        clock = SimulatedClock(START.replace(hour=hour), 1.0)
        async with serving(clock=clock) as served, connected(served.port) as ib:
            spy = Stock("SPY", "SMART", "USD", conId=756733)
            ib.reqMarketDataType(2)
            ticker = ib.reqMktData(spy)
            await _quoted(ib, ticker)
            return int(ticker.marketDataType)

    assert run(scenario(14)) == 1
    assert run(scenario(23)) == 2


async def _quoted(ib: IB, ticker: Ticker) -> None:
    while not ticker.hasBidAsk():
        await asyncio.wait_for(ib.updateEvent, 60)


def test_a_thousand_subscriptions_leave_nothing_behind() -> None:
    async def scenario() -> None:
        clock = SimulatedClock(START, 100.0)
        async with serving(clock=clock, latency=1.0, messages_per_second=0) as served, started(served.port) as client:
            for number in range(1000):
                client.send(*quote_request(number, *CALL))
                client.send(2, 2, number)
            client.send(49, 1)
            await client.until("49")
            await served.gateway.context.timers.sleep(5)
            (streams,) = [part for part in served.gateway._services if isinstance(part, Streams)]
            assert not streams._streams
            assert not streams._due

    run(scenario())
