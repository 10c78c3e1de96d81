"""A process to be killed: writes and keeps house, and says first what it is about to do.

It waits for a line `FIRST ROOT`. Its own lines: `begin TASK`, `accepted N` once batch N is accepted, `synced PATH` once
a file or a folder is.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from desk.lake import rows
from desk.lake.housekeeper import Housekeeper, _Room
from desk.lake.housekeeping import Job, Policy
from desk.lake.writer import Writer
from tests.lake.batches import NOON, batch

DAY = 86_400.0
ROWS = 20


def corrected(n: int) -> bool:
    """Whether batch `n` is written twice, the second time with other bids."""
    return n % 3 == 0


def say(line: str) -> None:
    """Print a line at once."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def work(root: Path, first: int) -> None:
    """Write batches from number `first` on, and look after the tables after every third, until killed."""
    _report_syncs()
    say("begin open")
    with Writer(root, "desk") as writer:
        keeper = _housekeeper(root)
        for n in range(first, first + 100_000):
            cycle = NOON + 60 * n
            say("begin accept")
            writer.accept(rows.of_batch(batch(cycle, contracts=ROWS)))
            if corrected(n):
                writer.accept(rows.of_batch(batch(cycle, contracts=ROWS, bid=50.0)))
            say(f"accepted {n}")
            if n % 2:
                say("begin commit")
                writer.drain()
            if n % 6 == 5:
                while keeper.step(NOON + DAY / 3 + DAY * n) is not None:
                    pass


def _housekeeper(root: Path) -> Housekeeper:
    keeper = Housekeeper(root, Policy(retention=0))
    keeper._rooms = keeper._rooms[:1]

    class Told(_Room):
        def do(self, job: Job, *rest: object) -> object:  # type: ignore[override]  # passes on what it is given
            say(f"begin {job.task}")
            return super().do(job, *rest)  # type: ignore[arg-type]  # see above

    keeper._rooms[0].__class__ = Told
    return keeper


def _report_syncs() -> None:
    fsync = os.fsync

    def told(handle: int) -> None:
        fsync(handle)
        say(f"synced {Path(f'/proc/self/fd/{handle}').readlink()}")

    os.fsync = told  # type: ignore[assignment]  # the same function, telling


if __name__ == "__main__":
    number, _, folder = sys.stdin.readline().strip().partition(" ")
    work(Path(folder), int(number))
