"""The gateway as a process of its own: it serves, says where, and ends well."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from desk.gateway.journal import Journal
from tests.gateway.serving import connected, run, started

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = """
import json, sys
from pathlib import Path
from random import Random
from desk.clock import SimulatedClock
from desk.gateway.settings import Settings
from desk.gateway.standalone import serve
from tests.gateway.market import START, Market

chosen = json.loads(sys.argv[1])
settings = Settings(host=chosen["host"], journal=Path(chosen["journal"]), latency=0)
serve(settings, Market(), SimulatedClock(START, 1.0), Random(1), lambda *ports: print(json.dumps(ports), flush=True))
"""


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGINT])
def test_it_serves_until_it_is_told_to_end(tmp_path: Path, ending: signal.Signals) -> None:
    chosen = json.dumps({"host": "127.0.0.1", "journal": str(tmp_path)})
    command = [sys.executable, "-c", PROGRAM, chosen]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        port, control = json.loads(process.stdout.readline())
        assert control is None

        async def scenario() -> None:
            async with connected(port) as ib, started(port) as client:
                assert (await ib.reqCurrentTimeAsync()).year == 2019
                process.send_signal(ending)
                assert await client.read() is None

        run(scenario())
        _, complaints = process.communicate(timeout=20)
    assert (process.returncode, complaints) == (0, "")
    assert Journal.load(tmp_path) is not None


def test_it_says_loudly_that_others_may_connect(tmp_path: Path) -> None:
    chosen = json.dumps({"host": "0.0.0.0", "journal": str(tmp_path)})
    command = [sys.executable, "-c", PROGRAM, chosen]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.terminate()
        _, complaints = process.communicate(timeout=20)
    assert "BEYOND THIS MACHINE" in complaints
