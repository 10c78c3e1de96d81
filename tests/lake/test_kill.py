"""kill -9 at random moments of every kind of work, without and with a power cut: nothing accepted is lost or doubled.

A power cut is the worst that the system may leave of one: of every file that was not synced, or whose folder was not
synced after it, something is damaged or all of it is gone; of the spool, what was written after its last sync. 14
kills, 40 in CI, and any number on demand: KILLS=500.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
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
SECTOR = 512


class Lives:
    """Processes that work in a lake, one after another, each until it is killed; what they accepted and synced."""

    def __init__(self, root: Path) -> None:
        self._root = root
        command = [sys.executable, "-m", "tests.lake.killed"]
        self._parent = subprocess.Popen(command, cwd=REPO, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.accepted = -1
        self.safe: set[Path] = set()
        self.spooled = 0
        self._synced: set[Path] = set()
        self._killed_at = ""

    def live(self, chance: random.Random, task: str) -> str:
        """Go on with the next batch; die at a random moment of the first or second `task`. Return what it was at."""
        times = 1 if task == "open" else chance.choice((1, 1, 2))
        assert self._parent.stdin is not None
        self._parent.stdin.write(f"{self.accepted + 1} {self._root}\n")
        self._parent.stdin.flush()
        lines = self._lines()
        child = next(int(what) for kind, what in lines if kind == "pid")
        while times:
            kind, what = next(lines)
            assert kind != "ended", "the process ended by itself"
            times -= (kind, what) == ("begin", task)
        sum(range(chance.randrange(400_000)))  # somewhere within the task, or a little after it
        os.kill(child, signal.SIGKILL)
        while next(lines)[0] != "ended":
            pass
        return self._killed_at

    def end(self) -> None:
        """Be gone."""
        with self._parent:
            self._parent.kill()

    def _lines(self) -> Iterator[tuple[str, str]]:
        assert self._parent.stdout is not None
        for line in self._parent.stdout:
            kind, _, what = line.rstrip("\n").partition(" ")
            self._take(kind, what)
            yield kind, what

    def _take(self, kind: str, what: str) -> None:
        match kind:
            case "begin":
                self._killed_at = what
            case "accepted":
                self.accepted = int(what)
            case "spooling" | "spooled":
                self.spooled = int(what)
            case "synced" if (path := Path(what)).is_dir():
                self.safe |= {file for file in self._synced if file.parent == path}
                self._synced = {file for file in self._synced if file.parent != path}
            case "synced":
                self._synced.add(Path(what))


def cut_power(root: Path, lives: Lives, chance: random.Random) -> None:
    """Damage what is not safe: a file is once it and after it its folder were synced."""
    for folder in sorted(each for each in root.iterdir() if not each.name.startswith("_")):
        for path in sorted(folder.rglob("*")):
            pointer = path.name == "_last_checkpoint"  # it is written anew again and again
            if path.is_file() and (pointer or path not in lives.safe):
                _damage(path, chance)
    spool = root / "_spool" / "desk.spool"
    if lives.spooled and spool.exists():
        _damage_spool(spool, lives.spooled, chance)


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


def _damage_spool(path: Path, end: int, chance: random.Random) -> None:
    """Damage some sectors behind what was synced, or let them be gone; and forget how far the tables have come."""
    content = bytearray(path.read_bytes())
    first = -(-end // SECTOR) * SECTOR
    for at in range(first, len(content), SECTOR):
        if chance.random() < 0.5:
            content[at : at + SECTOR] = chance.choice((bytes(SECTOR), chance.randbytes(SECTOR)))[: len(content) - at]
    if chance.random() < 0.2:
        del content[max(first, end) :]
    if chance.random() < 0.5:
        content[SECTOR : 2 * SECTOR] = bytes(SECTOR)
    path.write_bytes(content)


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


@pytest.mark.timeout(60 + 6 * KILLS)
@pytest.mark.parametrize("power", [False, True], ids=["killed", "power cut"])
def test_nothing_accepted_is_lost_and_nothing_is_there_twice(
    tmp_path: Path, power: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    chance, lives, killed = random.Random(7), Lives(tmp_path), Counter[str]()
    for kill in range(KILLS // 2):
        killed[lives.live(chance, TASKS[kill % len(TASKS)])] += 1
        if power:
            cut_power(tmp_path, lives, chance)
        if kill % 50 == 49 or kill + 1 == KILLS // 2:
            with capsys.disabled():
                how = "power cut" if power else "kill -9"
                told = f"{how} {kill + 1}, by what it hit: {dict(killed)}; {lives.accepted + 1} batches accepted"
                sys.stdout.write(f"\n{told}\n")
                sys.stdout.flush()
    lives.end()
    check(tmp_path, lives.accepted)
    assert set(killed) >= {"accept", "commit"}
