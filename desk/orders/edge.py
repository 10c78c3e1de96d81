"""What the trader needs of the world: time, addresses, a log, and a hook for those who test crashes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from structlog.typing import FilteringBoundLogger

BROKER, PERSISTENCE = "broker", "persistence"

Boundary = Callable[[str, str], None]
"""Called with a boundary's name and an order's id when an order passes it."""


def no_boundary(name: str, order_id: str) -> None:
    """Do nothing at a boundary."""


@dataclass(frozen=True, slots=True)
class Edge:
    """`name` is the trader's own address, `now` gives market time, `tell` sends a message to an address.

    `boundary` is told of `before-intent`, `after-intent`, `after-send`, `after-acknowledgement`, `between-fills`,
    `after-fill` and `after-end`: a process that dies at any of them must find its way.
    """

    name: str
    now: Callable[[], float]
    tell: Callable[[str, object], None]
    log: FilteringBoundLogger
    boundary: Boundary = no_boundary
