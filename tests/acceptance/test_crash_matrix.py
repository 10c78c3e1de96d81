"""40 desks killed around their orders, every boundary hit: nothing sent twice, nothing lost, nothing unexplained."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from commands.crash import book as books
from commands.crash import check
from commands.crash import logs as trades
from commands.crash.check import Violation
from commands.crash.plan import Moment
from tests.acceptance.running import supervisor

KILLS = 40
PATIENCE = 400
"""Seconds for all of it on a machine that does much else at the same time; alone it takes a quarter."""


@pytest.fixture(scope="module")
def matrix(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], Path]:
    folder = tmp_path_factory.mktemp("matrix")
    done = supervisor("crash-matrix", str(KILLS), "--json", "--data", str(folder), timeout=PATIENCE)
    assert done.stdout, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    assert found["violations"] == []
    assert done.returncode == 0
    return found, folder


@pytest.mark.timeout(PATIENCE + 20)
def test_every_boundary_is_hit_and_nothing_is_wrong(matrix: tuple[dict[str, Any], Path]) -> None:
    found, _ = matrix
    assert found["ok"]
    assert found["kills"] == KILLS
    assert found["missed"] == []
    assert {row["moment"] for row in found["rows"] if row["kills"]} == {moment.value for moment in Moment}
    assert found["counts"] == {check.TWICE: 0, check.LOST: 0, check.UNEXPLAINED: 0}
    assert found["reconciled"] > KILLS / 2
    assert found["fresh"] > 0
    assert found["orders"] > KILLS
    assert found["fills"] > found["orders"] / 2


def judge(folder: Path) -> set[str]:
    """Compare a round's files as the matrix does at its end."""
    book, logs = books.read(folder / "gateway"), trades.read(folder / "desk" / "logs")
    halted = json.loads((folder / "desk" / "HALT").read_text())["at"]
    found: list[Violation] = [
        *check.always(book, logs, most=1),
        *check.real(book, logs),
        *check.recovered(book, logs),
        *check.at_rest(book, logs, trades.epoch(halted)),
    ]
    return {each.kind for each in found}


Lines = list[dict[str, Any]]


def first(lines: Lines, **wanted: Any) -> int:
    return next(n for n, line in enumerate(lines) if wanted.items() <= line.items())


def without_a_fill(lines: Lines) -> Lines:
    at = first(lines, event="EXEC", con_id=0)
    return lines[:at] + lines[at + 1 :]


def with_a_fill_twice(lines: Lines) -> Lines:
    return [*lines, lines[first(lines, event="EXEC", con_id=0)]]


def without_an_intent(lines: Lines) -> Lines:
    filled = lines[first(lines, event="EXEC")]["order_id"]
    at = first(lines, event="ORDER", order_id=filled)
    return lines[:at] + lines[at + 1 :]


def with_an_intent_twice(lines: Lines) -> Lines:
    return [*lines, lines[first(lines, event="ORDER")]]


def without_an_end(lines: Lines) -> Lines:
    at = first(lines, event="END")
    return lines[:at] + lines[at + 1 :]


def with_a_leg_more(lines: Lines) -> Lines:
    leg = next(line for line in lines if line["event"] == "EXEC" and line["con_id"])
    return [*lines, {**leg, "exec_id": "00020057.ffffffff.09.01"}]


DESK: list[tuple[Callable[[Lines], Lines], str]] = [
    (without_a_fill, check.LOST),
    (with_a_fill_twice, check.DOUBLED),
    (without_an_intent, check.UNLOGGED),
    (with_an_intent_twice, check.TWICE),
    (without_an_end, check.UNENDED),
    (with_a_leg_more, check.UNEXPLAINED),
]


def sabotaged(matrix: tuple[dict[str, Any], Path], folder: Path) -> Path:
    assert judge(matrix[1] / "round-0") == set()
    return Path(shutil.copytree(matrix[1] / "round-0", folder / "round"))


@pytest.mark.timeout(PATIENCE + 20)
@pytest.mark.parametrize(("change", "kind"), DESK, ids=lambda each: getattr(each, "__name__", ""))
def test_logs_that_are_wrong_are_found_out(
    matrix: tuple[dict[str, Any], Path], tmp_path: Path, change: Callable[[Lines], Lines], kind: str
) -> None:
    folder = sabotaged(matrix, tmp_path)
    path = next(path for path in (folder / "desk" / "logs").glob("*/trades.jsonl") if b'"EXEC"' in path.read_bytes())
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    path.write_text("".join(json.dumps(line) + "\n" for line in change(lines)))
    assert kind in judge(folder)


@pytest.mark.timeout(PATIENCE + 20)
def test_a_book_with_a_second_order_is_found_out(matrix: tuple[dict[str, Any], Path], tmp_path: Path) -> None:
    folder = sabotaged(matrix, tmp_path)
    path = folder / "gateway" / "book.jsonl"
    commits = [json.loads(line) for line in path.read_text().splitlines()]
    order = next(event[1] for commit in commits[1:] for event in commit["events"] if event[0] == "order")
    second = {**order, "perm_id": 1_999_999_999, "request": {**order["request"], "order_id": 999_999}}
    commits.append({"at": commits[-1]["at"], "events": [["order", second]]})
    path.write_text("".join(json.dumps(commit) + "\n" for commit in commits))
    assert check.TWICE in judge(folder)


def test_what_cannot_be_done_is_refused(tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("precious")
    for arguments in (["0"], ["many"], ["1", "--jobs", "0"], ["1", "--data", str(tmp_path)]):
        done = supervisor("crash-matrix", *arguments)
        assert done.returncode == 2, arguments
        assert "Traceback" not in done.stderr
