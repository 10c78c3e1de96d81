"""IB's truth taken into the logs: what was missed, what never arrived, what expired, and what nobody can explain."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from desk.market.contracts import settlement
from desk.orders.account import Account, each_holding
from desk.orders.edge import Edge
from desk.orders.expiry import Levels
from desk.orders.inquiry import Inquiry
from desk.orders.ledger import total
from desk.orders.reconcile import Watch, differences
from desk.orders.settling import expired, settled
from desk.orders.worker import Worker
from messages.contract import Contract
from messages.orders import Held, Holding, Truth

REMEDY = "what to do: docs/orders.md, When positions differ"


class Reconciler:
    """Takes truths for all accounts; see `Inquiry` for when they are asked for.

    `foreign` are working orders of others, as of the last truth with orders.
    """

    def __init__(
        self,
        edge: Edge,
        accounts: Mapping[str, Account],
        worker: Worker,
        inquiry: Inquiry,
        watch: Watch,
        levels: Levels,
    ) -> None:
        self._edge = edge
        self._accounts = accounts
        self._worker = worker
        self._inquiry = inquiry
        self._watch = watch
        self._levels = levels
        self.foreign: tuple[str, ...] = ()
        self._positions: tuple[Held, ...] = ()

    def take(self, truth: Truth) -> None:
        """Take an answer, if it counts: executions first, so that orders end with their fills known."""
        answer = self._inquiry.take(truth)
        if answer is None:
            return
        for row in truth.executed:
            self._worker.executed(row)
        for charge in truth.charged:
            self._worker.charged(charge)
        for news in truth.told:
            self._worker.told(news)
        self._positions = truth.positions
        self._settle_expired()
        self._compare(first=answer.first)
        if answer.orders:
            self.foreign = truth.foreign
        if answer.first:
            self._end_the_lost({news.order_id for news in truth.told}, answer.at)
            self._inquiry.reconciled = True
            self._edge.log.info("reconciled", connection=truth.connection, unexplained=self.unexplained)

    @property
    def unexplained(self) -> list[str]:
        """What IB has and the ledgers do not explain, or the other way round."""
        strangers = [
            f"execution {row.exec_id} of order {row.order_id!r}: {row.quantity} of {row.con_id} at {row.price:g}"
            for row in self._worker.strangers.values()
        ]
        return [str(each) for each in self._watch.unexplained] + strangers

    def held(self) -> list[tuple[Account, Holding]]:
        """Return open positions that still trade, with their owners."""
        now = self._edge.now()
        return [(a, h) for a, h in self._holdings() if settlement(h.condor.short_put) > now]

    def legs(self, *, settled: bool) -> list[Contract]:
        """Return one leg of every open position, or only of those that have settled."""
        now = self._edge.now()
        legs = [holding.condor.short_put for _, holding in self._holdings()]
        return [leg for leg in legs if not settled or settlement(leg) <= now]

    def _end_the_lost(self, known: set[str], asked: float) -> None:
        """End orders that IB has never heard of, unless they were sent after it was asked."""
        for account in self._accounts.values():
            for order_id, e in tuple(account.executions.items()):
                if order_id not in known and e.sent <= asked:
                    self._worker.lost(account, e)

    def _compare(self, *, first: bool) -> None:
        ours = total(account.ledger for account in self._accounts.values())
        legs = {con_id: (leg.contract, leg.quantity) for con_id, leg in ours.items()}
        gone = frozenset(leg.con_id for _, h in self._holdings() if self._may_be_gone(h) for leg in h.condor.legs)
        before = self._watch.unexplained
        self._watch.look(differences(legs, self._positions, gone), self._worker.executions, first=first)
        now = self._watch.unexplained
        if now and now != before:
            self._edge.log.error("positions differ", unexplained=[str(each) for each in now], remedy=REMEDY)
        elif before and not now:
            self._edge.log.info("positions agree again")
        if self._watch.doubtful or (first and self._watch.unexplained):
            self._inquiry.soon()

    def _settle_expired(self) -> None:
        """Close what has expired and IB no longer holds, once the level at which it settled is known."""
        with_ib = {held.contract.con_id for held in self._positions if held.quantity}
        for account, holding in tuple(self._holdings()):
            level = self._levels.of(holding.condor.short_put)
            if level is None or any(leg.con_id in with_ib for leg in holding.condor.legs):
                continue
            if self._may_be_gone(holding):
                line = settled(holding, level, self._edge.now())
                account.record(line)
                self._edge.log.info("settled", position=holding.position, level=level, price=line.price)

    def _may_be_gone(self, holding: Holding) -> bool:
        """Whether IB may no longer hold the legs, nor anything in their place: expired, and not into shares."""
        now, leg = self._edge.now(), holding.condor.short_put
        if settlement(leg) > now:
            return False
        level = self._levels.of(leg)
        return expired(holding, now) or level is None or _worthless(holding, level)

    def _holdings(self) -> Iterator[tuple[Account, Holding]]:
        return each_holding(self._accounts.values())


def _worthless(holding: Holding, level: float) -> bool:
    """Whether every leg expired without value: then nothing was exercised or assigned, whatever it was on."""
    return holding.condor.short_put.strike <= level <= holding.condor.short_call.strike
