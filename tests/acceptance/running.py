"""The desk as a process: started as a user starts it, killed as the world kills it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

REPO = Path(__file__).resolve().parents[2]


def supervisor(*arguments: str, folder: Path = REPO, timeout: float = 100) -> subprocess.CompletedProcess[str]:
    """Run a command to its end."""
    command = [sys.executable, str(REPO / "supervisor.py"), *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=timeout, check=False)


def spawn(*arguments: str) -> subprocess.Popen[str]:
    """Start the desk; its lines can be read from stdout as they come."""
    command = [sys.executable, str(REPO / "supervisor.py"), *arguments]
    return subprocess.Popen(command, cwd=REPO, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def read_until(process: subprocess.Popen[str], found: Callable[[str], bool]) -> list[str]:
    """Read lines until one is found; fails when the process ends first."""
    lines = []
    assert process.stdout is not None
    for line in process.stdout:
        lines.append(line)
        if found(line):
            return lines
    raise AssertionError("the desk ended first:\n" + "".join(lines))


def log_of(data: Path) -> list[dict[str, Any]]:
    """The desk's log lines so far; a torn last one is left out."""
    lines = (data / "logs" / "desk.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines if line.endswith("}")]
