"""kill -9 at random moments: nothing accepted is lost, nothing is there twice."""

from __future__ import annotations

import random
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

from desk.lake.queries import Lake
from desk.lake.writer import Writer

REPO = Path(__file__).resolve().parents[2]


def run_and_kill(root: Path, first: int, lines: int, spins: int) -> int:
    """Kill the writer after it has printed so many lines, and a little later; return the last number it accepted."""
    command = [sys.executable, "-m", "tests.lake.killed", str(root), str(first)]
    last = first - 1
    with subprocess.Popen(command, cwd=REPO, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "open\n"
        for _ in range(lines):
            last = int(process.stdout.readline())
        sum(range(spins))  # somewhere within the next accept, write, sync or clear
        process.kill()
        accepted = [line for line in process.stdout.read().split("\n") if line]
    return int(accepted[-1]) if accepted else last


@pytest.mark.timeout(110)
def test_kill_minus_nine_loses_nothing_accepted_and_writes_nothing_twice(tmp_path: Path) -> None:
    chance = random.Random(7)
    first = 0
    for _ in range(6):
        first = run_and_kill(tmp_path, first, chance.randrange(1, 12), chance.randrange(2_000_000)) + 1
    with Writer(tmp_path, "desk") as writer:
        assert writer.waiting == 0
    chain = Lake(tmp_path).chains()
    key = ["symbol", "cycle", "trading_class", "expiry", "strike", "right"]
    assert chain.select(key).is_duplicated().sum() == 0
    per_cycle = chain.group_by("cycle").len().sort("cycle")
    assert len(per_cycle) >= first
    assert set(per_cycle["len"]) == {20}
    accepted = chain.filter(pl.col("cycle") <= pl.col("cycle").unique().sort().get(first - 1))
    corrected = (pl.col("cycle").dt.epoch("s") // 60 - pl.col("cycle").min().dt.epoch("s") // 60) % 3 == 0
    assert accepted.filter(corrected)["bid"].min() == 50.0  # the last write won, each time
    assert accepted.filter(~corrected)["bid"].min() == 1.0
    slots = Lake(tmp_path).slots_summary()
    assert slots["expected"].item() == len(per_cycle)
