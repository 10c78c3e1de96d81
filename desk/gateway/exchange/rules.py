"""How the exchange trades; the figures are choices, not IB's."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rules:
    """The exchange's own settings.

    A quote older than `oldest` seconds fills nothing. `improvement` is the largest part of the way from natural to mid
    that a fill saves; each order's own is drawn from `seed`. Displayed sizes are there again after `refresh` seconds.
    `active` is how many working orders there may be for a contract on one side.
    """

    account: str
    seed: int = 1
    oldest: float = 60.0
    improvement: float = 0.5
    refresh: float = 1.0
    active: int = 20
