"""`settle`: a position that was closed outside of the desk, written into its log, so that the two agree again."""

from __future__ import annotations

import math
import sys
from collections.abc import Iterable
from dataclasses import dataclass, replace
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
from desk.orders.lines import HAND, Line, SettledLine
from desk.orders.position import Position
from messages.orders import Holding


@dataclass(frozen=True, slots=True)
class Closed:
    """What was closed elsewhere: so many spreads (None: all that is left) at a debit per share, and its commission."""

    position: str
    price: float
    quantity: int | None = None
    commission: float = 0.0


@dataclass(frozen=True, slots=True)
class _Log:
    journal: Journal
    ledger: Ledger


def settle_position(closed: Closed, config: Path, data: Path | None, *, as_json: bool) -> int:
    """Write it down; the desk that owns the log must be stopped. `RefusedError` when it cannot have been like that."""
    folder, names = _logs(config, data)
    with Journals(folder) as journals:
        logs = [_log(journals, name) for name in names]
        held = {holding.position: (log, holding) for log in logs for holding in log.ledger.holdings}
        log, holding = held[one_of("open position", closed.position, held)]
        _write(log, _line(closed, log, holding, _now(folder.parent)), as_json=as_json)
    return 0


def take_back(position: str, config: Path, data: Path | None, *, as_json: bool) -> int:
    """Write down that what was written down last about a position was a mistake. `RefusedError` when nothing was."""
    folder, names = _logs(config, data)
    with Journals(folder) as journals:
        logs = [_log(journals, name) for name in names]
        told = {name: (log, line) for log in logs for name, line in _by_hand(log.journal.lines).items()}
        log, line = told[one_of("position settled by hand", position, told)]
        undone = replace(line, quantity=-line.quantity, commission=-line.commission, at=_now(folder.parent))
        _write(log, undone, as_json=as_json)
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


def _log(journals: Journals, name: str) -> _Log:
    journal = journals.open(name)
    return _Log(journal, Ledger.of(name, journal.lines))


def _by_hand(lines: Iterable[Line]) -> dict[str, SettledLine]:
    """What was written down last about each position, and has not been taken back."""
    standing: dict[str, list[SettledLine]] = {}
    for line in lines:
        if isinstance(line, SettledLine) and line.by == HAND:
            told = standing.setdefault(line.position, [])
            if line.quantity > 0:
                told.append(line)
            else:
                told.pop()
    return {position: told[-1] for position, told in standing.items() if told}


def _line(closed: Closed, log: _Log, holding: Holding, now: float) -> SettledLine:
    quantity = holding.quantity if closed.quantity is None else closed.quantity
    if not 1 <= quantity <= holding.quantity:
        raise RefusedError(f"--quantity {quantity}: {holding.quantity} of {holding.position} are open")
    if not 0 <= closed.price <= holding.condor.width:
        text = f"a debit per share, from 0 to the width of its wings, {holding.condor.width:g}"
        raise RefusedError(f"price {closed.price:g}: expected {text}")
    if not (math.isfinite(closed.commission) and closed.commission >= 0):
        raise RefusedError(f"--commission {closed.commission:g}: expected dollars for all of it, 0 or more")
    for order in log.ledger.working:
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


def _write(log: _Log, line: SettledLine, *, as_json: bool) -> None:
    position = log.ledger.positions[line.position]
    before = _net(position)
    log.journal.append(line)
    log.ledger.apply(line)
    left, net = position.quantity, round(_net(position) - before, 2)
    if as_json:
        told = {"strategy": log.ledger.strategy, "position": line.position, "quantity": line.quantity, "left": left}
        sys.stdout.write(to_json({**told, "price": line.price, "commission": line.commission, "net": net}) + "\n")
        return
    done = f"{line.quantity} closed" if line.quantity > 0 else f"{-line.quantity} not closed after all"
    _say(f"{line.position}: {done} at {line.price:.2f}, {net:+,.2f} dollars with commissions; {left} left.")
    _say("Nothing was sent. The next start of the desk compares its logs with IB.")


def _net(position: Position) -> float:
    return sum(gain.net.amount for gain in position.gains)


def _say(text: str) -> None:
    Console().print(text, soft_wrap=True, markup=False, highlight=False)
