"""Closing positions: never two orders for one position at a time, and never more than is held (F7, F8, F9, F12)."""

from __future__ import annotations

from collections.abc import Iterable

from desk.orders.account import Account, each_holding, legs_of
from desk.orders.edge import Edge
from desk.orders.encoding import combo_tick, net, price
from desk.orders.errors import JournalRefusedError
from desk.orders.execution import Next
from desk.orders.lines import RiskLine
from desk.orders.reconcile import Watch
from desk.orders.worker import Worker
from messages.contract import Quote
from messages.orders import Action, Condor, Exit, Holding, Order, Veto

_AGAIN = 30.0
"""Market seconds between two attempts of the kill switch to close one position."""


class Exits:
    """Makes closing orders of wishes, of ladders that have come to their end, and of the kill switch.

    Neither limits nor a halt refuse an exit. What does: something closes the position already, it is not open, or IB
    holds less of its legs than the ledgers say, so that closing would open the opposite.
    """

    def __init__(self, edge: Edge, worker: Worker, watch: Watch) -> None:
        self._edge = edge
        self._worker = worker
        self._watch = watch
        self._tried: dict[str, float] = {}

    def wish(
        self, account: Account, wish: Exit, risks: tuple[RiskLine, ...] = (), quotes: Iterable[Quote] = ()
    ) -> Veto | None:
        """Close a position, and write the red lines that led to it; return why not.

        A market order for a position that a limit order is closing takes the place of that, once it is cancelled.
        """
        holding = account.holding(wish.position)
        if holding is None or wish.quantity < 1:
            return Veto("held", f"{wish.quantity} of {wish.position} cannot be closed: not open")
        if account.closing(wish.position):
            return self._urge(account, wish, holding, risks)
        return self._close(account, holding, wish, risks, quotes)

    def pursue(self, account: Account) -> None:
        """Send the market orders that cancelled ones have made room for."""
        for position, then in tuple(account.next.items()):
            if account.orders(position, Action.CLOSE):
                continue
            holding, risks = account.holding(position), account.risks.get(position, ())
            quantity = holding.quantity - then.target if holding and then.target is not None else 0
            if holding is None or quantity < 1:
                account.record(*risks)
                veto = None
            else:
                veto = self._close(account, holding, Exit(position, quantity, then.reason), risks)
            if veto is None or veto.name != "disk":
                account.next.pop(position, None)
                account.risks.pop(position, None)

    def flatten(self, accounts: Iterable[Account], reason: str) -> None:
        """Close everything that is open at market."""
        for account, holding in tuple(each_holding(accounts)):
            closings = account.orders(holding.position, Action.CLOSE)
            urgent = not any(e.cancelling or e.limit is None for e in closings) and holding.position not in account.next
            if urgent and self._edge.now() - self._tried.get(holding.position, float("-inf")) >= _AGAIN:
                self._tried[holding.position] = self._edge.now()
                veto = self.wish(account, Exit(holding.position, holding.quantity, reason))
                if veto is not None:
                    self._edge.log.error("not flattened", position=holding.position, veto=veto.text)

    def _urge(self, account: Account, wish: Exit, holding: Holding, risks: tuple[RiskLine, ...]) -> Veto | None:
        working = account.orders(wish.position, Action.CLOSE)
        patient = [e for e in working if e.limit is not None and not e.over and not e.cancelling]
        if wish.limit is not None or len(patient) != 1 or len(working) != 1:
            return Veto("closing", f"an order closes {wish.position} already")
        account.risks[wish.position] = risks  # not yet: a crash before the market order must not leave them alone
        target = max(0, holding.quantity - wish.quantity)
        self._worker.stop(
            account, patient[0], f"{wish.reason}: a market order takes its place", Next(wish.reason, target)
        )
        return None

    def _close(
        self,
        account: Account,
        holding: Holding,
        wish: Exit,
        risks: tuple[RiskLine, ...] = (),
        quotes: Iterable[Quote] = (),
    ) -> Veto | None:
        if lacking := self._watch.lacking(legs_of(holding)):
            text = f"IB holds less than the ledger: {'; '.join(map(str, lacking))}"
            return Veto("unexplained", f"{text}. If it was closed elsewhere, stop the desk and `settle` it")
        try:
            order = self._order(account, holding, wish)
        except ValueError as error:
            return Veto("price", str(error))
        for opening in account.orders(holding.position, Action.OPEN):
            self._worker.stop(account, opening, "its position is being closed")
        try:
            self._worker.begin(account, order, *risks, quotes=quotes)
        except JournalRefusedError as error:
            return Veto("disk", str(error))
        return None

    def _order(self, account: Account, holding: Holding, wish: Exit) -> Order:
        now = self._edge.now()
        return Order(
            order_id=account.new_id(now),
            strategy=account.strategy,
            position=holding.position,
            action=Action.CLOSE,
            condor=holding.condor,
            quantity=min(wish.quantity, holding.quantity),
            limit=_on_tick(wish.limit, holding.condor),
            worst=None if wish.limit is None else _on_tick(wish.worst, holding.condor),
            reason=wish.reason,
            at=now,
            then_market=wish.then_market,
        )


def _on_tick(debit: float | None, condor: Condor) -> float | None:
    return None if debit is None else price(Action.CLOSE, net(Action.CLOSE, debit, combo_tick(condor)))
