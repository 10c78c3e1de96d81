"""How much a desk in virtual time holds: registries of ib_async, everything of ours, and the process's memory."""

from __future__ import annotations

import gc
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from ib_async.wrapper import Wrapper

_OURS = ("actors.", "commands.", "desk.", "messages.", "strategies.")
_REGISTRIES = (
    "tickers",
    "pendingTickers",
    "reqId2Ticker",
    "reqId2Subscriber",
    "trades",
    "permId2Trade",
    "fills",
    "positions",
    "_reqId2Contract",
    "_futures",
    "_results",
)
_PAGE = 4096


@dataclass(frozen=True, slots=True)
class Census:
    """What was alive at one time.

    `ib_async` counts the entries of its registries by name, `ours` our own objects by type; `objects` counts everything
    that the garbage collector knows; `resident` is the process's memory in MiB.
    """

    ib_async: dict[str, int]
    ours: dict[str, int]
    objects: int
    resident: float


def census() -> Census:
    """Count after collecting garbage."""
    gc.collect()
    alive = gc.get_objects()
    ours = Counter(f"{kind.__module__}.{kind.__qualname__}" for kind in map(type, alive) if _is_ours(kind))
    wrappers = [each for each in alive if type(each) is Wrapper]
    registries = {name: sum(len(getattr(each, name)) for each in wrappers) for name in _REGISTRIES}
    registries["ticker2ReqId"] = sum(len(kind) for each in wrappers for kind in each.ticker2ReqId.values())
    resident = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * _PAGE / 2**20
    return Census(registries, dict(ours), len(alive), resident)


def slope(values: Sequence[float]) -> float:
    """Return how much the values grow from one to the next, by least squares."""
    return float(np.polyfit(np.arange(len(values)), np.asarray(values, dtype=float), 1)[0])


def _is_ours(kind: type) -> bool:
    return f"{kind.__module__}.".startswith(_OURS)
