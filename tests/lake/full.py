"""A desk whose disk fills up and gets room again: run by test_full_disk.py, which says how (`tmpfs` or `limit`)."""

from __future__ import annotations

import json
import resource
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from desk.lake import rows
from desk.lake.errors import WriteError
from desk.lake.housekeeper import Housekeeper
from desk.lake.queries import Lake
from desk.lake.writer import Writer
from desk.market.calendar import at, exchange_date
from tests.lake.batches import NOON, batch

BLOCK = 1 << 16


@contextmanager
def small_disk(root: Path) -> Iterator[None]:
    """Use up the room of a small file system."""
    ballast = root.parent / "ballast"
    with ballast.open("wb", buffering=0) as file:
        for size in (BLOCK, 512):
            try:
                while True:
                    file.write(bytes(size))
            except OSError:
                pass
    yield
    ballast.unlink()


@contextmanager
def small_files(_: Path) -> Iterator[None]:
    """Let no file grow."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (512, hard))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def failure(work: Callable[[], object]) -> str:
    """Return the name of the error that the work ends with."""
    try:
        work()
    except WriteError as error:
        return type(error).__name__
    return ""


def main(root: Path, how: str) -> None:
    """Write, run out of room, get it back; print which errors came and how many batches were accepted and are there."""
    accepted, errors = 0, set[str]()
    with Writer(root, "desk") as writer:

        def accept() -> None:
            nonlocal accepted
            writer.accept(rows.of_batch(batch(NOON + 300 * accepted, contracts=40)))
            accepted += 1

        for _ in range(3):
            accept()
            writer.drain()
        keeper = Housekeeper(root)
        with small_disk(root) if how == "tmpfs" else small_files(root):
            for _ in range(5):
                errors.add(failure(accept))
            errors.add(failure(writer.drain))
            errors.add(failure(lambda: keeper.step(at(exchange_date(NOON), "20:00"))))
        refused = errors - {""}
        accept()
        writer.drain()
        waiting = writer.waiting
        while keeper.step(at(exchange_date(NOON), "20:00")):
            pass
    cycles = Lake(root).chains().group_by("cycle").len()
    whole = set(cycles["len"]) == {40}
    found = {"errors": sorted(refused), "accepted": accepted, "there": len(cycles), "whole": whole, "waiting": waiting}
    sys.stdout.write(json.dumps(found) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
