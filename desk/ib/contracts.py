"""What is listed: underlyings, expiries and whole expiries of options, asked once per exchange day."""

from __future__ import annotations

from collections.abc import Sequence

from ib_async import ContractDetails, OptionChain

from desk.clock import Clock
from desk.ib.convert import from_ib, to_ib
from desk.ib.errors import NoSuchContract
from desk.ib.memo import Memo
from desk.ib.session import Session
from desk.market.calendar import exchange_date
from messages.contract import Contract
from messages.futures import FuturesRoot
from messages.market import Priority


class Contracts:
    """IB's listings, kept for an exchange day. Every method takes the request's priority and deadline (market time).

    They raise `NoSuchContract`, believed for a minute only, or how else the request ended.
    """

    def __init__(self, session: Session, clock: Clock, patience: float) -> None:
        self._session = session
        self._clock = clock
        self._patience = patience
        self._memo = Memo(clock, lambda: exchange_date(clock.time()))

    async def underlying(self, contract: Contract, priority: Priority, deadline: float) -> Contract:
        """Return the stock or index with its conId."""
        if contract.con_id:
            return contract

        async def ask() -> Contract:
            found = {c.con_id: c for c in await self._details(contract, priority, deadline)}
            if len(found) != 1:
                raise NoSuchContract("200", f"{contract.symbol} at {contract.exchange} names {len(found)} contracts")
            return next(iter(found.values()))

        return await self._memo.get(("underlying", contract), ask)

    async def expiries(
        self, underlying: Contract, trading_class: str, priority: Priority, deadline: float
    ) -> Sequence[str]:
        """Return the expiries of one class of options on `underlying`, as routed SMART."""

        async def ask() -> list[OptionChain]:
            u = underlying
            rows: list[OptionChain] = await self._session.ask(
                lambda client, number: client.reqSecDefOptParams(number, u.symbol, "", u.sec_type, u.con_id),
                priority,
                self._until(deadline),
            )
            return rows

        rows = await self._memo.get(("expiries", underlying), ask)
        return sorted(
            {
                e
                for row in rows
                if row.exchange == "SMART" and row.tradingClass == trading_class
                for e in row.expirations
            }
        )

    async def listing(
        self, underlying: Contract, expiry: str, trading_class: str, priority: Priority, deadline: float
    ) -> Sequence[Contract]:
        """Return every option of one class that expires on `expiry`, from one request for the whole expiry.

        Options on indices are asked for by class. Those on stocks are not, because IB answers that with 200; of what
        comes those of the class are taken.
        """
        named = trading_class if underlying.sec_type == "IND" else ""
        wildcard = Contract(underlying.symbol, "OPT", currency=underlying.currency, expiry=expiry, trading_class=named)

        async def ask() -> list[Contract]:
            return await self._details(wildcard, priority, deadline)

        found = await self._memo.get(("listing", wildcard), ask)
        return [c for c in found if c.trading_class == trading_class and c.expiry == expiry]

    async def futures(self, root: FuturesRoot, priority: Priority, deadline: float) -> Sequence[Contract]:
        """Return every listed month of a root, from one request; weeklies, which are classes of their own, left out."""
        wildcard = Contract(root.ib_symbol, "FUT", root.exchange, multiplier=root.multiplier, trading_class=root.symbol)

        async def ask() -> list[Contract]:
            return await self._details(wildcard, priority, deadline)

        return await self._memo.get(("futures", wildcard), ask)

    async def _details(self, contract: Contract, priority: Priority, deadline: float) -> list[Contract]:
        wanted = to_ib(contract)
        details: list[ContractDetails] = await self._session.ask(
            lambda client, number: client.reqContractDetails(number, wanted), priority, self._until(deadline)
        )
        found = (d.contract for d in details if d.contract is not None)
        return [from_ib(c, contract.exchange) for c in found if c.secType == contract.sec_type]

    def _until(self, deadline: float) -> float:
        return min(deadline, self._clock.time() + self._patience)
