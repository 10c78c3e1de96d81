"""Those who follow something: told anew at their own pace, and at once when it has changed."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import partial
from math import inf

from desk.clock import LoopTimers
from desk.gateway.clients import Client, attempt
from messages.contract import Contract

Key = tuple[Client, str, int]
"""A client, what it follows, and the number of its request (0 where it has none)."""


@dataclass(frozen=True, slots=True)
class Follower:
    """`refresh` tells everything anew, every `every` seconds; `changed` what concerns these contracts."""

    refresh: Callable[[], None]
    changed: Callable[[Collection[Contract]], None]
    every: float = inf


class Followers:
    """Followers by key, with one timer for all that share a pace."""

    def __init__(self, timers: LoopTimers) -> None:
        self._timers = timers
        self._by_key: dict[Key, Follower] = {}
        self._ticking: set[float] = set()

    def add(self, key: Key, follower: Follower) -> None:
        """Add one, in place of the one there was under that key."""
        self._by_key[key] = follower
        self._tick(follower.every)

    def remove(self, key: Key) -> None:
        """Remove one if it is there."""
        self._by_key.pop(key, None)

    def leave(self, client: Client) -> None:
        """Remove all of a client's."""
        for key in [key for key in self._by_key if key[0] is client]:
            del self._by_key[key]

    def of(self, client: Client, what: str) -> set[int]:
        """Return the numbers under which a client follows something."""
        return {number for owner, kind, number in self._by_key if owner is client and kind == what}

    def changed(self, contracts: Collection[Contract]) -> None:
        """Tell everyone of a change."""
        for follower in list(self._by_key.values()):
            attempt(partial(follower.changed, contracts))

    def _tick(self, every: float) -> None:
        if every != inf and every not in self._ticking:
            self._ticking.add(every)
            self._timers.call_later(every, lambda: self._refresh(every))

    def _refresh(self, every: float) -> None:
        self._ticking.discard(every)
        for follower in [follower for follower in self._by_key.values() if follower.every == every]:
            self._tick(every)
            attempt(follower.refresh)
