"""The book of contracts: what is listed on a day, each with IB's identity, and the search in it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from hashlib import blake2b

from desk.gateway import reference
from desk.gateway.requests.terms import Terms
from desk.gateway.source import Source
from desk.gateway.twin import twins
from desk.market.calendar import exchange_date
from desk.market.contracts import osi
from messages.contract import Contract

_FIRST_ID, _IDS = 100_000_000, 1_900_000_000
"""Contract ids made here stay within IB's 32 bits and above the known ones' small figures."""


@dataclass(frozen=True, slots=True)
class Listed:
    """A contract of the book; `origin` is the source's own word for it, None when no source quotes it."""

    contract: Contract
    origin: Contract | None


class Ids:
    """Contract ids: a digest of the name, the next free number where two names share one."""

    def __init__(self) -> None:
        self._names: dict[int, str] = {known.con_id: symbol for symbol, known in reference.KNOWN.items()}

    def of(self, name: str) -> int:
        """Return the id of that OSI or stock symbol, the same for as long as the process lives."""
        if name in reference.KNOWN:
            return reference.KNOWN[name].con_id
        number = int.from_bytes(blake2b(name.encode(), digest_size=8).digest()) % _IDS
        while self._names.setdefault(number + _FIRST_ID, name) != name:
            number = (number + 1) % _IDS
        return number + _FIRST_ID


class Book:
    """Everything listed, read from the source once a day and underlying, when first asked for."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._ids = Ids()
        self._day: date | None = None
        self._underlyings: dict[str, Listed] = {}
        self._futures: list[Listed] = []
        self._chains: dict[str, dict[str, list[Listed]]] = {}
        self._by_id: dict[int, Listed] = {}

    def underlyings(self, at: float) -> Iterable[Listed]:
        """Return every stock and index of the day of epoch time `at`."""
        self._turn(at)
        return self._underlyings.values()

    def underlying(self, symbol: str, at: float) -> Listed | None:
        """Return the stock or index of that symbol."""
        self._turn(at)
        return self._underlyings.get(symbol)

    def chain(self, symbol: str, at: float) -> dict[str, list[Listed]]:
        """Return the options of an underlying by expiry, in the source's order; empty when it is unknown."""
        self._turn(at)
        if symbol not in self._underlyings:
            return {}
        if symbol not in self._chains:
            self._chains[symbol] = self._read(symbol, at)
        return self._chains[symbol]

    def find(self, terms: Terms, at: float) -> list[Listed]:
        """Return every contract that fits the terms; what they leave open fits everything."""
        self._turn(at)
        if terms.con_id:
            found = self._with_id(terms.con_id, at)
            return [found] if found is not None and _trades_on(found.contract, terms.exchange) else []
        if not terms.symbol and not terms.local_symbol:
            return []
        return [listed for listed in self._candidates(terms, at) if fits(listed.contract, terms)]

    def _candidates(self, terms: Terms, at: float) -> Iterator[Listed]:
        if terms.sec_type == "FUT":
            yield from self._futures
            return
        if terms.sec_type != "OPT":
            yield from self._underlyings.values()
            return
        for symbol in [terms.symbol] if terms.symbol else list(self._underlyings):
            for expiry, contracts in self.chain(symbol, at).items():
                if expiry.startswith(terms.expiry):
                    yield from contracts

    def _with_id(self, con_id: int, at: float) -> Listed | None:
        for symbol in self._underlyings:
            if con_id in self._by_id:
                break
            self.chain(symbol, at)
        return self._by_id.get(con_id)

    def _turn(self, at: float) -> None:
        """Start a new page when the exchange's date has changed."""
        today = exchange_date(at)
        if today == self._day:
            return
        self._day = today
        self._chains, self._underlyings = {}, {}
        for origin in self._source.underlyings(at):
            known = replace(
                origin,
                con_id=self._ids.of(origin.symbol),
                local_symbol=origin.symbol,
                trading_class=origin.symbol,
            )
            self._underlyings[origin.symbol] = Listed(known, origin)
        self._futures = [
            Listed(replace(origin, con_id=self._ids.of(f"{origin.local_symbol} {origin.expiry}")), origin)
            for origin in self._source.futures(at)
        ]
        self._by_id = {listed.contract.con_id: listed for listed in (*self._underlyings.values(), *self._futures)}

    def _read(self, symbol: str, at: float) -> dict[str, list[Listed]]:
        chain: dict[str, list[Listed]] = {}
        origins = self._source.listed(symbol, at)
        for origin, twin in [
            *((origin, False) for origin in origins),
            *((made, True) for made in twins(symbol, origins)),
        ]:
            name = osi(origin)
            contract = replace(origin, con_id=self._ids.of(name), local_symbol=name)
            listed = Listed(contract, None if twin else origin)
            chain.setdefault(origin.expiry, []).append(listed)
            self._by_id[contract.con_id] = listed
        return chain


def fits(contract: Contract, terms: Terms) -> bool:
    """Whether the contract is one that the terms describe."""
    return (
        terms.symbol in {"", contract.symbol}
        and terms.sec_type in {"", contract.sec_type}
        and contract.expiry.startswith(terms.expiry)
        and (not terms.strike or abs(terms.strike - contract.strike) < 1e-6)
        and terms.right in {"", contract.right}
        and terms.multiplier in {"", contract.multiplier}
        and terms.currency in {"", contract.currency}
        and terms.trading_class in {"", contract.trading_class}
        and terms.local_symbol in {"", contract.local_symbol}
        and _trades_on(contract, terms.exchange)
        and (contract.sec_type != "STK" or terms.primary in {"", reference.primary(contract)})
    )


def _trades_on(contract: Contract, exchange: str) -> bool:
    return not exchange or exchange in reference.exchanges(contract)
