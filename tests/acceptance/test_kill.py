"""kill -9 of the whole process in the middle of a cycle: the same command goes on, nothing lost, nothing twice."""

import os
from pathlib import Path

import polars as pl
import pytest

from desk.lake.queries import Lake
from desk.market.calendar import at
from tests.acceptance.running import REPO, log_of, read_until, spawn, supervisor
from tests.acceptance.simulated import DAY

KILLS = int(os.environ.get("CONDOR_KILLS", "3"))
"""Kills in the test; the long form is CONDOR_KILLS=10."""
UNTIL = "09:50"


def config(folder: Path) -> Path:
    text = (REPO / "config.toml").read_text(encoding="utf-8")
    path = folder / "config.toml"
    path.write_text(
        text.replace("#interval = 300.0 ", "interval = 60 ").replace('symbol = "QQQ"', 'symbol = "QQQ"\ninterval = 60')
    )
    return path


@pytest.mark.timeout(120 + 30 * KILLS)
def test_a_killed_desk_goes_on_by_itself(tmp_path: Path) -> None:
    data = tmp_path / "data"
    command = ["run", "--config", str(config(tmp_path)), "--data", str(data), "--until", UNTIL, "--speed", "20"]
    for number in range(KILLS):
        with spawn(*command) as process:
            for _ in range(1 + number % 2):
                read_until(process, lambda line: "QQQ slot" in line)  # SPY's, which takes longer, is still under way
            process.kill()
    done = supervisor(*command)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "The run has ended" in done.stdout
    check(data)


def check(data: Path) -> None:
    lake, log = Lake(data / "lake"), log_of(data)
    rows, starts = lake.chains(), sum(line["event"].startswith("connected") for line in log)
    assert starts == KILLS + 1
    key = ["symbol", "trading_class", "strike", "expiry", "right", "cycle"]
    assert rows.select(key).is_duplicated().sum() == 0
    stored = rows.group_by("symbol", pl.col("cycle").dt.epoch("s")).len()
    counts = {(symbol, cycle): count for symbol, cycle, count in stored.rows()}
    acknowledged = [line for line in log if line["event"] == "stored" and line["rows"]]
    assert len(acknowledged) > KILLS
    for line in acknowledged:
        assert counts[line["symbol"], round(line["cycle"])] >= line["rows"], line
    expected = [at(DAY, "09:30") + 60 * n for n in range(20)]
    for symbol in ("SPY", "QQQ"):
        assert lake.cycles(symbol, 0.0)[:20] == expected
