"""A process to be killed: appends lines to the log of strategy `a` from number FIRST on, saying which are accepted."""

from __future__ import annotations

import sys
from pathlib import Path

from desk.orders.journal import Journals
from desk.orders.lines import EndLine, RiskLine
from messages.orders import Breach, OrderState


def work(logs: Path, first: int) -> None:
    """Append until killed: two trade lines and a risk line at a time, each with the number of the append."""
    with Journals(logs) as journals:
        journal = journals.open("a")
        for n in range(first, first + 1_000_000):
            end = EndLine(f"order {n}", OrderState.CANCELLED, 0, float(n), text="x" * (n * 37 % 9000))
            journal.append(end, end, RiskLine(Breach(f"order {n}", "delta", active=True), float(n)))
            sys.stdout.write(f"{n}\n")
            sys.stdout.flush()


if __name__ == "__main__":
    work(Path(sys.argv[1]), int(sys.argv[2]))
