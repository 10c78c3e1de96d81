"""What ib_async puts on the wire for an order, without a wire."""

from __future__ import annotations

from typing import Any

from ib_async import ComboLeg, Contract, LimitOrder, Order
from ib_async.client import Client


class _Captured(Client):
    """A client of some version whose messages are kept instead of sent."""

    def __init__(self, version: int) -> None:
        super().__init__(object())  # type: ignore[no-untyped-call]  # ib_async leaves it untyped
        self._version = version
        self.kept: list[str] = []

    def serverVersion(self) -> int:  # noqa: N802  (ib_async's name)
        return self._version

    def isConnected(self) -> bool:  # noqa: N802  (ib_async's name)
        return True

    def sendMsg(self, msg: str) -> None:  # noqa: N802  (ib_async's name)
        self.kept = msg[:-1].split("\0")


def placed(version: int, order_id: int, contract: Contract, order: Order) -> list[str]:
    """Return the fields of message 3."""
    client = _Captured(version)
    client.placeOrder(order_id, contract, order)  # type: ignore[no-untyped-call]  # as above
    return client.kept


def simple(version: int, order_id: int, **order: Any) -> list[str]:
    """Return the fields of a limit order to buy one SPY."""
    spy = Contract(secType="STK", symbol="SPY", exchange="SMART", currency="USD")
    return placed(version, order_id, spy, LimitOrder("BUY", 1, 200.0, tif="DAY", **order))


def condor(*con_ids: int) -> Contract:
    """Return a combination that buys the first and last leg and sells those between."""
    legs = [
        ComboLeg(conId=con_id, ratio=1, action="BUY" if n in {0, len(con_ids) - 1} else "SELL", exchange="SMART")
        for n, con_id in enumerate(con_ids)
    ]
    return Contract(secType="BAG", symbol="SPX", exchange="SMART", currency="USD", comboLegs=legs)
