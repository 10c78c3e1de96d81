"""A host that shares a lake in an object store with others: writes its own symbol's cycles, or keeps house.

`write URI SPOOL SYMBOL CYCLES` prints how often a commit had to wait for the next drain; `keep URI OVER` works until
the file OVER exists and prints how many jobs were done and how many writers were faster.
"""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path

from desk.lake import rows
from desk.lake.errors import WriteError
from desk.lake.housekeeper import Housekeeper
from desk.lake.housekeeping import Policy
from desk.lake.writer import Writer
from messages.data import Batch
from tests.lake.batches import NOON, batch


def write(uri: str, spool: str, symbol: str, cycles: str) -> int:
    """Write so many cycles, every fourth of them twice, the second time with other bids."""
    delayed = 0
    with Writer(uri, symbol, spool=Path(spool)) as writer:
        for one in _batches(symbol, int(cycles)):
            writer.accept(rows.of_batch(one))
            delayed += _drained(writer) is False
        while writer.waiting and delayed < 100:
            delayed += _drained(writer) is False
    return delayed


def keep(uri: str, over: str) -> str:
    """Compact whatever has two spare files, in the middle of the session."""
    keeper, outcomes = Housekeeper(uri, Policy(compact_after=1)), Counter[str]()
    while not Path(over).exists():
        if step := keeper.step(NOON):
            outcomes[step.outcome] += 1
    return f"{outcomes['done']} {outcomes['conflict']}"


def _batches(symbol: str, cycles: int) -> list[Batch]:
    once = [batch(NOON + 300 * n, contracts=5, symbol=symbol) for n in range(cycles)]
    again = [batch(NOON + 300 * n, contracts=5, symbol=symbol, bid=50.0) for n in range(0, cycles, 4)]
    return once + again


def _drained(writer: Writer) -> bool:
    """Commit, or leave it for later as the actor does."""
    try:
        writer.drain()
    except WriteError as error:
        sys.stderr.write(f"{error}\n")
        return False
    return True


if __name__ == "__main__":
    told = write(*sys.argv[2:]) if sys.argv[1] == "write" else keep(*sys.argv[2:])
    sys.stdout.write(f"{told}\n")
