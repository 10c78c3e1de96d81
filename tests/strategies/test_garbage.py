"""Whatever the market says and the book holds: decisions end, never raise, and never close more than is held."""

import json
import math
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from desk.market.contracts import option
from messages.contract import Bar, Contract, Quote
from messages.market import Bars, ChainQuotes, Selection
from messages.orders import Breach, Enter, Exit, Holding, Wish
from strategies.base import Answer, Decision, History, Phase, RecordedChain, Recording, State, View, Want
from strategies.record import as_json
from tests.strategies.made import clock, closing, decider, holding, knowing, opening

DAYS = [date(2019, 5, 13), date(2019, 7, 3), date(2019, 3, 11), date(2019, 11, 4), date(2019, 5, 12)]
TIMES = ["09:29:59", "09:50:00", "11:00:00", "12:45:00", "13:00:00", "15:45:00", "15:59:59", "16:00:00"]
ODD = st.sampled_from([math.nan, math.inf, -math.inf, -1.0, 0.0, 1e300, 5e-324])
PRICE = st.one_of(st.none(), ODD, st.floats(0, 60))
LEVEL = st.one_of(st.none(), ODD, st.floats(1, 4_000))
DELTA = st.one_of(st.none(), ODD, st.floats(-1.5, 1.5))
AGE = st.sampled_from([0.0, 30.0, 60.0, 61.0, 1e9, -5.0])
STATES = st.tuples(
    st.sampled_from([Phase.RUNNING, Phase.STOPPING, Phase.STARTING]),
    st.booleans(),
    st.lists(
        st.tuples(st.integers(1, 9), st.sampled_from(["20190513", "20190705", "20190612", "20190510"])), max_size=3
    ),
    st.sets(st.sampled_from(["p0", "p1", "p2"])),
    st.sets(st.tuples(st.sampled_from(["p0", "p1", "p2"]), st.sampled_from(["delta", "proximity"]))),
    st.booleans(),
)


def state_of(drawn: Any, symbol: str) -> State:
    phase, flatten, held, closes, breaches, entering = drawn
    holdings = tuple(
        holding(0.0, f"p{n}", symbol=symbol, expiry=expiry, quantity=quantity, credit=1.0)
        for n, (quantity, expiry) in enumerate(held)
    )
    working = [closing(each, limit=0.5 if each == "p1" else None) for each in sorted(closes)]
    working += [opening()] if entering else []
    return knowing(phase, flatten=flatten, holdings=holdings, working=tuple(working), breaches=frozenset(breaches))


class Garbage:
    """Answers every want with what is drawn."""

    def __init__(self, data: st.DataObject, t: float) -> None:
        self._draw = data.draw
        self._t = t

    def answer(self, want: Want) -> Answer:
        match want:
            case Contract():
                return self.quote(want, LEVEL if want.sec_type != "OPT" else PRICE)
            case Selection():
                return ChainQuotes(
                    "c", want, self._draw(st.integers(0, 9)), self.chain(want.symbol, want.trading_class)
                )
            case RecordedChain(symbol):
                return Recording(symbol, self.chain(symbol, symbol))
            case History(contract, what):
                closes = self._draw(st.lists(st.one_of(ODD, st.floats(0.1, 300)), max_size=70))
                return Bars("", contract, what, tuple(Bar("20190101", c, c, c, c) for c in closes))

    def quote(self, contract: Contract, level: st.SearchStrategy[Any]) -> Quote:
        draw, known = self._draw, self._draw(st.booleans())
        return Quote(
            replace(contract, con_id=contract.con_id or 7) if known else contract,
            self._t - draw(AGE),
            bid=draw(level),
            ask=draw(level),
            last=draw(level),
            close=draw(level),
            iv=draw(st.one_of(st.none(), ODD, st.floats(0, 2))),
            delta=draw(DELTA),
            underlying=draw(LEVEL),
        )

    def chain(self, symbol: str, trading_class: str) -> tuple[Quote, ...]:
        legs = self._draw(
            st.lists(
                st.tuples(st.sampled_from([2600, 2700, 2710, 2740, 2800, 2850, 2860]), st.sampled_from("PC")),
                max_size=6,
            )
        )
        expiry = self._draw(st.sampled_from(["20190513", "20190705", "20190712"]))
        return tuple(self.quote(option(symbol, expiry, k, r, trading_class), PRICE) for k, r in legs)


def decided(name: str, state: State, t: float, garbage: Garbage) -> tuple[Decision, View]:
    strategy, view = decider(name), View(t)
    for _ in range(60):
        decision = strategy.decide(view, state)
        if not decision.wants:
            return decision, view
        view = view.plus(*(garbage.answer(want) for want in dict.fromkeys(decision.wants)))
    raise AssertionError("it wants without end")


def check(wishes: tuple[Wish, ...], state: State) -> None:
    held = {each.position: each for each in state.book.holdings}
    at_market = {order.position for order in state.book.working if order.position in held and order.limit is None}
    exits = [wish for wish in wishes if isinstance(wish, Exit)]
    assert len({wish.position for wish in exits}) == len(exits)
    for wish in exits:
        assert wish.position not in at_market
        assert 1 <= wish.quantity <= held[wish.position].quantity
        assert _sound(wish, held[wish.position])
    assert {wish.position for wish in wishes if isinstance(wish, Breach)} <= set(held)
    for entry in wishes:
        if isinstance(entry, Enter):
            assert 0 < entry.worst <= entry.limit < entry.condor.width
            assert state.phase is Phase.RUNNING
            assert not exits


def _sound(wish: Exit, held: Holding) -> bool:
    if wish.limit is None:
        return wish.worst is None
    return wish.worst is not None and 0 < wish.limit <= wish.worst <= held.condor.width


@pytest.mark.parametrize("name", ["dte0_ic", "monthly_ic", "swing_ic"])
@settings(max_examples=80, deadline=None, derandomize=True)
@given(data=st.data())
def test_no_garbage_breaks_a_decision(name: str, data: st.DataObject) -> None:
    t = clock(data.draw(st.sampled_from(TIMES)), data.draw(st.sampled_from(DAYS)))
    state = state_of(data.draw(STATES), "SPY" if name == "swing_ic" else "SPX")
    decision, view = decided(name, state, t, Garbage(data, t))
    check(decision.actions, state)
    json.loads(as_json(decision, state, view))
