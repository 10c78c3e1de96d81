"""What a strategy's trades came to (SPEC E8), from the lines of its log.

A trade is a position that is closed for good, in one go or in parts, by orders or by its settlement. Positions that are
still open are counted aside with what closing parts of them has earned so far.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate

from desk.orders.ledger import Ledger
from desk.orders.lines import Line
from desk.orders.money import Dollars, PerShare, worth
from desk.orders.position import Position
from desk.orders.tracked import Tracked


@dataclass(frozen=True, slots=True)
class Trade:
    """A position from its opening to its end. `gross` is before commissions; `slippage` is a cost, positive if worse.

    `opened` and `closed` in epoch seconds, `quantity` in spreads, `credit` per share on average.
    """

    position: str
    opened: float
    closed: float
    quantity: int
    credit: PerShare
    gross: Dollars
    commission: Dollars
    slippage: Dollars

    @property
    def net(self) -> Dollars:
        """What the trade earned: (open fill - close fill) x multiplier x quantity - commissions."""
        return self.gross - self.commission


@dataclass(frozen=True, slots=True)
class Summary:
    """The figures of all trades, in dollars; shares of one. Without trades every figure is 0.

    A win earned something after commissions; every other trade is a loss. `max_win` is the best trade's net and
    `max_loss` the worst one's, negative, each 0 when there is none. `max_drawdown` is the deepest fall of the summed
    net, trade by trade as they closed, from its highest point so far (which is 0 at the start); positive.
    `open_positions` and what closing parts of them realised (`open_realised`) are in no other figure.
    """

    total_trades: int
    wins: int
    losses: int
    win_rate: float
    gross_pnl: float
    total_commission: float
    net_pnl: float
    avg_pnl: float
    max_win: float
    max_loss: float
    max_drawdown: float
    slippage: float
    open_positions: int
    open_realised: float


def summarise(strategy: str, lines: Iterable[Line]) -> Summary:
    """Return the summary of a strategy's lines."""
    ledger = Ledger.of(strategy, lines)
    return _summary(trades(ledger), [each for each in ledger.positions.values() if each.quantity > 0])


def trades(ledger: Ledger) -> list[Trade]:
    """Return the trades of a ledger in the order in which they closed."""
    found = [_trade(each, each.opening) for each in ledger.positions.values() if each.over and each.opening]
    return sorted(found, key=lambda trade: (trade.closed, trade.position))


def slippage(order: Tracked) -> Dollars:
    """Return what the order's fills cost against its first limit, negative when they were better; 0 at market."""
    limit, average = order.order.limit, order.average
    if limit is None or average is None:
        return Dollars(0.0)
    worse = PerShare(limit) - PerShare(average) if order.opening else PerShare(average) - PerShare(limit)
    return worth(order.order.condor, worse, order.filled)


def _trade(position: Position, opening: Tracked) -> Trade:
    gains = position.gains
    return Trade(
        position=position.name,
        opened=min(row.at for row in opening.bag),
        closed=gains[-1].at,
        quantity=position.opened,
        credit=PerShare(opening.average or 0.0),
        gross=sum((gain.gross for gain in gains), Dollars(0.0)),
        commission=sum((gain.commission for gain in gains), Dollars(0.0)),
        slippage=sum((slippage(order) for order in (opening, *position.closings)), Dollars(0.0)),
    )


def _summary(done: Sequence[Trade], still_open: Sequence[Position]) -> Summary:
    nets = [_cents([trade.net.amount]) for trade in done]
    wins = sum(net > 0 for net in nets)
    total = len(done)
    return Summary(
        total_trades=total,
        wins=wins,
        losses=total - wins,
        win_rate=wins / total if total else 0.0,
        gross_pnl=_cents(trade.gross.amount for trade in done),
        total_commission=_cents(trade.commission.amount for trade in done),
        net_pnl=_cents(nets),
        avg_pnl=_cents([sum(nets) / total]) if total else 0.0,
        max_win=_cents([max([0.0, *nets])]),
        max_loss=_cents([min([0.0, *nets])]),
        max_drawdown=_cents([_drawdown(nets)]),
        slippage=_cents(trade.slippage.amount for trade in done),
        open_positions=len(still_open),
        open_realised=_cents(gain.net.amount for each in still_open for gain in each.gains),
    )


def _drawdown(nets: Sequence[float]) -> float:
    curve = [0.0, *accumulate(nets)]
    return max(peak - value for peak, value in zip(accumulate(curve, max), curve, strict=True))


def _cents(amounts: Iterable[float]) -> float:
    """Sum, rounded to the hundredth of a cent: commissions have such parts, and more is decimal noise."""
    return round(sum(amounts), 4) + 0.0
