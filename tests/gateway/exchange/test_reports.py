"""Lists of orders and executions, narrowed as the client asks."""

from __future__ import annotations

import pytest
from ib_async import ExecutionFilter, LimitOrder, MarketOrder

from tests.gateway.exchange.floor import Falling
from tests.gateway.exchange.test_over_the_wire import condor, costs, put, until
from tests.gateway.serving import connected, run, serving, started


@pytest.mark.parametrize(
    ("wanted", "count"),
    [
        (ExecutionFilter(), 6),
        (ExecutionFilter(clientId=1), 6),
        (ExecutionFilter(clientId=2), 0),
        (ExecutionFilter(acctCode="DU1234567", symbol="SPX"), 6),
        (ExecutionFilter(acctCode="DU7"), 0),
        (ExecutionFilter(symbol="SPY"), 0),
        (ExecutionFilter(secType="BAG"), 1),
        (ExecutionFilter(side="SELL"), 2),
        (ExecutionFilter(side="BUY", secType="OPT"), 3),
        (ExecutionFilter(exchange="CBOE"), 5),
        (ExecutionFilter(time="20190513 09:00:00"), 6),
        (ExecutionFilter(time="20190513-13:00:00"), 6),
        (ExecutionFilter(time="20190513 10:30:00 US/Eastern"), 0),
    ],
)
def test_executions_that_pass_a_filter(wanted: ExecutionFilter, count: int) -> None:
    async def scenario() -> None:
        async with serving(market=Falling()) as served, connected(served.port) as ib:
            ib.placeOrder(await condor(ib), MarketOrder("BUY", 1, tif="DAY"))
            ib.placeOrder(await put(ib), MarketOrder("BUY", 1, tif="DAY"))
            await until(ib, lambda: len(costs(ib.fills())) == 5)
            assert len(await ib.reqExecutionsAsync(wanted)) == count

    run(scenario())


def test_a_filter_with_a_time_that_is_none() -> None:
    async def scenario() -> None:
        async with serving() as served, started(served.port) as client:
            client.send(7, 3, 5, 0, "", "yesterday", "", "", "", "")
            assert (await client.until("4", "2", "5"))[3] == "10330"

    run(scenario())


def test_only_client_0_may_bind_orders_made_by_hand() -> None:
    async def scenario() -> None:
        async with serving() as served, started(served.port, client_id=3) as client:
            client.send(15, 1, 1)
            assert (await client.until("4", "2", "-1", "321"))[4].endswith("can auto bind orders.")

    run(scenario())


def test_completed_orders_are_those_of_the_day_of_every_client() -> None:
    async def scenario() -> None:
        async with serving(market=Falling()) as served:
            async with connected(served.port, client_id=2) as ib:
                trade = ib.placeOrder(await put(ib), LimitOrder("BUY", 1, 1.0, tif="DAY", orderRef="ended"))
                await until(ib, lambda: trade.orderStatus.status == "Submitted")
                ib.cancelOrder(trade.order)
                await until(ib, lambda: trade.orderStatus.status == "Cancelled")
                trade = ib.placeOrder(await condor(ib), MarketOrder("BUY", 1, tif="DAY", orderRef="done"))
                await until(ib, lambda: trade.orderStatus.status == "Filled")
            async with connected(served.port, client_id=1) as ib:
                done = {trade.order.orderRef: trade for trade in await ib.reqCompletedOrdersAsync(False)}
                assert done["ended"].orderStatus.status == "Cancelled"
                assert done["ended"].order.filledQuantity == 0
                assert done["done"].order.filledQuantity == 1
                assert len(done["done"].contract.comboLegs) == 4

    run(scenario())
