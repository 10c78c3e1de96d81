"""What is wrong with a configuration, said so that a person can act on it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, time
from typing import Any

Path = tuple[str | int, ...]
"""Where a value stands: table and key names, and the index in an array of tables."""


class _Absent:
    """Stands for the value of a key that is not there."""


ABSENT = _Absent()


@dataclass(frozen=True, slots=True)
class Mistake:
    """One mistake: in which file (or command-line option), at which key, with which value, and what was expected.

    `key` is empty when the file as a whole is at fault; `value` is `ABSENT` when there is none to show.
    """

    source: str
    key: str
    value: Any
    expected: str

    def __str__(self) -> str:
        """Give the mistake as one line."""
        if not self.key:
            return f"{self.source}: {self.expected}"
        shown = "" if self.value is ABSENT else f" = {toml(self.value)}"
        return f"{self.source}: {self.key}{shown}: {self.expected}"


class ConfigError(ValueError):
    """The configuration cannot be used. `mistakes` holds every reason; as text, a line for each."""

    def __init__(self, mistakes: Sequence[Mistake]) -> None:
        self.mistakes = tuple(mistakes)
        super().__init__("\n".join(map(str, self.mistakes)))


def toml(value: Any) -> str:
    """Write a value as it would stand in a TOML file, shortened to 60 characters."""
    text = _toml(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _toml(value: Any) -> str:
    if isinstance(value, str | bool):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_toml, value))}]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key} = {_toml(item)}" for key, item in value.items()) + "}"
    return str(value)
