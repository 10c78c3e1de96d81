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


def concerns(code: int) -> bool:
    """Whether a message is about these connections."""
    return code in _LOST or code in _RESTORED or code in _FARMS


class Upstream:
    """The latest word on each connection behind the gateway."""

    def __init__(self) -> None:
        self.connected = True
        self._farms: dict[str, str] = {}

    def heard(self, code: int, text: str) -> bool:
        """Take in a message; whether it was news about these connections."""
        before = self.connected, dict(self._farms)
        if code in _LOST | _RESTORED:
            self.connected = code in _RESTORED
        elif code in _FARMS:
            farm = text.rpartition(":")[2].strip()
            self._farms.pop(farm, None)
            if _FARMS[code] != "ok":
                self._farms[farm] = _FARMS[code]
        return before != (self.connected, self._farms)

    def facts(self) -> dict[str, Any]:
        """Whether IB's servers are reachable, and the farms that are not `ok`."""
        return {
            "upstream": self.connected,
            "farms": {farm: state for farm, state in sorted(self._farms.items()) if state != "inactive"},
        }
