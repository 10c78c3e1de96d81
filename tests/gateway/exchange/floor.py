"""An exchange on the tests' small market, and orders for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from desk.gateway.exchange.blotter import Blotter
from desk.gateway.exchange.exchange import Exchange
from desk.gateway.exchange.ledger import Ledger
from desk.gateway.exchange.model import BAG_ID, Event, Leg, OrderRequest
from desk.gateway.exchange.portfolio import Portfolio
from desk.gateway.exchange.prices import Prices
from desk.gateway.exchange.rules import Rules
from desk.gateway.requests.terms import Terms
from desk.gateway.source import Quotes
from desk.market.contracts import index, option, osi, stock
from messages.contract import Contract
from tests.gateway.market import START, Market

NOW = START.timestamp()
CASH = 1_000_000.0
_UNDERLYINGS = {"SPX": index("SPX"), "SPY": stock("SPY"), "QQQ": stock("QQQ")}


def underlying(symbol: str, at: float) -> Contract | None:
    found = _UNDERLYINGS.get(symbol)
    return found and replace(found, con_id=identity(found))


def identity(contract: Contract) -> int:
    name = osi(contract) if contract.sec_type == "OPT" else contract.symbol
    return int.from_bytes(name.encode()) % 1_000_000_007


def spx(strike: float, right: str = "P", expiry: str = "20190517", trading_class: str = "SPXW") -> Contract:
    made = option("SPX", expiry, strike, right, trading_class)
    return replace(made, con_id=identity(made), local_symbol=osi(made))


def spy(strike: float, right: str = "P", expiry: str = "20190517") -> Contract:
    made = option("SPY", expiry, strike, right, "SPY")
    return replace(made, con_id=identity(made), local_symbol=osi(made))


CONDOR = (
    (spx(2760), 1, "BUY"),
    (spx(2780), 1, "SELL"),
    (spx(2860, "C"), 1, "SELL"),
    (spx(2880, "C"), 1, "BUY"),
)


@dataclass
class Falling(Market):
    """Options that are cheaper the further they are from the spot; `fixed` gives strikes a bid and ask of their own."""

    bid_size: float = 10.0
    ask_size: float = 12.0
    age: float = 0.0
    fixed: dict[float, tuple[float, float]] = field(default_factory=dict)
    asked: set[float] = field(default_factory=set)

    def quotes(self, contracts: Sequence[Contract], at: float) -> Quotes:
        self.asked.add(at)
        made = super().quotes(contracts, at)
        option = np.array([c.sec_type == "OPT" for c in contracts])
        strike = np.array([c.strike for c in contracts])
        value = np.maximum(0.1, np.round(20 - np.abs(made.underlying - strike) / 5, 1))
        mid = np.where(option, value, made.underlying)
        flat = np.ones(len(contracts))
        around = [self.fixed.get(k, (m - 0.1, m + 0.1)) for k, m in zip(strike.tolist(), mid.tolist(), strict=True)]
        return replace(
            made,
            bid=np.round([bid for bid, _ in around], 2),
            ask=np.round([ask for _, ask in around], 2),
            bid_size=self.bid_size * flat,
            ask_size=self.ask_size * flat,
            last=mid,
            age=self.age * flat,
        )


@dataclass
class Floor:
    """An exchange, its market, and the time."""

    market: Falling = field(default_factory=Falling)
    rules: Rules = field(default_factory=lambda: Rules("DU1234567"))
    cash: float = CASH
    now: float = NOW
    next_id: int = 1
    restored: Blotter | None = None

    def __post_init__(self) -> None:
        self.blotter = self.restored or Blotter(Ledger(self.cash))
        quotes = self.market.quotes
        self.portfolio = Portfolio(self.blotter.ledger, Prices(quotes, 1.0), underlying)
        self.exchange = Exchange(self.rules, self.blotter, Prices(quotes), self.portfolio)

    def send(self, what: Contract | tuple[tuple[Contract, int, str], ...], **terms: Any) -> list[Event]:
        """Place an order: BUY 1 LMT DAY of client 1 under the next id, unless the terms say otherwise."""
        legs = () if isinstance(what, Contract) else what
        contract = what if isinstance(what, Contract) else Contract(legs[0][0].symbol, "BAG", con_id=BAG_ID)
        order_id = terms.pop("order_id", self.next_id)
        self.next_id = max(self.next_id, order_id + 1)
        kind = {"order_type": "LMT" if "limit" in terms else "MKT", "action": "BUY", "quantity": 1.0, "tif": "DAY"}
        request = OrderRequest(
            client_id=terms.pop("client_id", 1),
            order_id=order_id,
            terms=Terms(symbol=contract.symbol, sec_type=contract.sec_type),
            legs=tuple(Leg(c.con_id, ratio, action) for c, ratio, action in legs),
            **{**kind, **terms},
        )
        return self.exchange.place(request, contract, tuple(c for c, _, _ in legs), self.now)

    def work(self, seconds: float = 0.0) -> list[Event]:
        """Let the exchange do what is due after that time."""
        self.now += seconds
        return self.exchange.advance(self.now)
