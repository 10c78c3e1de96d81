"""kill -9 at random moments of every kind of work, without and with a power cut: nothing accepted is lost or doubled.

A power cut is the worst that the system may leave of one: of every file that was not synced, or whose folder was not
synced after it, something is damaged or all of it is gone. 14 kills, 40 in CI, and any number on demand: KILLS=500.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
from collections import Counter
from pathlib import Path

import polars as pl
import pytest

from desk.lake.queries import Lake
from desk.lake.writer import Writer
from tests.lake.killed import ROWS, corrected

KILLS = int(os.environ.get("KILLS") or ("40" if os.environ.get("CI") else "14"))
TASKS = ("open", "accept", "commit", "rewrite", "checkpoint", "clean", "vacuum")
REPO = Path(__file__).resolve().parents[2]
KEY = ["symbol", "cycle", "trading_class", "expiry", "strike", "right"]


class Life:
    """One life of the process: what it accepted, what it was at when it was killed, and what it had synced."""

    def __init__(self) -> None:
        command = [sys.executable, "-m", "tests.lake.killed"]
        self._process = subprocess.Popen(
            command, cwd=REPO, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        self.accepted = -1
        self.killed_at = ""
        self.synced: list[Path] = []

    def live(self, root: Path, first: int, chance: random.Random, task: str) -> None:
        """Go on with batch `first`; die at a random moment of the first or second `task`."""
        self.accepted = first - 1
        times = 1 if task == "open" else chance.choice((1, 1, 2))
        with self._process as process:
            assert process.stdin is not None
            assert process.stdout is not None
            process.stdin.write(f"{first} {root}\n")
            process.stdin.flush()
            while times and (line := process.stdout.readline()):
                self._take(line)
                times -= line == f"begin {task}\n"
            assert times == 0, "the process ended by itself"
            sum(range(chance.randrange(400_000)))  # somewhere within the task, or a little after it
            process.kill()
            for line in process.stdout.read().splitlines(keepends=True):
                self._take(line)

    def end(self) -> None:
        """Be gone, without having lived."""
        with self._process as process:
            process.kill()

    def _take(self, line: str) -> None:
        kind, _, what = line.rstrip("\n").partition(" ")
        if not line.endswith("\n"):
            return
        if kind == "begin":
            self.killed_at = what
        elif kind == "accepted":
            self.accepted = int(what)
        elif kind == "synced":
            self.synced.append(Path(what))


def cut_power(root: Path, synced: list[Path], chance: random.Random) -> None:
    """Damage what is not safe: a file is once it and after it its folder were synced."""
    files, safe = set[Path](), set[Path]()
    for path in synced:
        if path.is_dir():
            safe |= {file for file in files if file.parent == path}
        else:
            files.add(path)
    for path in sorted(root.rglob("*")):
        pointer = path.name == "_last_checkpoint"  # it is written anew again and again
        if path.is_dir() or "_spool" in path.parts or "_damaged" in path.parts or (path in safe and not pointer):
            continue
        _damage(path, chance)


def _damage(path: Path, chance: random.Random) -> None:
    content = path.read_bytes()
    match chance.randrange(5):
        case 0:
            path.unlink()
        case 1:
            path.write_bytes(b"")
        case 2:
            path.write_bytes(content[: chance.randrange(len(content) or 1)])
        case 3:
            path.write_bytes(bytes(len(content)))
        case _:
            pass


def check(root: Path, accepted: int) -> None:
    with Writer(root, "desk") as writer:
        assert writer.waiting == 0
    chain = Lake(root).chains()
    assert chain.select(KEY).is_duplicated().sum() == 0
    cycles = chain.group_by("cycle").agg(pl.len(), pl.col("bid").min()).sort("cycle")
    assert set(cycles["len"]) == {ROWS}
    assert len(cycles) >= accepted + 1
    for n, bid in enumerate(cycles["bid"][: accepted + 1]):
        assert bid == (50.0 if corrected(n) else 1.0)
    ledger = pl.read_delta(str(root / "slots"))
    assert ledger["cycle"].n_unique() == len(ledger) == len(cycles)


@pytest.mark.timeout(60 + 3 * KILLS)
@pytest.mark.parametrize("power", [False, True], ids=["killed", "power cut"])
def test_nothing_accepted_is_lost_and_nothing_is_there_twice(
    tmp_path: Path, power: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    chance = random.Random(7)
    accepted, synced, killed = -1, list[Path](), Counter[str]()
    life = Life()
    for kill in range(KILLS // 2):
        following = Life()  # starts up meanwhile
        life.live(tmp_path, accepted + 1, chance, TASKS[kill % len(TASKS)])
        accepted = life.accepted
        killed[life.killed_at] += 1
        synced += life.synced
        if power:
            cut_power(tmp_path, synced, chance)
        life = following
    life.end()
    check(tmp_path, accepted)
    with capsys.disabled():
        how = "power cut" if power else "kill -9"
        sys.stdout.write(f"\n{how}, by what it hit: {dict(killed)}; {accepted + 1} batches accepted\n")
    assert set(killed) >= {"accept", "commit"}
