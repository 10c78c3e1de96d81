"""`settle`: a position that was closed outside of the desk, written into its log, so that the two agree again."""

from __future__ import annotations

import math
import sys
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from commands.errors import RefusedError
from commands.where import one_of, run_of
from desk.clock import RealClock
from desk.console.jsonable import to_json
from desk.console.trades import described, position_json
from desk.gateway.journal import Journal as GatewayJournal
from desk.orders.journal import TRADES, Journal, Journals, read
from desk.orders.ledger import Ledger
from desk.orders.lines import HAND, SettledLine
from messages.orders import Holding


@dataclass(frozen=True, slots=True)
class Closed:
    """What was closed elsewhere: so many spreads (None: all that is left) at a debit per share, and its commission."""

    position: str
    price: float
    quantity: int | None = None
    commission: float = 0.0


@dataclass(frozen=True, slots=True)
class _Open:
    journal: Journal
    ledger: Ledger
    holding: Holding


def settle_position(closed: Closed, config: Path, data: Path | None, *, as_json: bool) -> int:
    """Write it down; the desk that owns the log must be stopped. `RefusedError` when it cannot have been like that."""
    logs, names = _logs(config, data)
    with Journals(logs) as journals:
        held = {each.holding.position: each for name in names for each in _open(journals, name)}
        found = held[one_of("open position", closed.position, held)]
        line = _line(closed, found, _now(logs.parent))
        before = _net(found)
        found.journal.append(line)
        found.ledger.apply(line)
    _tell(found, line, round(_net(found) - before, 2), as_json=as_json)
    return 0


def list_open(config: Path, data: Path | None, *, as_json: bool) -> int:
    """Name the open positions; also while the desk runs."""
    logs, names = _logs(config, data)
    held = [(name, holding) for name in names for holding in Ledger.of(name, read(logs / name)).holdings]
    if as_json:
        sys.stdout.write(to_json([{"strategy": name, **position_json(holding)} for name, holding in held]) + "\n")
        return 0
    for _, holding in held:
        _say(f"{holding.position}  {described(holding)}")
    _say(
        f"{len(held)} open. Closed elsewhere? Stop the desk, then: settle POSITION PRICE" if held else "nothing is open"
    )
    return 0


def _logs(config: Path, data: Path | None) -> tuple[Path, list[str]]:
    """The folder of the latest run's logs, and the strategies that have one."""
    _, folder = run_of(config, data)
    names = sorted(path.parent.name for path in (folder / "logs").glob(f"*/{TRADES}"))
    if not names:
        raise RefusedError(f"no strategy has traded in {folder}; give the data folder with --data")
    return folder / "logs", names


def _open(journals: Journals, name: str) -> list[_Open]:
    journal = journals.open(name)
    ledger = Ledger.of(name, journal.lines)
    return [_Open(journal, ledger, holding) for holding in ledger.holdings]


def _line(closed: Closed, found: _Open, now: float) -> SettledLine:
    holding = found.holding
    quantity = holding.quantity if closed.quantity is None else closed.quantity
    if not 1 <= quantity <= holding.quantity:
        raise RefusedError(f"--quantity {quantity}: {holding.quantity} of {holding.position} are open")
    if not 0 <= closed.price <= holding.condor.width:
        text = f"a debit per share, from 0 to the width of its wings, {holding.condor.width:g}"
        raise RefusedError(f"price {closed.price:g}: expected {text}")
    if not (math.isfinite(closed.commission) and closed.commission >= 0):
        raise RefusedError(f"--commission {closed.commission:g}: expected dollars for all of it, 0 or more")
    for order in found.ledger.working:
        if order.order.position == holding.position:
            text = "let the desk run until it knows what became of it, stop it, and say this again"
            raise RefusedError(f"order {order.order.order_id} of that position has not ended in the log: {text}")
    return SettledLine(holding.position, quantity, closed.price, now, closed.commission, HAND)


def _now(folder: Path) -> float:
    """Market time: where the run on the paper gateway stopped, else the wall's."""
    try:
        kept = GatewayJournal.load(folder)
    except ValueError as error:
        raise RefusedError(f"{error}; it says at which market time this run stopped") from error
    return kept.market_time if kept else RealClock().time()


def _net(found: _Open) -> float:
    return sum(gain.net.amount for gain in found.ledger.positions[found.holding.position].gains)


def _tell(found: _Open, line: SettledLine, net: float, *, as_json: bool) -> None:
    left = found.holding.quantity - line.quantity
    if as_json:
        told = {"strategy": found.ledger.strategy, "position": line.position, "quantity": line.quantity, "left": left}
        sys.stdout.write(to_json({**told, "price": line.price, "commission": line.commission, "net": net}) + "\n")
        return
    earned = f"{net:+,.2f} dollars with commissions"
    _say(f"{line.position}: {line.quantity} closed at {line.price:.2f}, {earned}; {left} left.")
    _say("Nothing was sent. The next start of the desk compares its logs with IB.")


def _say(text: str) -> None:
    Console().print(text, soft_wrap=True, markup=False, highlight=False)
