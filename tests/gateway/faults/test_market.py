"""Faults of market data and contracts, as a bare client and as ib_async meet them."""

from __future__ import annotations

import asyncio
import logging

import pytest
from ib_async import IB, Contract, Option, Stock

from desk.clock import SimulatedClock
from desk.gateway.faults.text import fault, parse
from tests.gateway.faults.watching import CALL, PUT, SPX, SPY, passed
from tests.gateway.market import START
from tests.gateway.serving import Raw, connected, contract, details_request, quote_request, run, serving, started

VIX = contract("VIX", "IND", exchange="CBOE")


async def the_call(ib: IB) -> Contract:
    call = Option("SPX", "20190517", 2800, "C", "SMART", tradingClass="SPXW")
    await ib.qualifyContractsAsync(call)
    return call


async def until_answered(client: Raw, number: int = 99) -> list[list[str]]:
    """Return every message that comes before the quotes of an index that is asked for now."""
    client.send(*quote_request(number, *VIX))
    seen = []
    while (fields := await client.read() or [])[:4] != ["1", "6", str(number), "14"]:
        seen.append(fields)
    client.send(2, 2, number)
    return seen


def ticks(messages: list[list[str]], number: int) -> set[str]:
    """Return the types of the ticks among messages for a request."""
    plain = {m[3] for m in messages if m[0] in {"1", "2", "45", "46"} and m[2] == str(number)}
    return plain | {m[2] for m in messages if m[0] == "21" and m[1] == str(number)}


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("unsubscribed", "354"),
        ("unsubscribed-10168", "10168"),
        ("unsubscribed-10186", "10186"),
        ("competing-session", "10197"),
        ("no-line", "101"),
        ("false-200", "200"),
    ],
)
def test_one_contract_gets_an_error_and_no_data_and_the_others_their_own(name: str, code: str) -> None:
    async def scenario() -> None:
        one = fault(name, symbol="SPX", right="C")
        async with serving(faults=(one,)) as served, started(served.port) as client:
            client.send(*quote_request(1, *CALL))
            client.send(*quote_request(2, *PUT))
            client.send(*quote_request(3, *SPY))
            seen = await until_answered(client)
            assert [m[2:4] for m in seen if m[0] == "4"] == [["1", code]]
            assert not ticks(seen, 1)
            assert ticks(seen, 2) >= {"1", "2", "13"}
            assert ticks(seen, 3) >= {"1", "2"}

    run(scenario())


@pytest.mark.parametrize("code", [10089, 10090, 10091])
def test_part_of_the_data_is_not_subscribed_and_the_rest_flows(code: int) -> None:
    async def scenario() -> None:
        one = fault("partly-subscribed", code=code, symbol="SPX", expiry="20190517")
        async with serving(faults=(one,)) as served, started(served.port) as client:
            client.send(*quote_request(1, *CALL))
            client.send(*quote_request(2, *contract("SPX", "OPT", "20190621", 2800, "C", trading_class="SPXW")))
            seen = await until_answered(client)
            assert [m[2:4] for m in seen if m[0] == "4"] == [["1", str(code)]]
            assert ticks(seen, 1) >= {"1", "2"}
            assert not ticks(seen, 1) & {"10", "11", "13"}
            assert "13" in ticks(seen, 2)

    run(scenario())


def test_delayed_data_for_who_asks_for_it_with_the_models_greeks_as_tick_83() -> None:
    async def scenario() -> None:
        async with serving(faults=(parse("unsubscribed sec_type=OPT"),)) as served, started(served.port) as client:
            client.send(59, 1, 3)
            client.send(*quote_request(1, *CALL))
            seen = await until_answered(client)
            assert [m[2:4] for m in seen if m[0] == "4"] == [["1", "10167"]]
            assert ["58", "1", "1", "3"] in seen
            assert ticks(seen, 1) == {"66", "67", "68", "74", "75", "80", "81", "83", "88", "90"}

    run(scenario())


def test_ib_async_reads_delayed_quotes_and_greeks() -> None:
    async def scenario() -> None:
        async with serving(faults=(parse("unsubscribed"),)) as served, connected(served.port) as ib:
            ib.reqMarketDataType(3)
            ticker = ib.reqMktData(await the_call(ib))
            while ticker.modelGreeks is None:
                await ticker.updateEvent
            assert (ticker.bid, ticker.ask, ticker.marketDataType) == (6.9, 7.1, 3)
            assert ticker.modelGreeks.impliedVol == 0.2

    run(scenario())


def test_a_snapshot_of_ib_async_ends_empty_on_354() -> None:
    async def scenario() -> None:
        async with serving(faults=(parse("unsubscribed"),)) as served, connected(served.port) as ib:
            spy = Stock("SPY", "SMART", "USD")
            await ib.qualifyContractsAsync(spy)
            (ticker,) = await ib.reqTickersAsync(spy)
            assert ticker.bid != ticker.bid

    run(scenario())


def test_sentinel_greeks_until_the_fault_ends() -> None:
    async def scenario() -> None:
        async with serving() as served, connected(served.port) as ib:
            served.gateway.faults.arm(parse("sentinel-greeks"))
            call = await the_call(ib)
            ticker = ib.reqMktData(call)
            while ticker.modelGreeks is None:
                await ticker.updateEvent
            assert (ticker.modelGreeks.impliedVol, ticker.modelGreeks.vega) == (None, -2.0)
            served.gateway.faults.clear()
            served.market.drift = 1.0
            ib.cancelMktData(call)
            ticker = ib.reqMktData(call)
            while ticker.modelGreeks is None or ticker.modelGreeks.impliedVol is None:
                await ticker.updateEvent
            assert ticker.modelGreeks.impliedVol == 0.2

    run(scenario())


def test_greeks_come_late_or_never() -> None:
    async def scenario() -> None:
        clock = SimulatedClock(START, 50)
        faults = (parse("late-greeks seconds=10 right=C"), parse("no-greeks right=P"))
        async with (
            serving(clock=clock, tick_interval=1000, faults=faults) as served,
            started(served.port, clock=clock) as client,
        ):
            for number, terms in enumerate((CALL, PUT), 1):
                client.send(*quote_request(number, *terms))
            await client.until("1", "6", "2", "1")
            asked = client.read_at
            await client.until("21", "1", "13")
            assert client.read_at - asked == pytest.approx(10, abs=1)
            assert "13" not in ticks(await until_answered(client), 2)

    run(scenario())


@pytest.mark.parametrize(
    ("text", "bid", "ask"),
    [
        ("no-price", ["-1", "0", "0"], ["-1", "0", "0"]),
        ("no-price side=bid", ["-1", "0", "0"], ["7.1", "12", "1"]),
        ("zero-price side=ask", ["6.9", "10", "1"], ["0", "0", "0"]),
        ("crossed", ["7.1", "12", "1"], ["6.9", "10", "1"]),
    ],
)
def test_prices_that_are_none(text: str, bid: list[str], ask: list[str]) -> None:
    async def scenario() -> None:
        async with serving(faults=(parse(f"{text} strike=2800"),)) as served, started(served.port) as client:
            client.send(*quote_request(1, *CALL))
            seen = await until_answered(client)
            prices = {m[3]: m[4:7] for m in seen if m[:3] == ["1", "6", "1"]}
            assert (prices["1"], prices["2"]) == (bid, ask)
            assert prices["4"] == ["7", "0", "0"]

    run(scenario())


def test_crossed_quotes_in_ib_async() -> None:
    async def scenario() -> None:
        async with serving(faults=(parse("crossed"),)) as served, connected(served.port) as ib:
            ticker = ib.reqMktData(await the_call(ib))
            while ticker.ask != 6.9:
                await ticker.updateEvent
            assert ticker.bid == 7.1

    run(scenario())


def test_silence_of_a_share_of_the_contracts_the_same_ones_again() -> None:
    async def scenario() -> None:
        async with (
            serving(lines=0, faults=(parse("silent sec_type=OPT part=0.4"),)) as served,
            started(served.port) as client,
        ):
            silent = []
            for first in (0, 100):
                for n in range(20):
                    terms = contract("SPX", "OPT", "20190517", 2750 + 5 * n, "C", trading_class="SPXW")
                    client.send(*quote_request(first + n, *terms))
                seen = await until_answered(client, 999 + first)
                silent.append({n for n in range(20) if not ticks(seen, first + n)})
            assert silent[0] == silent[1]
            assert 2 <= len(silent[0]) <= 14

    run(scenario())


def test_frozen_quotes_stand_still_and_age() -> None:
    async def scenario() -> None:
        async with serving(tick_interval=0.01) as served, started(served.port) as client:
            client.send(*quote_request(1, *SPY))
            await client.until("1", "6", "1", "1")
            number = served.gateway.faults.arm(parse("frozen symbol=SPY"))
            await client.until("1", "6", "1", "14")
            served.gateway.market.quotes([spy := served.market.underlyings(0)[2]], START.timestamp())
            served.market.drift = 5.0
            quotes = served.gateway.market.quotes([spy], START.timestamp() + 60)
            assert (quotes.bid[0], round(quotes.age[0] if quotes.age is not None else 0)) == (281.4, 60)
            served.gateway.faults.disarm(number)
            assert (await client.until("1", "6", "1", "1"))[4] == "286.4"

    run(scenario())


def test_a_thin_market_displays_little() -> None:
    async def scenario() -> None:
        async with serving(faults=(parse("thin size=2 right=C"),)) as served, started(served.port) as client:
            for number, terms in enumerate((CALL, PUT), 1):
                client.send(*quote_request(number, *terms))
            seen = await until_answered(client)
            sizes = [m[5] for m in seen if m[0] == "1" and m[3] in {"1", "2"}]
            assert sizes == ["2", "2", "10", "12"]

    run(scenario())


def test_snapshots_take_11_seconds_or_for_ever() -> None:
    async def scenario() -> None:
        clock = SimulatedClock(START, 50)
        faults = (parse("slow-snapshot symbol=SPX"), parse("endless-snapshot symbol=SPY"))
        async with (
            serving(clock=clock, faults=faults) as served,
            started(served.port, clock=clock) as client,
        ):
            client.send(*quote_request(1, *SPX, snapshot=1))
            client.send(*quote_request(2, *SPY, snapshot=1))
            await client.until("57", "1", "1")
            assert client.read_at - START.timestamp() == pytest.approx(11, abs=1)
            await passed(clock, 60)
            assert not [m for m in await until_answered(client) if m[0] == "57"]

    run(scenario())


def test_holes_are_200_and_no_wildcard_finds_them() -> None:
    async def scenario() -> None:
        async with serving(faults=(parse("holes part=0.3"),)) as served, connected(served.port) as ib:
            found = await ib.reqContractDetailsAsync(Option("SPX", "20190517", exchange="SMART", tradingClass="SPXW"))
            assert 30 < len(found) < 56
            there = {(d.contract.strike, d.contract.right) for d in found if d.contract is not None}
            codes: list[tuple[int, int]] = []
            ib.errorEvent += lambda number, code, *_: codes.append((number, code))
            for strike in (2750.0, 2800.0, 2850.0):
                for right in "CP":
                    option = Option("SPX", "20190517", strike, right, "SMART", tradingClass="SPXW")
                    details = await ib.reqContractDetailsAsync(option)
                    assert bool(details) == ((strike, right) in there)
            assert {code for _, code in codes} == {200}

    run(scenario())


def test_a_wildcard_that_finds_holes_only_is_200() -> None:
    async def scenario() -> None:
        async with serving(faults=(parse("holes part=1"),)) as served, started(served.port) as client:
            client.send(*details_request(1, *contract("SPX", "OPT", "20190517", 2800, trading_class="SPXW")))
            assert [m[2:4] for m in await until_answered(client) if m[0] in {"4", "10", "52"}] == [["1", "200"]]

    run(scenario())


def test_a_false_200_at_night_ends_in_the_morning() -> None:
    async def scenario() -> None:
        clock = SimulatedClock(START, 20_000)
        window = parse("false-200 at=23:45 lasts=3600 daily=yes kinds=reqContractDetails")
        async with serving(clock=clock, faults=(window,)) as served, started(served.port) as client:
            codes = []
            for number, seconds in enumerate((0, 14 * 3600, 2 * 3600)):
                await passed(clock, seconds)
                client.send(*details_request(number, *SPX))
                client.send(49, 1)
                codes.append((await client.read() or [])[0])
                await client.until("49")
            assert codes == ["10", "4", "10"]
            assert len(served.gateway.faults.fired) == 1

    run(scenario())


def test_321_leaves_ib_async_waiting_until_its_own_deadline(caplog: pytest.LogCaptureFixture) -> None:
    async def scenario() -> None:
        async with serving(faults=(parse("validation-error"),)) as served, connected(served.port) as ib:
            asked = asyncio.ensure_future(ib.reqContractDetailsAsync(Stock("SPY", "SMART", "USD")))
            while "321" not in caplog.text:
                await ib.reqCurrentTimeAsync()
            assert not asked.done()
            asked.cancel()

    with caplog.at_level(logging.INFO, logger="ib_async.wrapper"):
        run(scenario())


def test_details_of_a_chain_are_slow_and_those_of_a_stock_are_not() -> None:
    async def scenario() -> None:
        clock = SimulatedClock(START, 100)
        async with (
            serving(clock=clock, faults=(parse("slow-chain seconds=40"),)) as served,
            started(served.port, clock=clock) as client,
        ):
            client.send(*details_request(1, *contract("SPX", "OPT", "20190517", trading_class="SPXW")))
            client.send(*details_request(2, *SPY))
            await client.until("52", "1", "2")
            assert client.read_at - START.timestamp() < 10
            await client.until("10", "1")
            end = await client.until("52", "1", "1")
            assert end
            assert client.read_at - START.timestamp() == pytest.approx(40, abs=5)

    run(scenario())


def test_the_twin_class_makes_spy_ambiguous_and_the_monthly_of_spx_is_listed_on_its_thursday() -> None:
    async def scenario() -> None:
        async with serving() as served, connected(served.port) as ib:
            twins = await ib.reqContractDetailsAsync(Option("SPY", "20190621", 616, "P", "SMART"))
            assert [d.contract.tradingClass for d in twins if d.contract is not None] == ["2SPY"]
            classes = {
                d.contract.tradingClass
                for d in await ib.reqContractDetailsAsync(Option("SPY", "20190621", right="P", exchange="SMART"))
                if d.contract is not None
            }
            assert classes == {"SPY", "2SPY"}
            (monthly,) = await ib.reqContractDetailsAsync(
                Option("SPX", "20190620", 2800, "P", "SMART", tradingClass="SPX")
            )
            assert monthly.contract is not None
            assert monthly.contract.localSymbol == "SPX   190621P02800000"
            assert monthly.realExpirationDate == "20190621"

    run(scenario())
