"""Runs one client's scenario in its own environment and reads what it tells."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path

_SCENARIOS = Path(__file__).parent / "scenarios"
_LONGEST = 300.0
"""Seconds after which a scenario has hung."""


@dataclass(frozen=True, slots=True)
class Step:
    """How one step of one client went."""

    client: str
    step: str
    ok: bool
    seconds: float
    detail: str


def run(client: str, python: Path, port: int, client_id: int) -> list[Step]:
    """Return the steps of a client's scenario; one more that failed when it ended without saying so."""
    script = _SCENARIOS / f"on_{client}.py"
    command = [str(python), str(script), "--port", str(port), "--client-id", str(client_id)]
    try:
        done = subprocess.run(  # noqa: S603  (this project's own script)
            command, capture_output=True, text=True, timeout=_LONGEST, check=False
        )
    except subprocess.TimeoutExpired as late:
        told = late.stdout.decode() if isinstance(late.stdout, bytes) else late.stdout or ""
        return [*_steps(client, told), Step(client, "end", ok=False, seconds=_LONGEST, detail="the scenario hung")]
    steps = _steps(client, done.stdout)
    if done.returncode and all(step.ok for step in steps):
        detail = done.stderr.strip().splitlines()[-1:] or [f"exit code {done.returncode}"]
        steps.append(Step(client, "end", ok=False, seconds=0.0, detail=detail[0]))
    return steps


def _steps(client: str, told: str) -> list[Step]:
    lines = [json.loads(line) for line in told.splitlines() if line.startswith("{")]
    return [Step(client, line["step"], line["ok"], line["seconds"], line["detail"]) for line in lines]
