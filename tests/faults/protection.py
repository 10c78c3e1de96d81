"""Every test of a fault names the protection that it proves; with that taken away it must fail."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

Scenario = Callable[[Path], None]
"""A test that takes pytest's `tmp_path` and nothing else."""
Remove = Callable[[pytest.MonkeyPatch], None]
"""Takes a protection away."""

_KNOWN: dict[str, Protection] = {}


@dataclass(frozen=True, slots=True)
class Protection:
    """What keeps a fault from doing harm, in a sentence, and how to take it away."""

    name: str
    text: str
    remove: Remove
    scenario: Scenario


def protected_by(text: str, remove: Remove) -> Callable[[Scenario], Scenario]:
    """Say what protects in the test below; `test_protections.py` shows that the test fails without it."""

    def keep(scenario: Scenario) -> Scenario:
        name = scenario.__name__.removeprefix("test_")
        _KNOWN[name] = Protection(name, text, remove, scenario)
        return scenario

    return keep


def protections() -> list[Protection]:
    """Return those of every test of a fault, in the order of their names."""
    for file in sorted(Path(__file__).parent.glob("test_f[0-9]*.py")):
        importlib.import_module(f"tests.faults.{file.stem}")
    return [_KNOWN[name] for name in sorted(_KNOWN)]
