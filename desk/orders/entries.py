"""Opening positions: asked for, weighed against the limits and the account's margin, and only then written and sent."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from desk.market.calendar import exchange_date
from desk.market.contracts import settlement
from desk.orders import limits as limits_of
from desk.orders.account import Account, each_holding
from desk.orders.edge import BROKER, Edge
from desk.orders.encoding import check, combo_tick, net, price
from desk.orders.errors import JournalRefusedError
from desk.orders.execution import Execution
from desk.orders.limits import Exposure, Limits
from desk.orders.money import PerShare, max_loss, worth
from desk.orders.reconcile import Watch
from desk.orders.recorder import Recorder
from desk.orders.valuation import debit
from desk.orders.worker import Worker
from messages.contract import Quote
from messages.orders import Action, Condor, Enter, Margin, MarginWanted, Order, Veto, Wishes

_ANSWER = 10.0
"""Market seconds that IB has for a what-if."""


@dataclass(frozen=True, slots=True)
class _Asked:
    account: Account
    order: Order
    deadline: float
    quotes: tuple[Quote, ...]


class Entries:
    """Decides on wishes to open, over all accounts.

    `closed` says why nothing may be entered at all, `alarm` halts the desk. Two legs of different strategies that net
    at IB are no obstacle: the ledgers' sum nets as well, so closing either leaves what the other owns (F13).

    A day that has lost enough takes no more entries even if its losses on paper pass; a restart weighs it anew.
    """

    def __init__(
        self,
        edge: Edge,
        accounts: Mapping[str, Account],
        worker: Worker,
        recorder: Recorder,
        watch: Watch,
        limits: Limits,
        lifetime: float,
        closed: Callable[[], Veto | None],
        alarm: Callable[[str], None],
    ) -> None:
        self._edge = edge
        self._accounts = accounts
        self._worker = worker
        self._recorder = recorder
        self._watch = watch
        self._limits = limits
        self._lifetime = lifetime
        self._closed = closed
        self._alarm = alarm
        self._asked: dict[str, _Asked] = {}
        self._lost: date | None = None

    @property
    def due(self) -> float:
        """When the oldest question for a margin is too old."""
        return min((asked.deadline for asked in self._asked.values()), default=float("inf"))

    def asked(self, account: Account) -> list[Order]:
        """Return an account's entries whose margin is being asked for."""
        return [each.order for each in self._asked.values() if each.account is account]

    def wish(self, account: Account, wish: Enter, wishes: Wishes) -> Veto | None:
        """Ask for the margin of an entry, or return why it is not to be."""
        try:
            order = self._order(account, wish)
        except ValueError as error:
            return Veto("order", str(error))
        if veto := next(self._vetoes(account, order), None):
            return veto
        correlation = f"{self._edge.name} margin {order.order_id}"
        deadline = min(wishes.deadline, self._edge.now() + _ANSWER)
        self._asked[correlation] = _Asked(account, order, deadline, wishes.quotes)
        self._edge.tell(BROKER, MarginWanted(self._edge.name, correlation, order, deadline))
        return None

    def margin(self, margin: Margin) -> None:
        """Send an entry whose what-if came in time and allows it; conditions that held before must hold still."""
        asked = self._asked.pop(margin.correlation, None)
        if asked is None:
            return
        veto = self._weighed(asked, margin)
        if veto is None:
            try:
                self._worker.begin(asked.account, asked.order, quotes=asked.quotes)
            except JournalRefusedError as error:
                veto = Veto("disk", str(error))
        if veto is not None:
            self._refuse(asked, veto)

    def wake(self) -> None:
        """Refuse entries whose margin was not told in time."""
        for correlation in [name for name, asked in self._asked.items() if self._edge.now() >= asked.deadline]:
            self._refuse(self._asked.pop(correlation), Veto("margin", "the margin was not told in time"))

    def drop(self, veto: Veto) -> None:
        """Refuse every entry whose margin is being asked for."""
        while self._asked:
            self._refuse(self._asked.popitem()[1], veto)

    def exposure(self, without: Order | None = None) -> Exposure:
        """Return where all accounts together stand, with entries on their way."""
        holdings = list(each_holding(self._accounts.values()))
        risk = sum(max_loss(h.condor, PerShare(h.credit), h.quantity).amount for _, h in holdings)
        openings = [(e.order, e.remaining) for e in self._openings()]
        openings += [(a.order, a.order.quantity) for a in self._asked.values() if a.order is not without]
        risk += sum(_risk(order, quantity) for order, quantity in openings)
        condors = {h.position for _, h in holdings} | {order.position for order, _ in openings}
        return Exposure(risk, len(condors), self.day())

    def day(self) -> float | None:
        """Return the exchange day's profit or loss in dollars, None while an open position's mark is not known."""
        now = self._edge.now()
        total = sum(a.ledger.realised(exchange_date(now)).amount for a in self._accounts.values())
        for _, holding in each_holding(self._accounts.values()):
            if settlement(holding.condor.short_put) <= now:
                continue  # its value is fixed and will be realised
            cost = debit(holding.condor, self._recorder.quotes, now)
            if cost is None:
                return None
            total += worth(holding.condor, PerShare(holding.credit) - PerShare(cost), holding.quantity).amount
        return total

    def _order(self, account: Account, wish: Enter) -> Order:
        check(wish.condor)
        if wish.quantity < 1:
            raise ValueError(f"{wish.quantity} condors cannot be opened")
        now = self._edge.now()
        order_id = account.new_id(now)
        return Order(
            order_id=order_id,
            strategy=account.strategy,
            position=order_id,
            action=Action.OPEN,
            condor=wish.condor,
            quantity=wish.quantity,
            limit=_on_tick(wish.limit, wish.condor),
            worst=_on_tick(wish.worst, wish.condor),
            reason=wish.reason,
            at=now,
            good_till=float(math.ceil(now + self._lifetime)),
        )

    def _weighed(self, asked: _Asked, margin: Margin) -> Veto | None:
        if self._edge.now() > asked.deadline:
            return Veto("deadline", "the margin was told too late")
        if veto := next(self._vetoes(asked.account, asked.order), None):
            return veto
        if veto := limits_of.margin_veto(margin):
            return veto
        order = asked.order
        widest = worth(order.condor, PerShare(order.condor.width), order.quantity).amount
        veto = limits_of.encoding_veto(margin, widest)
        if veto is not None and not self._nets(order):
            self._alarm(f"{order.order_id}: {veto.text}: {dict(veto.numbers)}")
            return veto
        return None

    def _vetoes(self, account: Account, order: Order) -> Iterator[Veto]:
        if veto := self._closed():
            yield veto
        if found := self._watch.quarantined(order.condor.short_put.symbol):
            yield Veto("unexplained", "; ".join(map(str, found)))
        if account.troubles:
            yield Veto("ledger", "; ".join(account.troubles))
        if account.doubtful():
            yield Veto("unknown", "it is not known what became of another entry")
        exposure = self.exposure(without=order)
        today = exchange_date(self._edge.now())
        if limits_of.lost(self._limits, exposure):
            self._lost = today
        elif self._lost == today:
            yield Veto("max_daily_loss", "the day has lost enough: entries have stopped until the next")
        yield from limits_of.vetoes(self._limits, exposure, _risk(order, order.quantity))

    def _nets(self, order: Order) -> bool:
        """Whether other positions or entries of that expiry share the margin with this one."""
        others = [h.condor for _, h in each_holding(self._accounts.values())]
        others += [e.order.condor for e in self._openings()]
        return any(_pool(condor) == _pool(order.condor) for condor in others)

    def _openings(self) -> Iterator[Execution]:
        for account in self._accounts.values():
            yield from (e for e in account.executions.values() if e.order.action is Action.OPEN)

    def _refuse(self, asked: _Asked, veto: Veto) -> None:
        asked.account.refused += (veto,)
        self._edge.log.warning("entry refused", order=asked.order.order_id, veto=veto.name, text=veto.text)


def _risk(order: Order, quantity: int) -> float:
    """The most that so many spreads of an entry may lose, filled at its worst price."""
    credit = order.limit if order.worst is None else order.worst
    return max_loss(order.condor, PerShare(credit or 0.0), quantity).amount


def _on_tick(credit: float, condor: Condor) -> float:
    return price(Action.OPEN, net(Action.OPEN, credit, combo_tick(condor)))


def _pool(condor: Condor) -> tuple[str, float]:
    return condor.short_put.symbol, settlement(condor.short_put)
