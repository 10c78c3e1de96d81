"""Figures, times and states in words: one way for every table and view."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from desk.market.calendar import EXCHANGE

NOTHING = "-"
"""Stands where there is no value."""

_STATE_STYLES = {
    "running": "green",
    "healthy": "green",
    "complete": "green",
    "starting": "yellow",
    "stopping": "yellow",
    "restarting": "yellow",
    "backoff": "yellow",
    "partial": "yellow",
    "degraded": "yellow",
    "exhausted": "bold red",
    "hung": "bold red",
    "crashed": "bold red",
    "failed": "bold red",
    "missed": "red",
    "stopped": "dim",
}


def state_style(state: str) -> str:
    """Give the rich style of an actor's, strategy's or slot's state."""
    return _STATE_STYLES.get(state.lower(), "")


def number(value: float | None, digits: int = 0) -> str:
    """Write a number with thousands separated; `-` for None and NaN."""
    if value is None or math.isnan(value):
        return NOTHING
    return f"{value:,.{digits}f}"


def percent(fraction: float | None, digits: int = 1, *, sign: bool = False) -> str:
    """Write a fraction in percent."""
    if fraction is None or math.isnan(fraction):
        return NOTHING
    return f"{fraction * 100:{'+' if sign else ''}.{digits}f} %"


def speed(value: float) -> str:
    """Write a speed in market seconds per machine second."""
    return f"{value:.0f}x" if value >= 9.95 else f"{value:.1f}x"


def span(seconds: float | None) -> str:
    """Write a duration in its two largest units: `6.1 s`, `3 min 20 s`, `1 h 12 min`."""
    if seconds is None:
        return NOTHING
    if seconds < 60:
        return f"{seconds:.1f} s" if seconds < 9.95 else f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if minutes else f"{hours} h"


def size(count: float) -> str:
    """Write a number of bytes in its largest unit: `512 MB`, `41.3 GB`."""
    for unit in ("B", "kB", "MB"):
        if count < 1024:
            return f"{count:.0f} {unit}"
        count /= 1024
    return f"{count:,.1f} GB"


def time_of_day(t: float | None, *, seconds: bool = False) -> str:
    """Write epoch seconds as exchange time of day."""
    if t is None:
        return NOTHING
    return datetime.fromtimestamp(t, EXCHANGE).strftime("%H:%M:%S" if seconds else "%H:%M")


def moment(t: float) -> str:
    """Write epoch seconds as weekday, date and time at the exchange."""
    return datetime.fromtimestamp(t, EXCHANGE).strftime("%a %Y-%m-%d %H:%M:%S ET")


def facts(values: Mapping[str, Any]) -> str:
    """Write an actor's own facts in a line; what is None, empty or a value of many parts is left out.

    Of values with parts, counts by name and lists of words or numbers are short enough. Whole numbers stay as they are
    (a port has no thousands); floats from a billion on are epoch seconds and shown as exchange time of day.
    """
    shown = ((key.replace("_", " "), _fact(value)) for key, value in values.items())
    return " · ".join(f"{key} {fact}" for key, fact in shown if fact)


def _fact(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return time_of_day(value, seconds=True) if value >= 1e9 else f"{value:,.2f}".rstrip("0").rstrip(".")
    if isinstance(value, int):
        return str(value)
    if isinstance(value, Mapping) and all(isinstance(item, int | float) for item in value.values()):
        return " ".join(f"{key}:{fact}" for key, item in value.items() if (fact := _fact(item)))
    if isinstance(value, list | tuple) and not any(isinstance(item, Mapping) for item in value):
        return ", ".join(fact for item in value if (fact := _fact(item)))
    return value if isinstance(value, str) else ""
