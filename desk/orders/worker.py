"""Working orders: what `execution` wants done is done here, and what IB says is written down here."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from desk.orders import execution as order_of
from desk.orders.account import Account
from desk.orders.charges import PATIENCE
from desk.orders.edge import BROKER, Edge
from desk.orders.encoding import combo_tick, contradiction
from desk.orders.execution import Cancel, Effect, End, Execution, Next, Place, Reprice, Resolve, Step
from desk.orders.ladder import Pace
from desk.orders.lines import EndLine, ExecLine, Line, OrderLine, RiskLine
from desk.orders.recorder import Recorder
from messages.contract import Quote
from messages.orders import (
    Action,
    Breach,
    CancelOrder,
    Charged,
    Executed,
    Order,
    OrderState,
    OrderTold,
    PlaceOrder,
    ReplaceOrder,
)

_RED_LINE = "red_line"
"""The reason of an exit on a red line, as in `messages.orders.Exit`."""


class Worker:
    """Sends, reprices, cancels and ends the orders of all accounts.

    `resolve` asks IB for what it has counted and not told, `alarm` halts the desk with a reason. `executions` counts
    all executions taken; `strangers` are those whose order no log knows, by exec_id.
    """

    def __init__(
        self,
        edge: Edge,
        accounts: Mapping[str, Account],
        recorder: Recorder,
        pace: Pace,
        resolve: Callable[[], None],
        alarm: Callable[[str], None],
    ) -> None:
        self.executions = 0
        self.strangers: dict[str, Executed] = {}
        self._edge = edge
        self._accounts = accounts
        self._recorder = recorder
        self._pace = pace
        self._resolve = resolve
        self._alarm = alarm

    def begin(self, account: Account, order: Order, *with_it: Line, quotes: Iterable[Quote] = ()) -> None:
        """Write an order, and the lines that belong to it, and send it. Raises JournalRefusedError: nothing is sent."""
        self._edge.boundary("before-intent", order.order_id)
        account.commit(OrderLine(order), *with_it)
        self._edge.boundary("after-intent", order.order_id)
        e = self._step(account, order_of.begin(Execution(order), self._edge.now()))
        self._recorder.rung(e, quotes)

    def stop(self, account: Account, e: Execution, why: str, then: Next | None = None) -> None:
        """Cancel an order, and have another take its place."""
        self._step(account, order_of.stop(e, self._edge.now(), self._pace, then, why))

    def told(self, news: OrderTold) -> None:
        """Take IB's word on an order; one that no log knows is not ours to touch."""
        account = self._owner(news.order_id)
        e = account.execution(news.order_id) if account else None
        if account is None or e is None:
            self._edge.log.warning("news of an order that no log knows", order=news.order_id, state=news.state)
            return
        self._step(account, order_of.told(e, news, self._edge.now(), self._pace))
        if news.state is OrderState.WORKING and e.state is not OrderState.WORKING:
            self._edge.boundary("after-acknowledgement", news.order_id)

    def lost(self, account: Account, e: Execution) -> None:
        """Take an order that IB, asked for everything, has never heard of."""
        self._step(account, order_of.lost(e, self._edge.now()))

    def executed(self, row: Executed) -> None:
        """Take an execution: once, whoever repeats it."""
        account = self._owner(row.order_id)
        if account is None:
            if row.exec_id not in self.strangers:
                self._edge.log.error("an execution that no log explains", execution=row)
            self.strangers[row.exec_id] = row
            return
        tracked, e = account.ledger.orders[row.order_id], account.execution(row.order_id)
        known = tracked.rows.get(row.exec_id)
        if e is None or (known is not None and row.revision <= known.revision):
            return
        self.executions += 1
        account.record(ExecLine(tracked.order.action, row))
        if wrong := contradiction(tracked.order, row):
            self._alarm(f"{row.order_id}: {wrong}")
        if row.con_id:
            self._recorder.moved(tracked.order, row)
        else:
            self._edge.log.info("fill", order=row.order_id, quantity=row.quantity, price=tracked.price(row))
        if row.con_id == 0:
            whole = tracked.filled >= tracked.order.quantity
            self._edge.boundary("after-fill" if whole else "between-fills", row.order_id)
            self._step(account, order_of.executed(e, tracked.filled))

    def charged(self, charge: Charged) -> None:
        """Take a commission."""
        account = self._owner(charge.order_id)
        if account is not None:
            account.charges.told(charge)

    def walk(self) -> None:
        """Do what is due on orders; only while the session is up and reconciled."""
        now = self._edge.now()
        for account in self._accounts.values():
            for e in tuple(account.executions.values()):
                self._step(account, order_of.tick(e, now, self._pace, combo_tick(e.order.condor)))

    def conclude(self) -> None:
        """Write the lines of fills whose commissions are known, or have been waited for long enough."""
        for account in self._accounts.values():
            if lines := account.charges.due(account.ledger, self._edge.now()):
                account.record(*lines)

    @property
    def walk_due(self) -> float:
        """When an order has something due."""
        orders = (e for account in self._accounts.values() for e in account.executions.values())
        return min((order_of.next_due(e, self._pace) for e in orders), default=float("inf"))

    @property
    def conclude_due(self) -> float:
        """When a fill has waited long enough."""
        unpaired = (pair for account in self._accounts.values() for pair in account.ledger.unpaired)
        return min((tracked.done(fill).at + PATIENCE for tracked, fill in unpaired), default=float("inf"))

    def _owner(self, order_id: str) -> Account | None:
        return next((each for each in self._accounts.values() if order_id in each.ledger.orders), None)

    def _step(self, account: Account, step: Step) -> Execution:
        e, effects = step
        account.keep(e)
        for effect in effects:
            self._do(account, e, effect)
        return e

    def _do(self, account: Account, e: Execution, effect: Effect) -> None:
        me, order_id = self._edge.name, e.order.order_id
        match effect:
            case Place(order):
                self._edge.tell(BROKER, PlaceOrder(me, order))
                self._edge.log.info("order sent", **_described(order))
                self._edge.boundary("after-send", order_id)
            case Reprice(limit, again):
                self._edge.tell(BROKER, ReplaceOrder(me, order_id, limit))
                if not again:
                    self._recorder.rung(e)
            case Cancel():
                self._edge.tell(BROKER, CancelOrder(me, order_id))
            case Resolve():
                self._resolve()
            case End():
                self._end(account, e, effect)

    def _end(self, account: Account, e: Execution, end: End) -> None:
        order = e.order
        account.record(EndLine(order.order_id, end.state, end.filled, self._edge.now(), end.code, end.text))
        facts = {"order": order.order_id, "state": end.state.value, "filled": end.filled, "of": order.quantity}
        self._edge.log.info("order ended", **facts, code=end.code, text=end.text)
        if end.then is not None and (holding := account.holding(order.position)) is not None:
            left = holding.quantity - e.remaining if end.then.target is None else end.then.target
            account.next[order.position] = Next(end.then.reason, max(0, left))
        elif order.action is Action.CLOSE:
            account.risks.pop(order.position, None)
            self._rearm(account, e)
        self._edge.boundary("after-end", order.order_id)

    def _rearm(self, account: Account, e: Execution) -> None:
        """Take back the red lines that an order was to act on and did not: each breach acts once, not never."""
        position = e.order.position
        if e.order.reason == _RED_LINE and not e.filled:
            crossed = sorted(line for name, line in account.ledger.breaches if name == position)
            now = self._edge.now()
            account.record(*(RiskLine(Breach(position, line, active=False), now) for line in crossed))


def _described(order: Order) -> dict[str, object]:
    legs = sorted(order.condor.legs, key=lambda leg: (leg.strike, leg.right))
    return {
        "order": order.order_id,
        "action": order.action.value,
        "quantity": order.quantity,
        "limit": order.limit,
        "expiry": legs[0].expiry,
        "strikes": [leg.strike for leg in legs],
        "reason": order.reason,
    }
