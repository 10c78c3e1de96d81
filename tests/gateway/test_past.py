"""Past ticks, head timestamps and histograms; and what an account without extras is told."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from ib_async import Option, Stock

from tests.gateway.serving import connected, contract, run, serving, started

SPY = contract("SPY", "STK")


def test_ib_async_reads_past_ticks() -> None:
    async def scenario() -> None:
        async with serving() as served, connected(served.port) as ib:
            spy = Stock("SPY", "SMART", "USD")
            start = "20190513 09:59:00"
            quotes = await ib.reqHistoricalTicksAsync(spy, start, "", 10, "BID_ASK", useRth=True)
            assert [(t.priceBid, t.priceAsk, t.sizeAsk) for t in quotes] == [(281.4, 281.6, 12)]
            assert quotes[0].time == datetime(2019, 5, 13, 13, 59, tzinfo=UTC)
            trades = await ib.reqHistoricalTicksAsync(spy, "", "20190513-14:00:00", 10, "TRADES", useRth=True)
            assert [(t.price, t.exchange) for t in trades] == [(281.5, "ARCA")]
            middles = await ib.reqHistoricalTicksAsync(spy, start, "", 10, "MIDPOINT", useRth=True)
            assert [t.price for t in middles] == [281.5]

    run(scenario())


def test_ib_async_reads_the_first_time_and_a_histogram() -> None:
    async def scenario() -> None:
        async with serving() as served, connected(served.port) as ib:
            spy = Stock("SPY", "SMART", "USD")
            head = await ib.reqHeadTimeStampAsync(spy, "TRADES", useRTH=True, formatDate=2)
            assert head == datetime(2019, 4, 25, 13, 30, tzinfo=UTC)
            (row,) = await ib.reqHistogramDataAsync(spy, True, "2 days")
            assert (row.price, row.count) == (281.5, 391 + 32)

    run(scenario())


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        (("", "", 10, "TRADES"), "321"),
        (("20190513 10:00:00", "20190513 10:00:00", 10, "TRADES"), "321"),
        (("20190513 10:00:00", "", 0, "TRADES"), "321"),
        (("20190513 10:00:00", "", 10, "NONSENSE"), "321"),
        (("tomorrow", "", 10, "TRADES"), "10330"),
    ],
)
def test_past_ticks_that_make_no_sense(asked: tuple[str, str, int, str], code: str) -> None:
    async def scenario() -> None:
        start, end, number, what = asked
        async with serving() as served, started(served.port) as client:
            client.send(96, 3, *SPY, 0, start, end, number, what, 1, 0, "")
            await client.until("4", "2", "3", code)

    run(scenario())


def test_no_first_time_and_no_period() -> None:
    async def scenario() -> None:
        option = contract("SPX", "OPT", "20190517", 2800, "C", trading_class="SPXW")
        async with serving() as served, started(served.port) as client:
            client.send(87, 3, *option, 0, 1, "TRADES", 1)
            assert "No head time stamp" in (await client.until("4", "2", "3", "162"))[4]
            client.send(88, 4, *SPY, 0, 1, "2 lives")
            await client.until("4", "2", "4", "321")

    run(scenario())


def test_an_options_worth_is_worked_out() -> None:
    async def scenario() -> None:
        async with serving() as served, connected(served.port) as ib:
            option = Option("SPX", "20190719", 2800, "C", "SMART", tradingClass="SPXW")
            await ib.qualifyContractsAsync(option)
            priced = await ib.calculateOptionPriceAsync(option, 0.2, 2820)
            assert priced is not None
            assert priced.optPrice is not None
            back = await ib.calculateImpliedVolatilityAsync(option, priced.optPrice, 2820)
            assert back is not None
            assert back.impliedVol == pytest.approx(0.2, abs=1e-6)
            assert back.delta == pytest.approx(0.6, abs=0.1)

    run(scenario())


@pytest.mark.parametrize(
    ("request_fields", "answer"),
    [
        ((18, 1, 1), ["4", "2", "-1", "321"]),
        ((19, 1, 1, "<x/>", 5), ["4", "2", "5", "321"]),
        ((22, 5, *[""] * 24), ["20", "3", "5", "0"]),
        ((24, 1), ["19", "1"]),
        ((52, 2, 5, *SPY[:3], "SMART", "", "USD", "", "ReportSnapshot", 0, ""), ["4", "2", "5", "430"]),
        ((65, 1, "name", "1"), ["4", "2", "-1", "321"]),
        ((67, 1, 5), ["67", "1", "5"]),
        ((68, 1, 5, 1), ["68", "1", "5", "none"]),
        ((79, 5), ["77", "5", "0"]),
        ((80,), ["78", "1", "DU1234567", ""]),
        ((82,), ["80"]),
        ((83, 5, "9c0001"), ["82", "5"]),
        ((84, 5, "BRFG", "x", ""), ["4", "2", "5", "10172"]),
        ((85,), ["85", "0"]),
        ((86, 5, 756733, "BRFG", "", "", 10, ""), ["87", "5", "0"]),
        ((100, 5), ["4", "2", "5", "10276"]),
        ((102, 5, 756733, "", 0, 0, 0, "", "", ""), ["4", "2", "5", "10276"]),
        ((201, 1, 2), ["4", "2", "-1", "320"]),
    ],
)
def test_everything_a_client_may_ask_is_answered(
    request_fields: tuple[str | float | None, ...], answer: list[str]
) -> None:
    async def scenario() -> None:
        async with serving() as served, started(served.port) as client:
            for silent in ([12, 1, 1], [13, 1], [23, 1, 5], [53, 1, 5], [56, 1, 5], [70, 1, 5], [90, 5], [101, 5]):
                client.send(*silent)
            client.send(*request_fields)
            assert (await client.read() or [])[: len(answer)] == answer

    run(scenario())


def test_thirty_two_clients_and_no_more() -> None:
    async def scenario() -> None:
        async with serving() as served:
            clients = [started(served.port, client_id=number) for number in range(32)]
            for client in clients:
                await client.__aenter__()
            with pytest.raises(ConnectionError):
                await started(served.port, client_id=33).__aenter__()
            for client in clients:
                await client.__aexit__(None, None, None)

    run(scenario())
