"""The page on faults names every fault, and nothing that is not there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from desk.gateway.faults.catalogue import CATALOGUE
from desk.gateway.faults.text import parse
from desk.gateway.settings import Settings

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "gateway-faults.md").read_text()
SHORT = {"partly-subscribed-10089": "`-10089`", "partly-subscribed-10091": "`-10091`"}


@pytest.mark.parametrize("name", CATALOGUE)
def test_every_fault_is_explained(name: str) -> None:
    assert SHORT.get(name, f"`{name}`") in PAGE


@pytest.mark.parametrize("setting", ["violations", "history_open", "summaries_return", "active_orders", "unsent"])
def test_settings_named_are_there(setting: str) -> None:
    assert f"`{setting}`" in PAGE
    assert hasattr(Settings(), setting)


def test_the_examples_are_faults() -> None:
    examples = re.findall(r"`((?:drop|silent|restart) [^`]*=[^`]*)`", PAGE)
    assert len(examples) >= 3
    for example in examples:
        parse(example)
