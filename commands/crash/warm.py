"""Imported by the process that desks are forked from: what each would load at its start is there already.

Nothing here starts a thread that a desk would need; what runs in this process does not run in the forked ones.
"""

from __future__ import annotations

from datetime import date

from commands.crash import processes
from desk.market.calendar import session
from strategies.registry import strategies

__all__ = ["processes"]

strategies()
session(date(2019, 5, 13))
