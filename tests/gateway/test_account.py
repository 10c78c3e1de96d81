"""The paper account, before anything is traded."""

from __future__ import annotations

import asyncio

from tests.gateway.serving import connected, run, serving, started


def test_the_summary_holds_what_was_asked_for() -> None:
    async def scenario() -> None:
        async with serving(cash=250_000.0) as served, connected(served.port) as ib:
            rows = {(row.tag, row.currency): row.value for row in await ib.accountSummaryAsync()}
            assert rows["NetLiquidation", "USD"] == rows["AvailableFunds", "USD"] == "250000.00"
            assert rows["BuyingPower", "USD"] == "1000000.00"
            assert rows["InitMarginReq", "USD"] == "0.00"
            assert rows["CashBalance", "BASE"] == "250000.0000"

    run(scenario())


def test_profit_and_loss_is_answered() -> None:
    async def scenario() -> None:
        async with serving() as served, connected(served.port) as ib:
            pnl = ib.reqPnL("DU1234567")
            single = ib.reqPnLSingle("DU1234567", "", 756733)
            while not (pnl.dailyPnL == 0 and single.value == 0):
                await asyncio.wait_for(ib.updateEvent, 60)
            ib.cancelPnL("DU1234567")
            ib.cancelPnLSingle("DU1234567", "", 756733)
            assert (await ib.reqCurrentTimeAsync()).year == 2019

    run(scenario())


def test_every_other_list_is_empty_and_ends() -> None:
    async def scenario() -> None:
        async with serving() as served, connected(served.port) as ib:
            assert await ib.reqPositionsAsync() == []
            assert await ib.reqOpenOrdersAsync() == []
            assert await ib.reqAllOpenOrdersAsync() == []
            assert await ib.reqCompletedOrdersAsync(True) == []
            assert await ib.reqExecutionsAsync() == []
            await ib.reqAccountUpdatesMultiAsync("DU1234567")
            assert await ib.reqUserInfoAsync() == []
            ib.client.setServerLogLevel(5)
            ib.client.cancelPositions()
            ib.reqGlobalCancel()
            assert (await ib.reqCurrentTimeAsync()).year == 2019

    run(scenario())


def test_positions_of_a_model_and_the_end_of_account_updates() -> None:
    async def scenario() -> None:
        async with serving() as served, started(served.port) as client:
            client.send(74, 1, 5, "DU1234567", "")
            assert await client.read() == ["72", "1", "5"]
            client.send(6, 2, 0, "DU1234567")
            client.send(17, 1)
            assert await client.read() == ["15", "1", "DU1234567"]

    run(scenario())


def test_the_cancel_of_an_unknown_order_is_refused_by_its_id() -> None:
    async def scenario() -> None:
        async with serving() as served, started(served.port) as client:
            client.send(4, 1, 77, "")
            assert (await client.until("4", "2", "77"))[3] == "10147"

    run(scenario())
