"""`why`: what a strategy did at each poll, and what stood in its way."""

from __future__ import annotations

import sys
from pathlib import Path

import polars as pl
from rich.console import Console

from commands.folders import lake_place
from commands.where import moment_of, one_of, run_of
from desk.console.jsonable import to_json
from desk.console.trades import Account
from desk.console.why import Poll, attributed, poll_of, why_json, why_view, with_orders
from desk.lake.decisions import read_decisions, read_next, strategies_seen


def explain_polls(
    strategy: str, last: int | None, at: str | None, config: Path, data: Path | None, *, as_json: bool
) -> int:
    """Show the polls of the newest day, the `last` ones, or the one at a time; 0 if there are any."""
    checked, folder = run_of(config, data)
    root = lake_place(checked, folder)
    configured = [each.instance for each in checked.strategies]
    one_of("strategy", strategy, [*strategies_seen(root), *configured])
    until = moment_of(at) if at else None
    rows = read_decisions(root, strategy, last or (1 if at else None), until)
    after = _polls(read_next(root, strategy, rows["timestamp"][-1])) if len(rows) else []
    account = Account.read(folder / "logs" / strategy)
    polls = with_orders(attributed(_polls(rows), after[0] if after else None), account.ledger.orders.values())
    if as_json:
        sys.stdout.write(to_json(why_json(polls)) + "\n")
    elif polls:
        Console().print(why_view(polls))
    else:
        when = f" up to {until:%Y-%m-%d %H:%M}" if until else ""
        Console().print(f"{strategy} has not polled{when} in {folder}", soft_wrap=True)
    return 0 if polls else 1


def _polls(rows: pl.DataFrame) -> list[Poll]:
    return [poll_of(row[0].timestamp(), *row[1:]) for row in rows.iter_rows()]
