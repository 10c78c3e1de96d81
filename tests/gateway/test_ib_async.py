"""An unmodified ib_async at the gateway: start-up, contracts, quotes."""

from __future__ import annotations

import asyncio

from ib_async import Index, Option, Stock

from tests.gateway.serving import connected, run, serving


def test_every_start_up_request_is_answered() -> None:
    async def scenario() -> None:
        async with serving() as served, connected(served.port) as ib:
            assert ib.client.serverVersion() == 178
            assert ib.managedAccounts() == ["DU1234567"]
            assert ib.positions() + ib.trades() + ib.fills() == []
            values = {(v.tag, v.currency): v.value for v in ib.accountValues("DU1234567")}
            assert values["NetLiquidation", "USD"] == "1000000.00"

    run(scenario())


def test_details_of_an_index_and_of_a_whole_expiry() -> None:
    async def scenario() -> None:
        async with serving() as served, connected(served.port) as ib:
            (spx,) = await ib.reqContractDetailsAsync(Index("SPX", "CBOE"))
            assert spx.contract is not None
            assert spx.contract.conId == 416904
            chain = await ib.reqContractDetailsAsync(Option("SPX", "20190517", exchange="SMART", tradingClass="SPXW"))
            assert len(chain) == 62
            assert {detail.realExpirationDate for detail in chain} == {"20190517"}

    run(scenario())


def test_ticks_of_an_option_with_greeks_and_open_interest() -> None:
    async def scenario() -> None:
        async with serving() as served, connected(served.port) as ib:
            option = Option("SPX", "20190517", 2800, "C", "SMART", tradingClass="SPXW")
            await ib.qualifyContractsAsync(option)
            ticker = ib.reqMktData(option, "101")
            while ticker.modelGreeks is None:
                await ticker.updateEvent
            assert (ticker.bid, ticker.ask, ticker.bidSize, ticker.askSize) == (6.9, 7.1, 10, 12)
            assert (ticker.last, ticker.close, ticker.volume) == (7.0, 6.0, 100)
            assert ticker.bidExchange == "FITTED"
            assert (ticker.callOpenInterest, ticker.putOpenInterest) == (1000, 0)
            assert ticker.modelGreeks.impliedVol == 0.2
            assert ticker.modelGreeks.undPrice == 2820

    run(scenario())


def test_stock_and_index_ticks_follow_the_market() -> None:
    async def scenario() -> None:
        async with serving(tick_interval=0.01) as served, connected(served.port) as ib:
            contracts = Stock("SPY", "SMART", "USD"), Index("VIX", "CBOE")
            await ib.qualifyContractsAsync(*contracts)
            spy, vix = map(ib.reqMktData, contracts)
            while not (spy.bid == 281.4 and vix.last == 20.5):
                await asyncio.wait_for(ib.updateEvent, 60)
            served.market.drift = 1.0
            while not (spy.bid == 282.4 and spy.ask == 282.6 and vix.last == 21.5):
                await asyncio.wait_for(ib.updateEvent, 60)
            assert (vix.high, vix.low, vix.open) == (25.5, 14.5, 19.5)
            assert vix.bid != vix.bid
            assert spy.bidExchange == "REPLAY"

    run(scenario())
