"""What the supervisor and the actors tell each other about living and dying."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Exit:
    """An incarnation of an actor has ended.

    `reason` is `normal`, `stopped` or `crash`; `error` is the last line of the traceback.
    """

    name: str
    epoch: int
    reason: str
    error: str = ""
    traceback: str = ""


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A message that nobody handled: the mailbox was full or closed, or handling it crashed the actor."""

    to: str
    message: Any
    reason: str
    traceback: str = ""


@dataclass(frozen=True, slots=True)
class Drain:
    """Finish what is in hand, take on nothing new, and stop: the first half of an orderly stop."""


@dataclass(frozen=True, slots=True)
class Report:
    """An actor's health: lives in machine time, `facts` are the actor's own."""

    name: str
    kind: str
    state: str
    uptime: float
    restarts: int
    last_error: str
    mailbox: int
    handled: int
    idle: float
    facts: dict[str, Any] = field(default_factory=dict)
