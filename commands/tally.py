"""What a day in virtual time came to: slots, orders, fills, profit, and whether the account is explained."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from commands.virtual import VirtualDesk
from desk.lake.audit import AuditReport, audit
from desk.market.calendar import exchange_date, session
from desk.orders.journal import TRADES, read
from desk.orders.ledger import Ledger, total
from desk.orders.lines import FillLine, Line, OrderLine

_PAGE = 4096


@dataclass(frozen=True, slots=True)
class Day:
    """One session.

    Of `slots` due, `holes` names those whose ledger entry is not there or does not fit its rows. `orders` were sent and
    `fills` made on that day, `realised` is in dollars, commissions deducted; `open` positions remain. `unexplained`
    names what the gateway holds and no strategy's log explains, or the other way round. `memory` is the process's, in
    MiB, and `seconds` what the day took, both of the machine.
    """

    day: date
    slots: int
    complete: int
    partial: int
    missed: int
    holes: tuple[str, ...]
    orders: int
    fills: int
    realised: float
    open: int
    unexplained: tuple[str, ...]
    memory: float
    seconds: float

    @property
    def ok(self) -> bool:
        """Whether every slot is accounted for and every position explained."""
        return not self.holes and not self.unexplained


def tally(desk: VirtualDesk, day: date, seconds: float) -> Day:
    """Return what that session came to, once it is over and the lake has its rows."""
    logs = {folder.parent.name: read(folder.parent) for folder in sorted((desk.folder / "logs").glob(f"*/{TRADES}"))}
    ledgers = [Ledger.of(name, lines) for name, lines in logs.items()]
    slots = _slots(desk, day)
    lines = [line for each in logs.values() for line in each]
    return Day(
        day=day,
        slots=sum(each.expected for each in slots.symbols),
        complete=sum(each.complete for each in slots.symbols),
        partial=sum(each.partial for each in slots.symbols),
        missed=sum(each.missed for each in slots.symbols),
        holes=tuple(_holes(desk, slots)),
        orders=sum(isinstance(line, OrderLine) and _on(line, day) for line in lines),
        fills=sum(isinstance(line, FillLine) and _on(line, day) for line in lines),
        realised=round(sum(ledger.realised(day).amount for ledger in ledgers), 2),
        open=sum(len(ledger.holdings) for ledger in ledgers),
        unexplained=tuple(_unexplained(desk, ledgers)),
        memory=round(int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * _PAGE / 2**20, 1),
        seconds=round(seconds, 1),
    )


def _slots(desk: VirtualDesk, day: date) -> AuditReport:
    today = session(day)
    return audit(desk.lake.root, day, today.closes if today is not None else None)


def _holes(desk: VirtualDesk, report: AuditReport) -> Iterator[str]:
    for found in report.findings:
        yield f"{found.symbol} {found.cycle:%H:%M} UTC: {found.what}: {found.detail}"
    recorded = {each.symbol for each in desk.config.collectors} | {each.symbol for each in desk.config.futures}
    for symbol in sorted(recorded - {each.symbol for each in report.symbols}):
        yield f"{symbol}: the ledger has nothing of that day"


def _unexplained(desk: VirtualDesk, ledgers: list[Ledger]) -> Iterator[str]:
    owned, held = total(ledgers), desk.gateway.held()
    for con_id in sorted(owned.keys() | held.keys()):
        ours, theirs = owned[con_id].quantity if con_id in owned else 0, held.get(con_id, 0.0)
        if ours != theirs:
            yield f"contract {con_id}: the logs explain {ours:+d}, the account holds {theirs:+g}"
    for ledger in ledgers:
        yield from ledger.troubles


def _on(line: Line, day: date) -> bool:
    at = line.order.at if isinstance(line, OrderLine) else line.at if isinstance(line, FillLine) else 0.0
    return exchange_date(at) == day
