"""Markets made to measure for the strategies' tests: a leg's distance from spot sets its delta and its mid."""

from dataclasses import replace
from datetime import date
from typing import Any

from desk.market.calendar import at
from desk.market.contracts import index, option
from messages.contract import Contract, Quote
from messages.market import ChainQuotes, Selection
from messages.orders import Action, Book, Condor, Holding, OrderState, Working
from strategies.base import Phase, State, Strategy, View
from strategies.params import Params
from strategies.registry import create

DAY = date(2019, 5, 13)
SPOT = 2800.0
RUNNING = State(Phase.RUNNING, Book("test", 1, ready=True))
SPX, VIX = index("SPX"), index("VIX")


def decider(name: str, **params: object) -> Strategy[Params]:
    return create(name, params)


def spots(t: float, vix: float = 20.0, close: float | None = 16.0, spot: float = SPOT) -> View:
    """SPX and VIX at `t`."""
    return View(t, (Quote(SPX, t, last=spot), Quote(VIX, t, last=vix, close=close)))


def leg(
    contract: Contract, t: float, *, delta: float, at_delta: float, credit: float, wing: float, spot: float
) -> Quote:
    """A quote whose |delta| is `delta` at `at_delta` points from spot, halved every 20 points; prices on a line.

    Any short leg and its wing differ by credit / 2, so any condor of that wing pays `credit` at mid.
    """
    put = contract.right == "P"
    distance = spot - contract.strike if put else contract.strike - spot
    size = delta * 2 ** (-(distance - at_delta) / 20)
    mid = credit / 2 / wing * (2_000 - distance)
    return Quote(contract, t, bid=mid - 0.1, ask=mid + 0.1, delta=-size if put else size, greeks_source="model")


def chain(
    selection: Selection,
    t: float,
    *,
    expiry: str,
    delta: float,
    at_delta: float,
    credit: float,
    wing: float,
    step: float = 5.0,
    spot: float = SPOT,
) -> ChainQuotes:
    """Out-of-the-money legs of one expiry, `step` points apart, over the selection's window."""
    low, high = int(spot * (1 - selection.window_low)), int(spot * (1 + selection.window_high))
    listed = [
        option("SPX", expiry, float(strike), "P" if strike < spot else "C", selection.trading_class)
        for strike in range(low, high + 1)
        if strike % step == 0 and strike != spot
    ]
    quotes = tuple(leg(c, t, delta=delta, at_delta=at_delta, credit=credit, wing=wing, spot=spot) for c in listed)
    return ChainQuotes("c", selection, len(quotes), quotes)


def without(answer: ChainQuotes, *strikes: float, unanswered: bool = False) -> ChainQuotes:
    """The chain without some strikes: not listed, or asked for and not answered."""
    left = tuple(q for q in answer.quotes if q.contract.strike not in strikes)
    return replace(answer, quotes=left, asked=answer.asked if unanswered else len(left))


def requoted(answer: ChainQuotes, strike: float, **fields: float | None) -> ChainQuotes:
    """The chain with one strike's quote changed."""
    changed = tuple(replace(q, **fields) if q.contract.strike == strike else q for q in answer.quotes)  # type: ignore[arg-type]  # fields are named by the test
    return replace(answer, quotes=changed)


def knowing(phase: Phase = Phase.RUNNING, *, flatten: bool = False, **book: Any) -> State:
    """A state with this book, which is ready."""
    return State(phase, Book("test", 1, **{"ready": True, **book}), flatten)


def holding(
    opened: float,
    position: str = "p",
    *,
    symbol: str = "SPX",
    trading_class: str = "SPXW",
    expiry: str = "20190705",
    at: tuple[float, float, float, float] = (2600, 2575, 2950, 2975),
    credit: float = 3.0,
    quantity: int = 1,
) -> Holding:
    """Some open condor; `at` are the strikes of short put, long put, short call, long call."""
    legs = (
        replace(option(symbol, expiry, strike, right, trading_class), con_id=int(f"{expiry[2:]}{strike:g}"))
        for strike, right in zip(at, ("P", "P", "C", "C"), strict=True)
    )
    return Holding(position, Condor(*legs), quantity, credit, opened)


def marks(held: Holding, t: float, debit: float, delta: float = 0.05) -> tuple[Quote, ...]:
    """Sound quotes of a position's legs, together `debit` at mid and 0.10 more at the market."""
    short_put, long_put, short_call, long_call = held.condor.legs
    half, far = 1 + debit / 2, delta / 2
    legs = ((short_put, half, -delta), (long_put, 1.0, -far), (short_call, half, delta), (long_call, 1.0, far))
    return tuple(Quote(leg, t, bid=mid - 0.025, ask=mid + 0.025, delta=size) for leg, mid, size in legs)


def closing(position: str = "p", limit: float | None = None) -> Working:
    """A close of a position that is on its way, at market without a limit."""
    return Working("close", position, Action.CLOSE, 1, 0, limit, OrderState.WORKING, "profit")


def opening(position: str = "new") -> Working:
    """An entry that is on its way."""
    return Working(position, position, Action.OPEN, 1, 0, 1.0, OrderState.WORKING, "entry")


def clock(text: str, day: date = DAY) -> float:
    """Epoch seconds of `HH:MM:SS` or `HH:MM` exchange time."""
    return at(day, text)


def strikes(condor: Condor) -> tuple[float, float, float, float]:
    """Short put, long put, short call, long call."""
    put, wing_put, call, wing_call = (leg.strike for leg in condor.legs)
    return put, wing_put, call, wing_call
