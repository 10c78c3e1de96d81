"""What is worked out once and used for a while: the newest of it is kept, so that a market of many days stays small."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Kept(Generic[K, V]):
    """Values by key; of more than `most` the one not used for longest goes, and is made anew when asked for."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._values: OrderedDict[K, V] = OrderedDict()

    def __len__(self) -> int:
        """Return how many are kept."""
        return len(self._values)

    def get(self, key: K, make: Callable[[], V]) -> V:
        """Return the value, which `make` makes when it is not there."""
        if key in self._values:
            self._values.move_to_end(key)
            return self._values[key]
        value = self._values[key] = make()
        if len(self._values) > self._most:
            self._values.popitem(last=False)
        return value
