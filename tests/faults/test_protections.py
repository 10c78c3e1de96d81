"""A test of a fault that passes without its protection proves nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults.protection import Protection, protections


@pytest.mark.parametrize("protection", protections(), ids=lambda each: each.name)
def test_fails_without_its_protection(protection: Protection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    protection.remove(monkeypatch)
    with pytest.raises((AssertionError, pytest.fail.Exception)):
        protection.scenario(tmp_path)
