"""Markets for swing_ic: a recorded chain of an ETF, a year of bars, and live quotes of the options by name."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date

from desk.market.contracts import index, option, stock
from messages.contract import Bar, Contract, Quote
from messages.market import Bars
from messages.orders import Book
from strategies.base import Decision, History, RecordedChain, Recording, State, Strategy, View
from strategies.params import Params
from tests.strategies.made import RUNNING, clock

DAY = date(2026, 2, 4)
T = clock("11:00", DAY)
NEAR, FAR = "20260331", "20260417"
"""55 and 72 days out on that day."""
SPOT = {"SPY": 690.0, "QQQ": 620.0, "IWM": 262.0}
REACH = {"SPY": 45.0, "QQQ": 45.0, "IWM": 22.0}
"""Points from spot at which |delta| is 0.16."""
Listed = Callable[[Contract], bool]


def bars(closes: list[float]) -> tuple[Bar, ...]:
    """Daily bars of sessions long over."""
    return tuple(Bar(f"2025{1 + n // 28:02d}{1 + n % 28:02d}", c, c, c, c) for n, c in enumerate(closes))


def option_quote(
    contract: Contract, t: float, credit: float = 1.5, *, shift: float = 0.0, iv: float = 0.15, wing: float = 5.0
) -> Quote:
    """A quote whose |delta| is 0.16 at the symbol's reach from spot; any condor of that wing pays `credit` at mid."""
    spot, put = SPOT[contract.symbol], contract.right == "P"
    distance = spot - contract.strike if put else contract.strike - spot
    size = min(0.99, (0.16 + shift) * 2 ** (-(distance - REACH[contract.symbol]) / 20))
    mid = max(0.05, credit / 2 / wing * (400 - distance))
    bid, ask, delta = mid - 0.02, mid + 0.02, -size if put else size
    return Quote(contract, t, bid=bid, ask=ask, delta=delta, iv=iv, underlying=spot, greeks_source="model")


def recorded(
    symbol: str, expiry: str, t: float = T - 60, *, step: float = 5.0, window: float = 0.12, **figures: float
) -> tuple[Quote, ...]:
    """An expiry as the lake gives it back: no conIds."""
    spot = SPOT[symbol]
    strikes = (n * step for n in range(int(spot * (1 - window) / step) + 1, int(spot * (1 + window) / step) + 1))
    contracts = [option(symbol, expiry, strike, right, symbol) for strike in strikes for right in "PC"]
    return tuple(option_quote(each, t, **figures) for each in contracts)


def live(contract: Contract, t: float, listed: Listed, **figures: float) -> Quote:
    """What the broker answers to an option named without its class: with class and conId when it is listed."""
    if not listed(contract):
        return Quote(contract, t)
    number = int(f"{contract.expiry[4:]}{contract.strike:g}{'1' if contract.right == 'C' else '2'}".replace(".", ""))
    full = replace(contract, trading_class=contract.symbol, con_id=number)
    return option_quote(full, t, **figures)


def fives(contract: Contract) -> bool:
    return contract.strike % 5 == 0


def ones(contract: Contract) -> bool:
    return contract.strike % 1 == 0


class Market:
    """Answers what swing_ic wants; every figure can be set."""

    def __init__(self, **changes: object) -> None:
        self.t = T
        self.vix: float | None = 20.0
        self.closes = [float(n) for n in range(1, 61)]
        self.ivs = [0.10 + n * 0.001 for n in range(30)] + [0.20]
        self.expiries: tuple[str, ...] = (NEAR, FAR)
        self.age = 60.0
        self.credit = 1.5
        self.live_credit: float | None = None
        self.iv = 0.15
        self.shift = 0.0
        self.listed: Listed = ones
        self.without: set[str] = set()
        self.live_age = 0.0
        self.step = 5.0
        self.crossed = 0.0
        self.wing = {"SPY": 5.0, "QQQ": 5.0, "IWM": 5.0}
        for name, value in changes.items():
            assert hasattr(self, name), name
            setattr(self, name, value)

    def answer(self, want: object) -> object:
        return self.quote(want) if isinstance(want, Contract) else self.past(want)

    def quote(self, want: Contract) -> Quote:
        if want.symbol == "VIX":
            return Quote(index("VIX"), self.t, last=self.vix)
        if want.sec_type == "STK":
            return Quote(stock(want.symbol), self.t, last=SPOT[want.symbol])
        credit, wing = self.live_credit or self.credit, self.wing[want.symbol]
        found = live(want, self.t - self.live_age, self.listed, credit=credit, shift=self.shift, wing=wing)
        return replace(found, bid=999.0) if want.strike == self.crossed else found

    def past(self, want: object) -> Recording | Bars:
        match want:
            case RecordedChain(symbol) if symbol in self.without:
                return Recording(symbol)
            case RecordedChain(symbol):
                figures = {"credit": self.credit, "iv": self.iv, "step": self.step, "wing": self.wing[symbol]}
                chains = (recorded(symbol, each, self.t - self.age, **figures) for each in self.expiries)
                return Recording(symbol, tuple(quote for chain in chains for quote in chain))
            case History(contract, "TRADES"):
                scale = SPOT[contract.symbol] / self.closes[-1] if self.closes else 1.0
                return Bars("", contract, "TRADES", bars([scale * close for close in self.closes]))
            case History(contract, what):
                return Bars("", contract, what, bars(self.ivs))
        raise AssertionError(want)

    def decide(self, strategy: Strategy[Params], state: State = RUNNING) -> Decision:
        """Ask until nothing is wanted any more."""
        view = View(self.t)
        for _ in range(40):
            decision = strategy.decide(view, state)
            if not decision.wants:
                return decision
            view = view.plus(*(self.answer(want) for want in decision.wants))  # type: ignore[arg-type]  # answers to wants
        raise AssertionError("it wants without end")


def book(**changes: object) -> Book:
    return replace(RUNNING.book, **changes)  # type: ignore[arg-type]  # named by the test
