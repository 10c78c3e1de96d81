"""The ladder of a limit order: from its first limit to its worst price, a rung at a time."""

from __future__ import annotations

from dataclasses import dataclass

from desk.market.ticks import to_tick
from messages.orders import Action, Order

_SLACK = 1e-9


@dataclass(frozen=True, slots=True)
class Pace:
    """How ladders are walked: `step` in dollars per share, `every` and `lifetime` (of entries) in market seconds."""

    step: float
    every: float
    lifetime: float


def next_limit(order: Order, limit: float, step: float, tick: float) -> float | None:
    """Return the limit after `limit`: down for an opening, up for a closing, never past the order's worst price.

    None when the order is at its worst price. A step below the tick is a tick.
    """
    worst = limit if order.worst is None else order.worst
    way = -1.0 if order.action is Action.OPEN else 1.0
    if (worst - limit) * way < tick - _SLACK:
        return None
    walked = to_tick(limit + way * max(step, tick), tick)
    return walked if (worst - walked) * way > -_SLACK else worst
