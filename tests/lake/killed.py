"""A writing process to be killed: prints the number of each batch once the writer has accepted it."""

from __future__ import annotations

import sys
from pathlib import Path

from desk.lake import rows
from desk.lake.writer import Writer
from tests.lake.batches import NOON, batch


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def main(root: Path, first: int) -> None:
    with Writer(root, "desk") as writer:
        say("open")
        for n in range(first, first + 10_000):
            # Every third cycle is written twice, the second time corrected.
            writer.accept(rows.of_batch(batch(NOON + 60 * n, contracts=20)))
            if n % 3 == 0:
                writer.accept(rows.of_batch(batch(NOON + 60 * n, contracts=20, bid=50.0)))
            say(str(n))
            if n % 2:
                writer.drain()


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
