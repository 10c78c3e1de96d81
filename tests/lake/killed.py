"""Processes to be killed: each writes and keeps house, and says first what it is about to do.

For each line `FIRST ROOT` it is given, it forks a process (`pid N`) that works in the lake at ROOT from batch FIRST on
until killed (`ended`). That one's lines: `begin TASK`; `accepted N` once batch N is accepted; `synced PATH` once a file
or a folder is; `spooling OFFSET` before bytes from there on are written to the spool, `spooled OFFSET` once all up to
there are on disk.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from desk.lake import rows
from desk.lake.housekeeper import Housekeeper, _Room
from desk.lake.housekeeping import Job, Policy
from desk.lake.record import BLOCK
from desk.lake.writer import Writer
from tests.lake.batches import NOON, batch

DAY = 86_400.0
ROWS = 20


def corrected(n: int) -> bool:
    """Whether batch `n` is written twice, the second time with other bids."""
    return n % 3 == 0


def say(line: str) -> None:
    """Print a line at once, whole or not at all."""
    os.write(1, f"{line}\n".encode())


def work(root: Path, first: int) -> None:
    """Write batches from number `first` on, and look after the tables after every fourth, until killed."""
    _report_syncs()
    _report_spool()
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
            if n % 4 == 3:
                while keeper.step(NOON + DAY / 3 + DAY * n) is not None:
                    pass


def main() -> None:
    """Fork a process for every line: it has the libraries already, and none of them has been at work here."""
    for line in sys.stdin:
        number, _, folder = line.strip().partition(" ")
        child = os.fork()
        if child == 0:
            say(f"pid {os.getpid()}")
            work(Path(folder), int(number))
        os.waitpid(child, 0)
        say("ended")


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


def _report_spool() -> None:
    pwrite, fdatasync = os.pwrite, os.fdatasync
    end = BLOCK

    def writes(handle: int, content: bytes, offset: int) -> int:
        nonlocal end
        if offset >= BLOCK:
            say(f"spooling {offset}")
            end = offset + len(content)
        return pwrite(handle, content, offset)

    def syncs(handle: int) -> None:
        fdatasync(handle)
        say(f"spooled {end}")

    os.pwrite, os.fdatasync = writes, syncs  # type: ignore[assignment]  # the same functions, telling


if __name__ == "__main__":
    main()
