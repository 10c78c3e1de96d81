"""What strategies' trades came to (SPEC E8): a column per strategy, and the condors that are still open."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from desk.console import words
from desk.console.condors import condor_words, condors_table, dollars
from desk.console.snapshot import CondorView
from desk.console.summary import TradeSummary
from desk.console.tables import grid
from desk.orders.journal import read
from desk.orders.ledger import Ledger
from desk.orders.money import PerShare, max_loss
from desk.orders.summary import Summary, summarise, trades
from messages.orders import Condor, Holding

_COUNTS = ("total_trades", "wins", "losses")
_SIGNED = ("gross_pnl", "net_pnl", "avg_pnl", "max_win", "max_loss")
_COSTS = ("total_commission", "max_drawdown", "slippage")
_FIGURES = (
    *("total_trades", "wins", "losses", "win_rate", "gross_pnl", "total_commission", "net_pnl", "avg_pnl"),
    *("max_win", "max_loss", "max_drawdown", "slippage"),
)


@dataclass(frozen=True, slots=True)
class Account:
    """A strategy's ledger and the figures of its trades."""

    ledger: Ledger
    summary: Summary

    @classmethod
    def read(cls, folder: Path) -> Account:
        """Read a strategy's log; JournalError when that cannot be read."""
        lines = read(folder)
        return cls(Ledger.of(folder.name, lines), summarise(folder.name, lines))

    @property
    def holdings(self) -> tuple[Holding, ...]:
        """What it still holds."""
        return self.ledger.holdings


def trades_view(accounts: Mapping[str, Account]) -> RenderableType:
    """Draw the figures of every strategy, or say that there are none."""
    table = grid("", *(f">{name}" for name in accounts))
    for figure in _FIGURES:
        cells = [_cell(figure, getattr(each.summary, figure)) for each in accounts.values()]
        table.add_row(Text(figure.replace("_", " "), style="dim"), *cells)
    idle = [name for name, each in accounts.items() if not each.summary.total_trades]
    notes = [Text(f"no closed trades: {', '.join(idle)}", style="dim")] if idle else []
    held = [view_of(name, holding) for name, each in accounts.items() for holding in each.holdings]
    if not held:
        return Group(table, *notes, Text("no open positions", style="dim"))
    banked = [_banked(name, each.summary.open_realised) for name, each in accounts.items()]
    return Group(table, *notes, Text(), condors_table(held), *filter(None, banked))


def trades_json(account: Account) -> Any:
    """Give a strategy's figures under the seed's names, and its open positions, for `to_json`."""
    return {**asdict(account.summary), "positions": [position_json(each) for each in account.holdings]}


def view_of(strategy: str, holding: Holding, debit: float | None = None, gain: float | None = None) -> CondorView:
    """Give an open condor as it is shown; what it may still lose is its wider wing less its credit."""
    condor = holding.condor
    risk = max_loss(condor, PerShare(holding.credit), holding.quantity)
    strikes = tuple(sorted(leg.strike for leg in condor.legs))
    expiry = condor.short_put.expiry
    return CondorView(strategy, expiry, strikes, holding.quantity, holding.credit, debit, gain, round(risk.amount, 2))


def done_and_open(account: Account) -> tuple[TradeSummary, ...]:
    """Give closed trades, then what is open, in words."""
    closed = [(each.position, each.net.amount) for each in trades(account.ledger)]
    return (
        *(TradeSummary(_described(account.ledger, name), round(net, 2)) for name, net in closed),
        *(TradeSummary(_described(account.ledger, each.position), 0.0, open=True) for each in account.holdings),
    )


def _described(ledger: Ledger, name: str) -> str:
    position = ledger.positions[name]
    condor, opening = position.condor, position.opening
    if condor is None or opening is None or opening.average is None:
        return name
    return _condor(condor, position.opened, opening.average)


def described(holding: Holding) -> str:
    """Give an open position in words."""
    return _condor(holding.condor, holding.quantity, holding.credit)


def _condor(condor: Condor, quantity: int, credit: float) -> str:
    strikes = sorted(leg.strike for leg in condor.legs)
    return f"{condor_words(condor.short_put.expiry, strikes)} x {quantity} for {credit:.2f}"


def _cell(figure: str, value: float) -> Text | str:
    if figure in _COUNTS:
        return words.number(value)
    if figure in _SIGNED:
        return dollars(value)
    return words.number(value, 2) if figure in _COSTS else words.percent(value)


def _banked(name: str, amount: float) -> Text | None:
    if not amount:
        return None
    return Text.assemble((f"{name}: closing parts of what is open has earned ", "dim"), dollars(amount))


def position_json(holding: Holding) -> dict[str, Any]:
    """Give an open position, for `to_json`."""
    view = view_of("", holding)
    return {
        "position": holding.position,
        "opened": holding.opened,
        "expiry": view.expiry,
        "strikes": view.strikes,
        "quantity": view.quantity,
        "credit": view.credit,
        "at_risk": view.risk,
    }
