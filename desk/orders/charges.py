"""From executions and commissions, told in any order and again and again, the FILL and COMMISSION lines still to write.

A FILL line waits for the commissions of all its legs, but not for ever. What comes after it is a COMMISSION line.
Commissions told before the FILL line are held here only: after a crash IB tells them again.
"""

from __future__ import annotations

from desk.orders.ledger import Ledger
from desk.orders.lines import CommissionLine, FillLine
from desk.orders.tracked import Tracked
from messages.orders import Charged

PATIENCE = 10.0
"""Seconds of market time that a FILL line waits for commissions."""


class Charges:
    """The commissions of one strategy's executions that its log does not have yet."""

    def __init__(self) -> None:
        self._told: dict[str, Charged] = {}

    def told(self, charged: Charged) -> None:
        """Take a commission; the last word on an execution counts."""
        self._told[charged.exec_id] = charged

    def due(self, ledger: Ledger, now: float, patience: float = PATIENCE) -> tuple[FillLine | CommissionLine, ...]:
        """Return the lines to append now; the same ones again until the ledger has them.

        A fill is due once all its legs are executed and charged, or when it is older than `patience`; and again when a
        correction has changed its price or quantity. What IB told of it should be taken first, executions and charges.
        """
        self._told = {key: one for key, one in self._told.items() if not _known(ledger, one)}
        fills = [
            line for tracked, fill in ledger.unpaired if (line := self._fill(tracked, fill, now, patience)) is not None
        ]
        late = [one for one in self._told.values() if _paired(ledger, one)]
        fresh = {line.fill for line in fills}
        return *fills, *(
            CommissionLine(one.order_id, one.fill, one.exec_id, one.commission, now)
            for one in late
            if one.fill not in fresh
        )

    def _fill(self, tracked: Tracked, fill: str, now: float, patience: float) -> FillLine | None:
        done = tracked.done(fill)
        told = [one for one in self._told.values() if one.fill == fill]
        named = {one.exec_id for one in told} | tracked.named(fill)
        if not done.quantity:
            return None
        if now - done.at < patience and not (done.complete and done.legs <= named):
            return None
        commission = tracked.charged(fill).amount + sum(one.commission for one in told)
        charged = tuple(sorted(named))
        return FillLine(tracked.order.order_id, fill, done.price, done.quantity, round(commission, 10), now, charged)


def _known(ledger: Ledger, one: Charged) -> bool:
    tracked = ledger.orders.get(one.order_id)
    return tracked is not None and one.exec_id in tracked.named(one.fill)


def _paired(ledger: Ledger, one: Charged) -> bool:
    tracked = ledger.orders.get(one.order_id)
    return tracked is not None and one.fill in tracked.fills
