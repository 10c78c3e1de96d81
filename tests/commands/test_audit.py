"""`lake audit`, of a day and of all."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from commands.audit import audit_lake
from commands.errors import RefusedError
from desk.lake import rows
from desk.lake.writer import Writer
from messages.data import Batch
from tests.lake.batches import NOON, batch, missed

DAY = 86_400.0
CONFIG = Path(__file__).resolve().parents[2] / "config.toml"


def write(root: Path, *batches: Batch) -> None:
    with Writer(root, "desk") as writer:
        for each in batches:
            writer.accept(rows.of_batch(each))
        writer.drain()


def test_all_days_at_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(tmp_path, missed(NOON - 3 * DAY), batch(), batch(NOON + 300))
    assert audit_lake("all", CONFIG, None, tmp_path, as_json=True) == 1
    report = json.loads(capsys.readouterr().out)
    assert [(day["day"], day["ok"]) for day in report["days"]] == [("2019-05-10", True), ("2019-05-13", False)]
    assert audit_lake("all", CONFIG, None, tmp_path, as_json=False) == 1
    shown = capsys.readouterr().out
    assert "2019-05-10" in shown
    assert "do NOT agree" in shown
    assert audit_lake("2019-05-10", CONFIG, None, tmp_path, as_json=False) == 0
    assert "ledger and rows agree" in capsys.readouterr().out


def test_a_day_of_misses_alone_is_audited(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(tmp_path, missed())
    assert audit_lake(None, CONFIG, None, tmp_path, as_json=True) == 0
    assert json.loads(capsys.readouterr().out)["symbols"][0]["missed"] == 1


def test_no_lake(tmp_path: Path) -> None:
    with pytest.raises(RefusedError, match="no lake"):
        audit_lake("all", CONFIG, None, tmp_path, as_json=False)
