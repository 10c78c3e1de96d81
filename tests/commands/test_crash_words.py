"""What the crash matrix makes of the desk's own log."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from commands.crash import check
from commands.crash.words import complaints, reconciled


def log(path: Path, *lines: dict[str, Any]) -> Path:
    path.write_text("".join(json.dumps({"time": "t", "actor": "trader", **line}) + "\n" for line in lines))
    return path


def test_reconciled_is_said_since(tmp_path: Path) -> None:
    path = log(tmp_path / "desk.jsonl", {"event": "reconciled", "unexplained": []})
    assert reconciled(path, 0)
    assert not reconciled(path, path.stat().st_size)
    assert not reconciled(tmp_path / "none.jsonl", 0)


def test_a_torn_line_hides_no_other(tmp_path: Path) -> None:
    path = tmp_path / "desk.jsonl"
    path.write_text('{"event": "recon' + "\n" + '{"event": "reconciled", "unexplained": []}' + "\n" + '{"even')
    assert reconciled(path, 0)
    assert complaints(path) == []


def test_crashes_and_what_is_unexplained_in_the_end_are_found(tmp_path: Path) -> None:
    crash = {"event": "actor crashed", "error": "KeyError: 1"}
    differs = {"event": "positions differ", "unexplained": ["SPXW 2800P: ledgers -1, IB 0"]}
    agree = {"event": "positions differ", "unexplained": []}
    kinds = [each.kind for each in complaints(log(tmp_path / "one.jsonl", crash, differs))]
    assert kinds == [check.CRASHED, check.UNEXPLAINED]
    assert complaints(log(tmp_path / "two.jsonl", differs, agree)) == []
