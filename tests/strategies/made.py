"""Markets made to measure for the strategies' tests: a leg's distance from spot sets its delta and its mid."""

from dataclasses import replace
from datetime import date
from typing import Any

from desk.market.calendar import at
from desk.market.contracts import index, option
from messages.contract import Contract, Quote
from messages.market import ChainQuotes, Selection
from messages.orders import Book, Condor, Holding
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


def holding(opened: float, position: str = "p") -> Holding:
    """Some open condor."""
    short_put, long_put, short_call, long_call = (
        option("SPX", "20190705", k, r, "SPXW") for k, r in ((2600, "P"), (2575, "P"), (2950, "C"), (2975, "C"))
    )
    return Holding(position, Condor(short_put, long_put, short_call, long_call), 1, 3.0, opened)


def clock(text: str, day: date = DAY) -> float:
    """Epoch seconds of `HH:MM:SS` or `HH:MM` exchange time."""
    return at(day, text)


def strikes(condor: Condor) -> tuple[float, float, float, float]:
    """Short put, long put, short call, long call."""
    put, wing_put, call, wing_call = (leg.strike for leg in condor.legs)
    return put, wing_put, call, wing_call
