"""IB's limits on the wire, each as IB words it (messages a second, summaries and history also in test_limits.py)."""

from __future__ import annotations

import asyncio

import pytest
from ib_async import LimitOrder, Stock, Trade

from desk.gateway.fields import message
from desk.gateway.frames import PREFIX, frame
from desk.gateway.limits import HistoryPacing
from tests.gateway.faults.watching import CALL, PUT, SPX, SPY, ended
from tests.gateway.serving import bars_request, connected, quote_request, raw, run, serving, started

PACING = "Historical Market Data Service error message:Historical data request pacing violation"


def test_the_101st_line_is_refused_and_the_others_go_on() -> None:
    async def scenario() -> None:
        async with (
            serving(lines=2, messages_per_second=0, tick_interval=0.01) as served,
            started(served.port, client_id=1) as client,
            started(served.port, client_id=2) as other,
        ):
            client.send(*quote_request(1, *SPY))
            client.send(*quote_request(2, *CALL))
            await client.until("1", "6", "2", "1")
            other.send(*quote_request(1, *PUT))
            assert (await other.until("4", "2", "1"))[3:5] == ["101", "Max number of tickers has been reached"]
            other.send(*quote_request(2, *PUT, snapshot=1))
            await other.until("57", "1", "2")
            served.market.drift = 1.0
            await client.until("1", "6", "1", "1")
            client.send(2, 2, 1)
            client.send(49, 1)
            await client.until("49")
            other.send(*quote_request(3, *SPX))
            await other.until("1", "6", "3", "4")

    run(scenario())


@pytest.mark.parametrize(
    ("asked", "refused"),
    [
        ([("1 D", "TRADES")] * 2, [1]),
        ([(f"{n} D", "TRADES") for n in range(1, 7)], [5]),
        ([(f"{n} D", "BID_ASK") for n in range(1, 4)], [2]),
    ],
    ids=["identical within 15 s", "six of a kind in 2 s", "bid and ask count twice"],
)
def test_history_of_small_bars_is_paced(asked: list[tuple[str, str]], refused: list[int]) -> None:
    async def scenario() -> None:
        async with serving(history_paced=86_400.0) as served, started(served.port) as client:
            codes = []
            for number, (duration, what) in enumerate(asked):
                client.send(*bars_request(number, *SPY, duration=duration, what=what))
                fields = await client.read() or []
                codes.append(fields[4] if fields[0] == "4" else "")
            assert [n for n, text in enumerate(codes) if text == PACING] == refused

    run(scenario())


def test_sixty_in_ten_minutes_and_what_counts_twice() -> None:
    pacing = HistoryPacing()
    assert [pacing.allows(n * 3.0, n, n, 2) for n in range(31)] == [True] * 30 + [False]
    assert pacing.allows(600.0, 31, 31, 2)


def test_the_33rd_client_is_refused_and_the_32_go_on() -> None:
    async def scenario() -> None:
        async with serving() as served:
            hello = PREFIX + frame(b"v157..178")
            links = [await asyncio.open_connection("127.0.0.1", served.port) for _ in range(32)]
            for number, (_, writer) in enumerate(links):
                writer.write(hello + message(71, 2, number, ""))
            for reader, _ in links:
                await reader.readuntil(b"secdefil")
            async with raw(served.port) as client:
                client.write(hello)
                assert await ended(client) == []
            for reader, writer in links:
                writer.write(message(49, 1))
                assert await reader.readuntil(b"\x0049\x001\0".lstrip(b"\0"))
                writer.close()

    run(scenario())


def test_only_20_orders_work_on_one_side_of_a_contract() -> None:
    async def scenario() -> None:
        async with serving(active_orders=3, messages_per_second=0) as served, connected(served.port) as ib:
            spy = Stock("SPY", "SMART", "USD")
            await ib.qualifyContractsAsync(spy)

            async def place(action: str, price: float) -> Trade:
                trade = ib.placeOrder(spy, LimitOrder(action, 1, price, tif="DAY"))
                while trade.orderStatus.status not in {"Submitted", "Cancelled"}:
                    await ib.reqCurrentTimeAsync()
                return trade

            bids = [await place("BUY", 200 + n) for n in range(4)]
            assert [trade.orderStatus.status for trade in bids] == ["Submitted"] * 3 + ["Cancelled"]
            (code, text) = next((entry.errorCode, entry.message) for entry in bids[3].log if entry.errorCode)
            assert code == 201
            assert "Limit of 3 orders working" in text
            assert (await place("SELL", 400)).orderStatus.status == "Submitted"
            ib.cancelOrder(bids[0].order)
            while bids[0].orderStatus.status != "Cancelled":
                await ib.reqCurrentTimeAsync()
            assert (await place("BUY", 204)).orderStatus.status == "Submitted"

    run(scenario())


@pytest.mark.parametrize(("returns", "code"), [(True, "64"), (False, "4")])
def test_a_cancelled_summary_gives_its_place_back_or_not(returns: bool, code: str) -> None:
    async def scenario() -> None:
        async with serving(summaries_return=returns) as served, started(served.port) as client:
            for number in (1, 2):
                client.send(62, 1, number, "All", "NetLiquidation")
                await client.until("64", "1", str(number))
                client.send(63, 1, number)
            client.send(62, 1, 3, "All", "Nothing")
            assert (await client.read() or [])[0] == code

    run(scenario())


def test_no_data_during_a_competing_session_until_it_ends() -> None:
    async def scenario() -> None:
        from desk.gateway.faults.text import parse

        async with serving(faults=(parse("competing-session times=1"),)) as served, connected(served.port) as ib:
            spy = Stock("SPY", "SMART", "USD")
            await ib.qualifyContractsAsync(spy)
            codes: list[int] = []
            ib.errorEvent += lambda _number, code, *_: codes.append(code)
            (empty,) = await ib.reqTickersAsync(spy)
            assert (codes, empty.bid != empty.bid) == ([10197], True)
            (ticker,) = await ib.reqTickersAsync(spy)
            assert ticker.bid == 281.4

    run(scenario())
