"""Orders of an unmodified ib_async at a gateway with faults, and what it is told of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ib_async import IB, ComboLeg, Contract, LimitOrder, Option, Stock, Trade

from tests.gateway.serving import Served, connected

PLAIN: dict[str, Any] = {"duplicate_share": 0.0, "status_first_share": 0.0}


def recorded(ib: IB) -> list[list[str]]:
    """Return a list that grows by the fields of every message from now on."""
    seen: list[list[str]] = []
    interpret: Callable[[list[str]], None] = ib.client.decoder.interpret

    def record(fields: list[str]) -> None:
        seen.append(list(fields))
        interpret(fields)

    setattr(ib.client.decoder, "interpret", record)  # noqa: B010 - a library's method, replaced on purpose
    return seen


async def until(ib: IB, condition: Callable[[], bool]) -> None:
    while not condition():
        await ib.reqCurrentTimeAsync()


async def buy(ib: IB, price: float = 282.0, quantity: float = 1) -> Trade:
    spy = Stock("SPY", "SMART", "USD")
    await ib.qualifyContractsAsync(spy)
    return ib.placeOrder(spy, LimitOrder("BUY", quantity, price, tif="DAY", orderRef="mine"))


async def condor(ib: IB, quantity: int = 1) -> Trade:
    legs = []
    for strike, right, action in ((2760, "P", "BUY"), (2780, "P", "SELL"), (2860, "C", "SELL"), (2880, "C", "BUY")):
        option = Option("SPX", "20190517", strike, right, "SMART", tradingClass="SPXW")
        await ib.qualifyContractsAsync(option)
        legs.append(ComboLeg(option.conId, 1, action, "SMART"))
    bag = Contract(symbol="SPX", secType="BAG", exchange="SMART", currency="USD", comboLegs=legs)
    return ib.placeOrder(bag, LimitOrder("BUY", quantity, -7.0, tif="DAY", orderRef="condor"))


async def live(served: Served) -> list[tuple[int, str]]:
    """Return order id and reference of every working order, as another client sees them."""
    async with connected(served.port, 77) as other:
        return [(t.order.orderId, t.order.orderRef) for t in await other.reqAllOpenOrdersAsync()]


def kinds(seen: list[list[str]], *wanted: str) -> list[str]:
    """Return message ids of those wanted, with the status of an order's status."""
    return [m[0] + (f":{m[2]}" if m[0] == "3" else "") for m in seen if m[0] in wanted]
