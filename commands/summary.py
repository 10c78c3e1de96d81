"""`summary`: what a strategy's trades came to, from its log; also while the desk runs."""

from __future__ import annotations

import sys
from pathlib import Path

from rich.console import Console

from commands.where import one_of, run_of
from desk.console.jsonable import to_json
from desk.console.trades import Account, trades_json, trades_view
from desk.orders.journal import TRADES


def show_summary(strategy: str | None, config: Path, data: Path | None, *, as_json: bool) -> int:
    """Show the figures of one strategy, or of every one that is configured or has a log."""
    checked, folder = run_of(config, data)
    logs = folder / "logs"
    known = sorted({*(each.instance for each in checked.strategies), *(path.parent.name for path in _logs(logs))})
    names = known if strategy is None else [one_of("strategy", strategy, known)]
    accounts = {name: Account.read(logs / name) for name in names}
    if as_json:
        told = {name: trades_json(account) for name, account in accounts.items()}
        sys.stdout.write(to_json(told if strategy is None else told[strategy]) + "\n")
        return 0
    console = Console()
    if not any(_logs(logs)):
        console.print(f"no strategy has traded in {folder}", soft_wrap=True)
    else:
        console.print(trades_view(accounts))
    return 0


def _logs(logs: Path) -> list[Path]:
    return list(logs.glob(f"*/{TRADES}"))
