"""Command-line options that stand in for keys of config.toml."""

from __future__ import annotations

from datetime import date
from typing import Any

FLAGS = {
    "data": "data",
    "host": "gateway.host",
    "port": "gateway.port",
    "market": "gateway.market",
    "client_id": "broker.client_id",
    "day": "clock.day",
    "start": "clock.start",
    "until": "clock.until",
    "speed": "clock.speed",
}
"""Option (as a Python name) to the dotted key that it stands in for."""


def overrides(**options: Any) -> dict[str, Any]:
    """Turn options as typed (`day="2019-05-13"`, `client_id="7"`) into dotted keys and values for `load`.

    Options that are None were not given. A text that is no date or number is passed on, so that `load` reports it
    together with every other mistake. Raises KeyError for an option that stands in for no key.
    """
    return {FLAGS[name]: _typed(name, value) for name, value in options.items() if value is not None}


def flag(key: str) -> str | None:
    """Give the option (`--client-id`) that stands in for a dotted key."""
    found = next((name for name, target in FLAGS.items() if target == key), None)
    return f"--{found.replace('_', '-')}" if found else None


def _typed(name: str, value: Any) -> Any:
    if name == "client_id" and isinstance(value, str) and value.isdecimal():
        return int(value)
    if name == "day" and isinstance(value, str):
        try:
            return date.fromisoformat(value)
        except ValueError:
            return value
    return value
