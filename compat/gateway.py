"""The gateway that the clients are tried on: the shipped market on its first day, faster than life."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from random import Random

from desk.clock import SimulatedClock
from desk.gateway.model import SHIPPED, FittedMarket, FittedSource
from desk.gateway.settings import Settings
from desk.gateway.thread import GatewayThread
from desk.market.calendar import EXCHANGE

_SEED = 1
_START = datetime.combine(date(2019, 5, 13), datetime.min.time(), EXCHANGE).replace(hour=10)


@contextmanager
def served(speed: float, journal: Path | None) -> Iterator[int]:
    """Serve the market at `speed` market seconds per second for as long as the context lasts; gives the port.

    Every option gets its Greeks, sometimes after sentinels; everything else is as in any gateway.
    """
    source = FittedSource(FittedMarket.load(SHIPPED), _SEED)
    settings = Settings(silent_share=0.0, journal=journal)
    gateway = GatewayThread(settings, source, SimulatedClock(_START, speed), Random(_SEED))
    port = gateway.start()
    try:
        yield port
    finally:
        gateway.stop()
