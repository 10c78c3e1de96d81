"""A gateway to be killed: `killed.py FOLDER` serves the falling market, journals there, and prints its port."""

from __future__ import annotations

import asyncio
import sys
from datetime import UTC, datetime
from pathlib import Path
from random import Random

from desk.clock import SimulatedClock
from desk.gateway.journal import Journal
from desk.gateway.server import Gateway
from desk.gateway.settings import Settings
from tests.gateway.exchange.floor import Falling
from tests.gateway.market import START


async def serve(folder: Path) -> None:
    """Serve until killed, from where the journal says that market time was."""
    journal = Journal.load(folder)
    start = START if journal is None else datetime.fromtimestamp(journal.market_time, UTC)
    settings = Settings(journal=folder, cash=100_000_000.0, latency=0.05, refresh=0.02, messages_per_second=0)
    gateway = Gateway(settings, Falling(), SimulatedClock(start, 1.0), Random(1))
    sys.stdout.write(f"{await gateway.start()}\n")
    sys.stdout.flush()
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(serve(Path(sys.argv[1])))
