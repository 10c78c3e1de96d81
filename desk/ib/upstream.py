"""What IB says about its own connections behind the gateway: to its servers, and to its data farms."""

from __future__ import annotations

from typing import Any

_LOST = frozenset({1100, 2110})
_RESTORED = frozenset({1101, 1102})
_FARMS = {
    2103: "broken",
    2105: "broken",
    2157: "broken",
    2104: "ok",
    2106: "ok",
    2158: "ok",
    2107: "inactive",
    2108: "inactive",
    2119: "connecting",
}

DATA_LOST = 1101
"""Connectivity is back, but every market-data subscription must be made anew."""


class Upstream:
    """The latest word on each connection behind the gateway."""

    def __init__(self) -> None:
        self.connected = True
        self._farms: dict[str, str] = {}

    def heard(self, code: int, text: str) -> bool:
        """Take in a message; whether it was about these connections."""
        if code in _LOST | _RESTORED:
            self.connected = code in _RESTORED
        elif code in _FARMS:
            self._farms[text.rpartition(":")[2].strip()] = _FARMS[code]
            if code == 2104:
                self.connected = True
        else:
            return False
        return True

    def facts(self) -> dict[str, Any]:
        """Whether IB's servers are reachable, and the farms that are not `ok`."""
        return {
            "upstream": self.connected,
            "farms": {farm: state for farm, state in sorted(self._farms.items()) if state not in {"ok", "inactive"}},
        }
