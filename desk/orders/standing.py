"""How a strategy stands, for those who look: open positions at their marks, and what its day has brought."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from desk.orders.ledger import Ledger
from desk.orders.money import PerShare, max_loss, worth
from desk.orders.valuation import debit
from messages.contract import Quote
from messages.orders import Holding


@dataclass(frozen=True, slots=True)
class OpenPosition:
    """`quantity` condors left of those sold for `credit`, which closing now costs `debit`, in dollars per share.

    `strikes` ascend. `gain` is what closing now would earn and `risk` the most that may be lost, in dollars. What
    cannot be known from fresh quotes is None.
    """

    position: str
    expiry: str
    strikes: tuple[float, ...]
    quantity: int
    credit: float
    debit: float | None
    gain: float | None
    risk: float


def open_positions(ledger: Ledger, quotes: Mapping[int, Quote], now: float) -> tuple[OpenPosition, ...]:
    """Return a ledger's open positions, oldest first; `quotes` are the legs' by conId."""
    return tuple(_valued(holding, debit(holding.condor, quotes, now)) for holding in ledger.holdings)


def day_so_far(ledger: Ledger, positions: tuple[OpenPosition, ...], day: date) -> float | None:
    """Return the dollars of an exchange day: realised, and open positions at their marks; None where one is unknown."""
    gains = [position.gain for position in positions]
    realised = ledger.realised(day).amount
    return None if None in gains else round(realised + sum(gain or 0.0 for gain in gains), 2)


def _valued(holding: Holding, cost: float | None) -> OpenPosition:
    condor, credit, quantity = holding.condor, PerShare(holding.credit), holding.quantity
    gain = None if cost is None else round(worth(condor, credit - PerShare(cost), quantity).amount, 2)
    return OpenPosition(
        position=holding.position,
        expiry=condor.short_put.expiry,
        strikes=tuple(sorted(leg.strike for leg in condor.legs)),
        quantity=quantity,
        credit=holding.credit,
        debit=None if cost is None else round(cost, 4),
        gain=gain,
        risk=round(max_loss(condor, credit, quantity).amount, 2),
    )
