"""What kills a desk: at its own crossing and no other, and before a sync with a part of what was not synced."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from commands.crash.plan import Moment, Trap
from tests.acceptance.running import REPO

WRITER = """
import sys
from pathlib import Path
from commands.crash.plan import Trap
from commands.crash.trap import Killer
from desk.orders.logfile import LogFile

boundary, nth, keep, path = sys.argv[1], int(sys.argv[2]), float(sys.argv[3]), Path(sys.argv[4])
killer = Killer(Trap(boundary, nth, keep), lambda crossed: print(*crossed, sep="|", flush=True))
killer.guard_syncs()
log = LogFile(path)
for number in range(len(log.records), 4):
    killer("before-intent", f"o-{number}")
    log.append([{"order_id": f"o-{number}", "line": 1}, {"order_id": f"o-{number}", "line": 2}])
    killer("after-intent", f"o-{number}")
"""


def write(path: Path, trap: Trap) -> tuple[int, list[str]]:
    arguments = [trap.boundary, str(trap.nth), str(trap.keep), str(path)]
    done = subprocess.run(
        [sys.executable, "-c", WRITER, *arguments], cwd=REPO, capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout.splitlines()


def test_it_kills_at_its_crossing_only(tmp_path: Path) -> None:
    code, crossed = write(tmp_path / "trades.jsonl", Trap("after-intent", 2))
    assert code == -9
    assert crossed[-1] == "after-intent|o-1"
    assert crossed[:3] == ["before-intent|o-0", "before-sync|o-0", "after-intent|o-0"]
    assert write(tmp_path / "other" / "trades.jsonl", Trap())[0] == 0


@pytest.mark.parametrize(("keep", "left"), [(0.0, 0), (0.3, 0), (0.7, 1), (0.999, 1)])
def test_of_what_is_not_synced_a_part_is_left(tmp_path: Path, keep: float, left: int) -> None:
    path = tmp_path / "trades.jsonl"
    code, crossed = write(path, Trap(Moment.BEFORE_SYNC.value, 2, keep))
    assert (code, crossed[-1]) == (-9, "before-sync|o-1")
    whole = [json.loads(line) for line in path.read_bytes().split(b"\n")[:-1]]
    assert whole == [
        {"order_id": f"o-{number}", "line": line} for number, line in [(0, 1), (0, 2), (1, 1), (1, 2)][: 2 + left]
    ]


def test_what_was_there_before_is_synced_already(tmp_path: Path) -> None:
    path = tmp_path / "trades.jsonl"
    write(path, Trap())
    found = path.read_bytes()
    path.write_bytes(found[: found.rfind(b"{") + 5])
    code, crossed = write(path, Trap(Moment.BEFORE_SYNC.value, 1, 0.0))
    assert (code, crossed) == (0, [])
