"""What the command line adds to config.toml."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from desk.config import overrides


@dataclass(frozen=True, slots=True)
class Options:
    """Words of the command line that stand above the file; None leaves the file's. `minutes` is market time."""

    config: Path
    data: Path | None = None
    host: str | None = None
    port: int | None = None
    client_id: str | None = None
    day: str | None = None
    start: str | None = None
    until: str | None = None
    minutes: float | None = None
    speed: float | None = None
    market: str | None = None

    def overrides(self) -> dict[str, Any]:
        """The same as dotted keys of the config. A host or a port without a market means TWS or IB Gateway."""
        keys = overrides(
            data=str(self.data) if self.data else None,
            host=self.host,
            port=self.port,
            market=self.market,
            client_id=self.client_id,
            day=self.day,
            until=self.until,
            speed=self.speed,
        )
        if self.start is not None:
            keys["clock.start"] = self.start
        if (self.host is not None or self.port is not None) and self.market is None:
            keys["gateway.kind"] = "ib"
        return keys
