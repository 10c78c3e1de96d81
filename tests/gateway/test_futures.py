"""Futures as ib_async sees them: details, quotes, and what is not listed."""

from __future__ import annotations

import math
from typing import cast

from ib_async import IB, ContFuture, Contract, Future, LimitOrder, Ticker

from desk.clock import SimulatedClock
from desk.gateway.model import SHIPPED, FittedMarket, FittedSource
from desk.gateway.recording import by_day
from desk.gateway.replay import ReplaySource
from desk.lake.schema import SNAPSHOTS
from tests.gateway.market import START, Market
from tests.gateway.serving import connected, run, serving


def fitted() -> Market:
    return cast("Market", FittedSource(FittedMarket.load(SHIPPED), 1))


async def complete(ticker: Ticker) -> None:
    while math.isnan(ticker.bid) or math.isnan(ticker.last) or math.isnan(ticker.futuresOpenInterest):
        await ticker.updateEvent


async def codes_of(ib: IB, terms: Contract) -> list[int]:
    errors: list[int] = []

    def note(_number: int, code: int, _text: str, _contract: Contract | None) -> None:
        errors.append(code)

    ib.errorEvent += note
    assert await ib.reqContractDetailsAsync(terms) == []
    ib.errorEvent -= note
    return errors


def test_details_name_month_class_and_last_day() -> None:
    async def scenario() -> None:
        async with serving(market=fitted()) as served, connected(served.port) as ib:
            es = await ib.reqContractDetailsAsync(Future("ES", exchange="CME"))
            assert [d.contractMonth for d in es] == ["201906", "201909", "201912", "202003", "202006"]
            (june,) = await ib.reqContractDetailsAsync(Future("ES", "201906", "CME"))
            contract = june.contract
            assert contract is not None
            assert contract.conId == es[0].contract.conId  # type: ignore[union-attr]  # every row has one
            assert (contract.lastTradeDateOrContractMonth, contract.localSymbol) == ("20190621", "ESM9")
            assert (contract.tradingClass, contract.multiplier, contract.exchange) == ("ES", "50", "CME")
            assert (june.minTick, june.longName, june.realExpirationDate) == (0.25, "E-mini S&P 500", "20190621")
            vx = await ib.reqContractDetailsAsync(Future("VIX", exchange="CFE", tradingClass="VX"))
            assert [d.contract.localSymbol for d in vx if d.contract][:3] == ["VXK9", "VXM9", "VXN9"]
            assert (vx[0].minTick, vx[0].underSymbol, vx[0].underConId) == (0.05, "VIX", 13455763)
            (named,) = await ib.reqContractDetailsAsync(Future(localSymbol="NQM9", exchange="CME"))
            assert named.contract is not None
            assert named.contract.multiplier == "20"
            (known,) = await ib.reqContractDetailsAsync(Contract(conId=named.contract.conId, exchange="CME"))
            assert known.contract == named.contract
            rule = await ib.reqMarketRuleAsync(int(june.marketRuleIds))
            assert rule is not None
            assert [(step.lowEdge, step.increment) for step in rule] == [(0, 0.25)]

    run(scenario())


def test_unknown_ones_get_200() -> None:
    async def scenario() -> None:
        async with serving(market=fitted()) as served, connected(served.port) as ib:
            for terms in (
                Future("ES", "201907", "CME"),
                Future("ES", exchange="CFE"),
                Future("RTY", exchange="CME"),
                Future("ES", exchange="CME", multiplier="5"),
                ContFuture("ES", "CME"),
            ):
                assert await codes_of(ib, terms) == [200], terms
            ticker = ib.reqMktData(Future("ES", exchange="CME", conId=5))
            assert await _code(ib) == 200
            assert math.isnan(ticker.bid)

    run(scenario())


def test_quotes_are_labelled_and_have_open_interest() -> None:
    async def scenario() -> None:
        clock = SimulatedClock(START, 60.0)
        async with serving(market=fitted(), clock=clock) as served, connected(served.port) as ib:
            (front, *_) = await ib.reqContractDetailsAsync(Future("VIX", exchange="CFE", tradingClass="VX"))
            assert front.contract is not None
            ticker = ib.reqMktData(front.contract, "588")
            await complete(ticker)
            assert math.isclose(ticker.ask - ticker.bid, 0.05)
            assert ticker.bidExchange == "FITTED"
            assert ticker.futuresOpenInterest == 150_000
            assert ticker.modelGreeks is None
            assert ticker.volume > 0

    run(scenario())


def test_an_order_for_a_future_is_refused() -> None:
    async def scenario() -> None:
        async with serving(market=fitted()) as served, connected(served.port) as ib:
            (june,) = await ib.reqContractDetailsAsync(Future("ES", "201906", "CME"))
            assert june.contract is not None
            trade = ib.placeOrder(june.contract, LimitOrder("BUY", 1, 2800))
            while not trade.isDone():
                await trade.statusEvent
            assert trade.log[-1].errorCode == 201

    run(scenario())


def test_a_recording_without_futures_lists_none() -> None:
    async def scenario() -> None:
        replay = cast("Market", ReplaySource(by_day(SNAPSHOTS.empty()), None))
        async with serving(market=replay) as served, connected(served.port) as ib:
            assert await codes_of(ib, Future("ES", exchange="CME")) == [200]

    run(scenario())


async def _code(ib: IB) -> int:
    _, code, _, _ = await ib.errorEvent
    return int(code)
