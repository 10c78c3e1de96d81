"""What a run came to: shown once, when it has ended."""

from __future__ import annotations

from dataclasses import dataclass

from rich.console import Group, RenderableType
from rich.text import Text

from desk.console import words
from desk.console.condors import dollars
from desk.console.snapshot import GatewayView
from desk.console.tables import grid


@dataclass(frozen=True, slots=True)
class SymbolSummary:
    """A symbol's rows written in the run, its slots by status, and the share of contracts that answered (0 to 1)."""

    symbol: str
    rows: int
    complete: int
    partial: int
    missed: int
    answered: float | None


@dataclass(frozen=True, slots=True)
class TradeSummary:
    """A position in words, and what it has earned in dollars after commissions; `open` while anything is left of it."""

    condor: str
    net: float
    open: bool = False


@dataclass(frozen=True, slots=True)
class StrategySummary:
    """A strategy's polls, its positions, what closing them has earned, and its most frequent vetoes with counts."""

    name: str
    polls: int
    net: float = 0.0
    trades: tuple[TradeSummary, ...] = ()
    vetoes: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Summary:
    """A run from market time `started` to `ended` (epoch seconds), which took `seconds` of machine time.

    `speed` is market seconds per machine second over the whole run; `data` and `lake` are where its files are.
    """

    started: float
    ended: float
    seconds: float
    speed: float
    gateway: GatewayView
    symbols: tuple[SymbolSummary, ...]
    strategies: tuple[StrategySummary, ...]
    restarts: int
    data: str
    lake: str
    total_rows: int


def summary_view(summary: Summary) -> RenderableType:
    """Draw a run's summary."""
    market = f" on the paper gateway's {summary.gateway.market} market" if summary.gateway.kind == "paper" else " on IB"
    window = f"{words.moment(summary.started)} to {words.time_of_day(summary.ended, seconds=True)}"
    pace = f"{words.span(summary.seconds)} at {words.speed(summary.speed)}"
    restarts = f"{summary.restarts} restart{'' if summary.restarts == 1 else 's'}"
    return Group(
        Text(),
        Text.assemble(("The run has ended", "bold"), f": {window}{market}"),
        Text.assemble(pace, " · ", (restarts, "yellow" if summary.restarts else "")),
        Text(),
        _symbols(summary),
        Text(),
        *([_strategies(summary), Text()] if summary.strategies else []),
        Text.assemble((f"{words.number(summary.total_rows)} rows", "bold"), f" in {summary.lake}"),
        Text(f"logs and health in {summary.data}", style="dim"),
    )


def _symbols(summary: Summary) -> RenderableType:
    table = grid("symbol", ">rows", ">slots", ">complete", ">partial", ">missed", ">answered")
    for row in summary.symbols:
        table.add_row(
            Text(row.symbol, style="bold"),
            words.number(row.rows),
            words.number(row.complete + row.partial + row.missed),
            words.number(row.complete),
            Text(words.number(row.partial), style="yellow" if row.partial else "dim"),
            Text(words.number(row.missed), style="red" if row.missed else "dim"),
            words.percent(row.answered),
        )
    return table


def _strategies(summary: Summary) -> RenderableType:
    table = grid("strategy", ">polls", ">closed", ">open", ">net $", "trades and vetoes")
    for row in summary.strategies:
        vetoes = (Text(f"{count} x {veto}", style="dim") for veto, count in row.vetoes)
        still_open = sum(trade.open for trade in row.trades)
        table.add_row(
            Text(row.name, style="bold"),
            words.number(row.polls),
            str(len(row.trades) - still_open),
            str(still_open),
            dollars(row.net),
            Text("\n").join([*map(_trade, row.trades), *vetoes]),
        )
    return table


def _trade(trade: TradeSummary) -> Text:
    if trade.open:
        return Text.assemble(("open ", "bold"), trade.condor)
    return Text.assemble(f"{trade.condor}: ", dollars(trade.net))
