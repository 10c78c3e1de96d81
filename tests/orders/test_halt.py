"""The kill switch's file: whoever halts, however often and however badly written, nothing is entered."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from desk.orders import halt
from desk.orders.halt import FILE, Halt
from tests.conftest import ROOT

FIRST = Halt("too much", flatten=False, at=1_557_755_172.5, by="cli")


def test_a_halt_stays_until_it_is_cleared(tmp_path: Path) -> None:
    assert halt.read(tmp_path) is None
    assert halt.write(tmp_path, FIRST) == FIRST
    assert halt.read(tmp_path) == FIRST
    assert halt.clear(tmp_path) == FIRST
    assert halt.read(tmp_path) is None
    assert halt.clear(tmp_path) is None
    assert list(tmp_path.iterdir()) == []


def test_the_file_is_json_that_people_can_read(tmp_path: Path) -> None:
    halt.write(tmp_path, FIRST)
    content = json.loads((tmp_path / FILE).read_text())
    assert content == {"reason": "too much", "flatten": False, "at": "2019-05-13T13:46:12.500000+00:00", "by": "cli"}


def test_f07_a_second_halt_adds_flatten_and_nothing_else(tmp_path: Path) -> None:
    halt.write(tmp_path, FIRST)
    assert halt.write(tmp_path, Halt("again", at=2e9, by="dashboard")) == FIRST
    flattening = Halt(FIRST.reason, flatten=True, at=FIRST.at, by=FIRST.by)
    assert halt.write(tmp_path, Halt("now all", flatten=True, at=2e9)) == flattening
    assert halt.write(tmp_path, Halt("softer", flatten=False, at=2e9)) == flattening
    assert halt.read(tmp_path) == flattening
    assert [path.name for path in tmp_path.iterdir()] == [FILE]


def test_f07_of_many_processes_that_halt_at_once_one_reason_and_the_flatten_stand(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from desk.orders import halt; sys.stdin.readline();"
        "halt.write(Path(sys.argv[1]), halt.Halt(sys.argv[2], flatten=sys.argv[2] == '2'))"
    )
    command = [sys.executable, "-c", code, str(tmp_path)]
    running = [subprocess.Popen([*command, str(n)], stdin=subprocess.PIPE, cwd=ROOT) for n in range(4)]
    for process in running:
        process.communicate(b"\n", timeout=60)
    found = halt.read(tmp_path)
    assert found is not None
    assert found.flatten
    assert found.reason in "0123"
    assert [path.name for path in tmp_path.iterdir()] == [FILE]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\n",
        b"stop!",
        b"{",
        b"[]",
        b"null",
        b"\xff\xfe\x00",
        b'{"reason": "x"}',
        b'{"reason": "x", "flatten": "yes", "at": "2019-05-13T13:46:12+00:00"}',
        b'{"reason": "x", "flatten": true, "at": "2019-05-13T13:46:12"}',
        b'{"reason": "x", "flatten": true, "at": 5}',
        b"[" * 100_000,
    ],
)
def test_f17_whatever_is_in_the_file_halts_and_what_cannot_be_read_flattens_nothing(
    tmp_path: Path, content: bytes
) -> None:
    (tmp_path / FILE).write_bytes(content)
    found = halt.read(tmp_path)
    assert found is not None
    assert not found.flatten


def test_f17_a_halt_cut_at_any_byte_still_halts(tmp_path: Path) -> None:
    halt.write(tmp_path, FIRST)
    whole = (tmp_path / FILE).read_bytes()
    for length in range(len(whole)):
        (tmp_path / FILE).write_bytes(whole[:length])
        assert halt.read(tmp_path) is not None


def test_f17_what_may_not_be_read_halts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / FILE).mkdir()
    assert halt.read(tmp_path) is not None
    assert halt.read(tmp_path / "not there") is not None

    def denied(path: Path) -> bytes:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "read_bytes", denied)
    found = halt.read(tmp_path)
    assert found is not None
    assert "Permission denied" in found.reason


def test_a_damaged_halt_can_be_told_to_flatten_and_cleared(tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(b"{")
    assert halt.write(tmp_path, Halt("flatten it", flatten=True)).flatten
    found = halt.read(tmp_path)
    assert found is not None
    assert found.flatten
    halt.clear(tmp_path)
    assert halt.read(tmp_path) is None


def test_f17_a_disk_that_refuses_the_words_halts_all_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        halt.write(tmp_path, FIRST)
    assert [path.name for path in tmp_path.iterdir()] == [FILE]
    assert halt.read(tmp_path) is not None


def test_the_gate_depends_on_the_standard_library_alone() -> None:
    code = (
        "import sys; before = set(sys.modules); from desk.orders import halt;"
        "new = {name.split('.')[0] for name in set(sys.modules) - before};"
        "print(sorted(new - sys.stdlib_module_names))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    assert done.stdout.strip() == "['desk']"
