"""What the trader asks of IB about orders: the margin of one that is not placed, and the whole truth."""

from __future__ import annotations

import asyncio
import math
from typing import Any

from ib_async import Contract as IBContract
from ib_async import OrderState as IBOrderState
from ib_async.client import Client
from ib_async.util import UNSET_DOUBLE

from desk.clock import LoopTimers
from desk.ib.convert import from_ib
from desk.ib.errors import BrokerError, Refused
from desk.ib.orders import bag
from desk.ib.orders.gate import Gate
from desk.ib.orders.lists import Lists
from desk.ib.orders.looking import Looking
from desk.ib.orders.records import Records
from desk.ib.session import Session
from messages.market import Priority
from messages.orders import Held, Margin, MarginWanted, Truth, TruthWanted

_NOT_ACCEPTED = "NOT ACCEPTED"
"""What IB writes into the warning of a what-if whose order it would reject."""


class Asking:
    """Every request ends by its deadline, with an answer or the reason why there is none."""

    def __init__(
        self,
        session: Session,
        lists: Lists,
        timers: LoopTimers,
        records: Records,
        looking: Looking,
        gate: Gate,
    ) -> None:
        self._session = session
        self._lists = lists
        self._timers = timers
        self._records = records
        self._looking = looking
        self._gate = gate
        self._held: dict[tuple[str, int], Held] = {}

    async def margin(self, wanted: MarginWanted) -> Margin:
        """Ask what an order would do to the account; nothing is placed."""
        order = wanted.order
        try:
            account, refusal = self._gate.destination(self._session.accounts)
            if refusal:
                raise Refused("not asked", refusal)
            contract, terms = bag.contract(order), bag.terms(order, order.limit, account)
            terms.whatIf = True

            def send(client: Client, number: int) -> None:
                client.placeOrder(number, contract, terms)

            state: IBOrderState = await self._session.ask(send, Priority.ENTRY, wanted.deadline)
            return _margin(wanted.correlation, state)
        except (BrokerError, ValueError) as error:
            return Margin(wanted.correlation, error=str(error))

    async def truth(self, wanted: TruthWanted) -> Truth:
        """Ask for positions and, if wanted, for every order and execution that IB still knows."""
        connection = self._session.connection
        questions = [self._positions(wanted.deadline)]
        if wanted.orders:
            questions.append(self._looking.look(wanted.deadline))
        try:
            await asyncio.gather(*questions)
            account, refusal = self._gate.destination(self._session.accounts)
            if not account:
                raise Refused("not asked", refusal)
        except BrokerError as error:
            return Truth(wanted.correlation, connection, self._timers.clock.time(), error=str(error))
        return self._truth(wanted, connection, account)

    def held(self, account: str, contract: IBContract, quantity: float, average_cost: float) -> None:
        """Take in a position; one of 0 is none."""
        key = account, contract.conId
        self._held.pop(key, None)
        if quantity:
            self._held[key] = Held(from_ib(contract, "SMART"), quantity, average_cost)

    async def _positions(self, deadline: float) -> None:
        def send(client: Client) -> None:
            self._held.clear()
            client.reqPositions()

        await self._lists.ask("positions", send, deadline)

    def _truth(self, wanted: TruthWanted, connection: int, account: str) -> Truth:
        now = self._timers.clock.time()
        positions = tuple(held for (owner, _), held in self._held.items() if owner == account)
        if not wanted.orders:
            return Truth(wanted.correlation, connection, now, account, positions)
        told = tuple(record.telling(now) for record in self._records if record.state is not None)
        return Truth(
            wanted.correlation,
            connection,
            now,
            account,
            positions,
            told,
            self._records.executed,
            self._records.charged,
            self._looking.foreign,
        )


def _margin(correlation: str, state: IBOrderState) -> Margin:
    change, after, equity = (
        _number(text) for text in (state.initMarginChange, state.initMarginAfter, state.equityWithLoanAfter)
    )
    if change is None or after is None or equity is None:
        return Margin(correlation, error="IB gave no margin")
    if _NOT_ACCEPTED in state.warningText.upper():
        return Margin(correlation, error=state.warningText)
    return Margin(correlation, change, after, equity, _number(state.commission))


def _number(value: Any) -> float | None:
    """Read one of IB's figures; None when it is unset."""
    try:
        found = float(value)
    except (TypeError, ValueError):
        return None
    return found if math.isfinite(found) and abs(found) < UNSET_DOUBLE else None
