"""The account at the market: positions at their marks, what it is worth, and what an order would do to it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from math import isnan

from desk.gateway.exchange.ledger import Holding, Ledger
from desk.gateway.exchange.margin import requirement
from desk.gateway.exchange.model import Margin, Position
from desk.gateway.exchange.package import Part
from desk.gateway.exchange.prices import Prices
from messages.contract import Contract

Underlying = Callable[[str, float], Contract | None]
"""The stock or index of that symbol at an epoch time."""


@dataclass(frozen=True, slots=True)
class Values:
    """The account in dollars, margins too."""

    cash: float
    stocks: float
    options: float
    gross: float
    initial: float
    maintenance: float
    unrealized: float
    realized: float

    @property
    def equity(self) -> float:
        """IB's equity with loan value: cash and stocks, because US options lend none."""
        return self.cash + self.stocks

    @property
    def net_liquidation(self) -> float:
        """Cash and every position at its mark."""
        return self.cash + self.stocks + self.options


class Portfolio:
    """Values the ledger's holdings; a contract without a quote keeps its last mark, at first what it cost."""

    def __init__(self, ledger: Ledger, prices: Prices, underlying: Underlying) -> None:
        self._ledger = ledger
        self.prices = prices
        self._underlying = underlying
        self._marks: dict[int, float] = {}

    def is_index(self, symbol: str, now: float) -> bool:
        """Whether options on that symbol settle in cash, their underlying being an index."""
        found = self._underlying(symbol, now)
        return found is not None and found.sec_type == "IND"

    def spot(self, symbol: str, now: float) -> float:
        """Return the underlying's price, NaN when there is none."""
        found = self._underlying(symbol, now)
        return self.prices.one(found, now).mark if found is not None else float("nan")

    def underlying(self, symbol: str, now: float) -> Contract | None:
        """Return the stock or index of that symbol."""
        return self._underlying(symbol, now)

    def positions(self, now: float) -> list[Position]:
        """Return every holding at its mark; those closed today or before have quantity 0 and keep their profit."""
        return [self._position(holding) for holding in self._marked(now)]

    def values(self, now: float) -> Values:
        """Return what the account is worth."""
        positions = self.positions(now)
        stocks = sum(p.value for p in positions if p.contract.sec_type != "OPT")
        options = sum(p.value for p in positions if p.contract.sec_type == "OPT")
        initial, maintenance = self._requirement([(p.contract, p.quantity) for p in positions], now)
        return Values(
            cash=self._ledger.cash,
            stocks=stocks,
            options=options,
            gross=sum(abs(p.value) for p in positions),
            initial=initial,
            maintenance=maintenance,
            unrealized=sum(p.unrealized for p in positions),
            realized=sum(p.realized for p in positions),
        )

    def preview(self, package: Iterable[Part], quantity: float, cost: float, fees: float, now: float) -> Margin:
        """Return what trading `quantity` packages at a cost per share (positive when paid) would do to the account."""
        held = {h.contract.con_id: (h.contract, h.quantity) for h in self._ledger.held()}
        before = self._requirement(held.values(), now)
        multiplier, stocks = 1.0, 0.0
        for part in package:
            contract, change = part.contract, part.ratio * quantity
            held[contract.con_id] = contract, held.get(contract.con_id, (contract, 0.0))[1] + change
            multiplier = max(multiplier, float(contract.multiplier or 1))
            if contract.sec_type != "OPT":
                stocks += change * self._mark(contract, now)
        after = self._requirement(held.values(), now)
        values = self._ledger.cash + sum(
            h.quantity * self._mark(h.contract, now) for h in self._ledger.held() if h.contract.sec_type != "OPT"
        )
        return Margin(
            init_before=round(before[0], 2),
            maint_before=round(before[1], 2),
            equity_before=round(values, 2),
            init_change=round(after[0] - before[0], 2),
            maint_change=round(after[1] - before[1], 2),
            equity_change=round(stocks - cost * multiplier * quantity - fees, 2),
            commission=round(fees, 8),
        )

    def _requirement(self, held: Iterable[tuple[Contract, float]], now: float) -> tuple[float, float]:
        return requirement(
            held,
            lambda contract: self._mark(contract, now),
            lambda symbol: (self.spot(symbol, now), self.is_index(symbol, now)),
        )

    def _marked(self, now: float) -> list[Holding]:
        held = self._ledger.known()
        self.prices.at((h.contract for h in held if h.quantity), now)
        for holding in held:
            if holding.quantity:
                self._mark(holding.contract, now)
        return held

    def _mark(self, contract: Contract, now: float) -> float:
        mark = self.prices.one(contract, now).mark
        if not isnan(mark):
            self._marks[contract.con_id] = mark
        return self._marks.get(contract.con_id, 0.0)

    def _position(self, holding: Holding) -> Position:
        contract = holding.contract
        cost = holding.avg_cost / float(contract.multiplier or 1)
        mark = self._marks.get(contract.con_id, cost) if holding.quantity else 0.0
        return Position(contract, holding.quantity, holding.avg_cost, mark, holding.realized)
