"""Open condors and orders under way, for the live view and for `status`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from rich.table import Table
from rich.text import Text

from desk.console import words
from desk.console.snapshot import CondorView, OrderView
from desk.console.tables import grid

_STATES = {"WORKING": "", "UNKNOWN": "bold yellow", "ABSENT": "yellow"}


def condor_words(expiry: str, strikes: Sequence[float]) -> str:
    """Name a condor: its expiry, and its strikes ascending."""
    day = datetime.strptime(expiry, "%Y%m%d")  # noqa: DTZ007 (a date has no zone)
    return f"{day:%b %d} " + "/".join(f"{strike:g}" for strike in strikes)


def dollars(amount: float | None) -> Text:
    """Write a gain or a loss in dollars."""
    if amount is None:
        return Text(words.NOTHING, style="dim")
    if not amount:
        return Text("0.00")
    return Text(f"{amount:+,.2f}", style="green" if amount > 0 else "red")


def condors_table(rows: Sequence[CondorView]) -> Table:
    """Draw open condors in a table of their own."""
    return add_condors(grid("open", "", ">qty", ">credit", ">now", ">gain $", ">at risk $"), rows)


def add_condors(table: Table, rows: Sequence[CondorView]) -> Table:
    """Fill a table of seven columns: owner, condor, quantity, credit, debit now, gain, risk."""
    for row in rows:
        table.add_row(
            Text(row.strategy, style="bold"),
            Text(condor_words(row.expiry, row.strikes), no_wrap=True),
            words.number(row.quantity),
            words.number(row.credit, 2),
            words.number(row.debit, 2),
            dollars(row.gain),
            words.number(row.risk),
        )
    return table


def add_orders(table: Table, rows: Sequence[OrderView]) -> Table:
    """Fill a table of six columns: owner, what it does, filled, limit, state, order id."""
    for row in rows:
        what = f"{row.action}: {row.reason}" if row.reason and row.reason != row.action else row.action
        table.add_row(
            Text(row.strategy, style="bold"),
            what,
            f"{row.filled}/{row.quantity}",
            "market" if row.limit is None else words.number(row.limit, 2),
            Text(row.state, style=_STATES.get(row.state, "dim")),
            Text(row.order_id, style="dim"),
        )
    return table
