"""The catalogue: contract details, option parameters, symbols and market rules."""

from __future__ import annotations

from datetime import datetime

from desk.gateway import hours, reference
from desk.gateway.book import Listed
from desk.gateway.clients import Client, Context
from desk.gateway.encode import contracts as encode
from desk.gateway.requests import contracts as requests
from desk.gateway.resolve import NOTHING, refuse, valid
from desk.gateway.services import Handlers
from desk.market import futures
from desk.market.calendar import EXCHANGE, exchange_date
from desk.market.contracts import settlement, settlement_day
from messages.contract import Contract

_KIND = "bQ"


class Catalogue:
    """Answers what concerns contracts, after the delay that IB takes."""

    def __init__(self, context: Context) -> None:
        self._book = context.book
        self._clock = context.clock
        self._latency = context.latency

    def handlers(self) -> Handlers:
        """See `Service`."""
        return {
            requests.ContractDetails: self._details,
            requests.OptionParameters: self._parameters,
            requests.MatchingSymbols: self._symbols,
            requests.MarketRule: self._rule,
        }

    def leave(self, client: Client) -> None:
        """See `Service`."""

    def _details(self, client: Client, request: requests.ContractDetails) -> None:
        number, terms = request.request_id, request.terms
        if terms.sec_type == "BAG":
            refuse(client, number, _KIND, "'BAG' isn't supported for contract data request")
            return
        if not valid(client, number, terms, _KIND):
            return
        found = [] if request.sec_id else self._book.find(terms, self._clock.time())
        delay = self._latency.details(len(found))
        if found:
            client.after(delay, lambda: self._send_details(client, request, found))
        else:
            client.after(delay, lambda: client.error(number, 200, NOTHING))

    def _send_details(self, client: Client, request: requests.ContractDetails, found: list[Listed]) -> None:
        for listed in found:
            contract = listed.contract
            about = self.describe(contract, client.version)
            for exchange in [request.terms.exchange] if request.terms.exchange else reference.exchanges(contract):
                client.send(encode.details(client.version, request.request_id, contract, exchange, about))
        client.send(encode.details_end(request.request_id))

    def describe(self, contract: Contract, version: int) -> encode.Description:
        """Return what contract details say beyond the contract itself."""
        now = self._clock.time()
        option, expires = contract.sec_type == "OPT", contract.sec_type in {"OPT", "FUT"}
        under = self._book.underlying(contract.symbol, now) if expires else None
        exchanges = reference.exchanges(contract)
        rule = self.rule(contract)
        liquid = hours.liquid(exchange_date(now))
        return encode.Description(
            min_tick=self.min_tick(contract),
            exchanges=",".join(exchanges),
            rules=",".join([str(rule)] * len(exchanges)),
            name=reference.long_name(contract),
            primary="" if expires else reference.primary(contract),
            market_name=contract.trading_class,
            trading=liquid,
            liquid=liquid,
            zone=hours.ZONE,
            order_types=reference.ORDER_TYPES,
            stock_type="ETF" if contract.sec_type == "STK" else "",
            underlying_id=under.contract.con_id if under else 0,
            underlying_type=under.contract.sec_type if under else "",
            expires=_expires(contract, version) if expires else "",
            settles=f"{settlement_day(contract):%Y%m%d}" if option else contract.expiry,
        )

    def rule(self, contract: Contract) -> int:
        """Return the contract's market rule."""
        under = self._book.underlying(contract.symbol, self._clock.time())
        return reference.rule(contract, index=under is not None and under.contract.sec_type == "IND")

    def min_tick(self, contract: Contract) -> float:
        """Return the smallest increment of the contract's market rule."""
        return min(increment for _, increment in reference.RULES[self.rule(contract)])

    def _parameters(self, client: Client, request: requests.OptionParameters) -> None:
        client.after(self._latency.parameters(), lambda: self._send_parameters(client, request))

    def _send_parameters(self, client: Client, request: requests.OptionParameters) -> None:
        now, number = self._clock.time(), request.request_id
        under = self._book.underlying(request.symbol, now)
        if under is not None and under.contract.con_id == request.con_id and not request.futures_exchange:
            options = classes(self._book.chain(request.symbol, now))
            for exchange in reference.exchanges(_any_option(under.contract)):
                for one in options:
                    client.send(encode.option_parameters(number, exchange, request.con_id, one))
        client.send(encode.option_parameters_end(number))

    def _symbols(self, client: Client, request: requests.MatchingSymbols) -> None:
        pattern = request.pattern.strip().upper()
        found = [
            (listed.contract, reference.primary(listed.contract), reference.name(listed.contract.symbol))
            for listed in self._book.underlyings(self._clock.time())
            if pattern
            and (
                listed.contract.symbol.startswith(pattern) or pattern in reference.name(listed.contract.symbol).upper()
            )
        ]
        answer = encode.samples(client.version, request.request_id, found)
        client.after(self._latency.samples(), lambda: client.send(answer))

    @staticmethod
    def _rule(client: Client, request: requests.MarketRule) -> None:
        increments = reference.RULES.get(request.rule_id)
        if increments is None:
            client.error(-1, 321, f"Error validating request.-'cf' : cause - Invalid market rule id: {request.rule_id}")
            return
        client.send(encode.market_rule(request.rule_id, increments))


def classes(chain: dict[str, list[Listed]]) -> list[encode.OptionClass]:
    """Return the chain's trading classes, each with its expiries and the union of their strikes, ascending."""
    expiries: dict[tuple[str, str], set[str]] = {}
    strikes: dict[tuple[str, str], set[float]] = {}
    for expiry, contracts in chain.items():
        for listed in contracts:
            key = listed.contract.trading_class, listed.contract.multiplier
            expiries.setdefault(key, set()).add(expiry)
            strikes.setdefault(key, set()).add(listed.contract.strike)
    return [
        encode.OptionClass(*key, tuple(sorted(expiries[key])), tuple(sorted(strikes[key]))) for key in sorted(expiries)
    ]


def _any_option(underlying: Contract) -> Contract:
    return Contract(underlying.symbol, "OPT")


def _expires(contract: Contract, version: int) -> str:
    """Return the last trading day and its time in exchange time: with a dash from version 174, a space before."""
    ends = futures.settles(contract.expiry) if contract.sec_type == "FUT" else settlement(contract)
    at = f"{datetime.fromtimestamp(ends, EXCHANGE):%H:%M:%S}"
    return f"{contract.expiry}{'-' if version >= 174 else ' '}{at}"
