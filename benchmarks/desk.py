"""The desk as a process: how fast it answers, how soon it records, what it costs when it has nothing to do.

Targets: `supervisor.py --help` in under half a second (best of five), first rows in the lake within 15 s of the start
of the default run, an idle desk at the wall's speed under 5 % of a core. Exit code 1 when one is missed.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from rich.console import Console
from rich.table import Table

REPO = Path(__file__).resolve().parents[1]
COMMAND = [sys.executable, str(REPO / "supervisor.py")]
HELP, FIRST_ROWS, IDLE = 0.5, 15.0, 5.0


def help_seconds() -> float:
    """Wall seconds of `--help`, the best of five."""
    times = []
    for _ in range(5):
        began = time.perf_counter()
        subprocess.run([*COMMAND, "--help"], stdout=subprocess.DEVNULL, check=True)
        times.append(time.perf_counter() - began)
    return min(times)


def first_rows_seconds(folder: Path) -> float:
    """Wall seconds from the start of the default run to the first rows in the lake."""
    began = time.perf_counter()
    table = folder / "lake" / "option_snapshots" / "_delta_log"
    with _desk("run", "--data", str(folder)) as process:
        _wait(lambda: any(table.glob("*.json")), process, 60.0)
        seconds = time.perf_counter() - began
        process.send_signal(signal.SIGINT)
    return seconds


def idle_percent(folder: Path, seconds: float) -> float:
    """Share of a core, in percent, that the desk takes between two cycles at the wall's speed."""
    with _desk("run", "--data", str(folder), "--speed", "1", "--start", "09:31") as process:
        _wait((folder / "health.json").exists, process, 30.0)
        time.sleep(5.0)
        before = _cpu(process.pid)
        time.sleep(seconds)
        used = _cpu(process.pid) - before
        process.send_signal(signal.SIGINT)
    return 100.0 * used / seconds


def _desk(*arguments: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen([*COMMAND, *arguments], cwd=REPO, stdout=subprocess.DEVNULL)


def _wait(ready: Callable[[], bool], process: subprocess.Popen[bytes], limit: float) -> None:
    ends = time.perf_counter() + limit
    while not ready():
        if process.poll() is not None or time.perf_counter() > ends:
            process.kill()
            raise SystemExit("the desk did not get that far")
        time.sleep(0.02)


def _cpu(pid: int) -> float:
    """User and system seconds of a process so far (Linux)."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def main() -> int:
    """Measure, print, judge."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="watch the idle desk for 15 s instead of 60 s")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        rows = [
            ("--help, wall s", help_seconds(), HELP),
            ("first rows, wall s", first_rows_seconds(Path(folder) / "rows"), FIRST_ROWS),
            ("idle at 1x, % of a core", idle_percent(Path(folder) / "idle", 15.0 if arguments.quick else 60.0), IDLE),
        ]
    met = {name: value <= target for name, value, target in rows}
    if arguments.json:
        print(json.dumps({"results": {name: value for name, value, _ in rows}, "met": met}))
    else:
        table = Table("what", "measured", "target", "")
        for name, value, target in rows:
            table.add_row(name, f"{value:.2f}", f"<= {target:g}", "met" if met[name] else "MISSED")
        Console().print(table)
    return 0 if all(met.values()) else 1


if __name__ == "__main__":
    raise SystemExit(main())
