"""Quotes of combinations."""

from __future__ import annotations

from typing import Any

from ib_async import IB, Contract, Option

from tests.gateway.market import UNPRICED
from tests.gateway.sent import condor
from tests.gateway.serving import connected, contract, run, serving, started


async def _legs(ib: IB, *wanted: tuple[float, str]) -> list[int]:
    options = [Option("SPX", "20190517", strike, right, "SMART", tradingClass="SPXW") for strike, right in wanted]
    return [one.conId for one in await ib.qualifyContractsAsync(*options) if isinstance(one, Contract)]


CONDOR = (2750, "P"), (2780, "P"), (2860, "C"), (2890, "C")


def test_a_credit_is_quoted_as_a_negative_price() -> None:
    async def scenario() -> None:
        async with serving() as served, connected(served.port) as ib:
            quoted = condor(*await _legs(ib, *CONDOR))
            ticker = ib.reqMktData(quoted)
            while ticker.bidSize != 10:
                await ticker.updateEvent
            # at mid 12 - 9 - 9 + 12; each of the four legs is 0.1 off its mid
            assert (round(ticker.bid, 2), round(ticker.ask, 2)) == (5.6, 6.4)
            sold: Contract = condor(*reversed([leg.conId for leg in quoted.comboLegs]))
            for leg in sold.comboLegs:
                leg.action = "SELL" if leg.action == "BUY" else "BUY"
            other = ib.reqMktData(sold)
            while other.bidSize != 10:
                await other.updateEvent
            assert (round(other.bid, 2), round(other.ask, 2)) == (-6.4, -5.6)

    run(scenario())


def test_a_leg_sold_without_a_bid_counts_as_nothing() -> None:
    async def scenario() -> None:
        async with serving() as served, connected(served.port) as ib:
            bought, gone = await _legs(ib, (2850, "C"), (UNPRICED, "C"))
            ticker = ib.reqMktData(condor(bought, gone, bought))
            await ticker.updateEvent
            assert round(ticker.ask, 2) == round(2 * 8.1, 2)

    run(scenario())


def _asked(number: int, *legs: Any) -> list[Any]:
    return [1, 11, number, *contract("SPX", "BAG"), len(legs) // 4, *legs, 0, "", 0, 0, ""]


def test_what_is_wrong_with_a_combination() -> None:
    async def scenario() -> None:
        async with serving() as served, started(served.port) as client:
            client.send(*_asked(1))
            assert "requires combo leg details" in (await client.until("4", "2", "1", "321"))[4]
            client.send(*_asked(2, 77, 1, "BUY", "SMART", 78, 1, "SELL", "SMART"))
            await client.until("4", "2", "2", "200")
            client.send(*_asked(3, 77, 0, "BUY", "SMART"))
            await client.until("4", "2", "3", "321")
            client.send(1, 11, 4, *contract("SPX", "BAG"), 999, 0, "", 0, 0, "")
            await client.until("4", "2", "4", "320")

    run(scenario())
