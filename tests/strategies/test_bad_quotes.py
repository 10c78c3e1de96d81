from dataclasses import replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from desk.market.quotes import fault
from messages.contract import Quote
from messages.market import ChainQuotes, Selection
from messages.orders import Enter
from strategies.base import View
from tests.strategies.made import RUNNING, SPX, VIX, chain, clock, decider

PRICE = st.one_of(
    st.none(), st.sampled_from([float("nan"), float("inf"), float("-inf"), -1.0, 0.0, 1e300]), st.floats(0, 60)
)
DELTA = st.one_of(st.none(), st.sampled_from([float("nan"), float("inf"), 0.0, 5.0]), st.floats(-1.5, 1.5))
DAMAGE = st.lists(st.tuples(st.integers(0, 500), st.fixed_dictionaries({"bid": PRICE, "ask": PRICE, "delta": DELTA})))


def damaged(answer: ChainQuotes, damage: list[tuple[int, dict[str, Any]]]) -> ChainQuotes:
    quotes = list(answer.quotes)
    for where, fields in damage:
        quotes[where % len(quotes)] = replace(quotes[where % len(quotes)], **fields)
    return replace(answer, quotes=tuple(quotes))


def drive(name: str, t: float, expiry: str, quotes: tuple[Quote, ...], damage: Any, **made: float) -> None:
    """Answer every want with a damaged chain until the decision is final; an entry must stand on sound quotes."""
    strategy, view = decider(name), View(t, quotes)
    for _ in range(100):
        decision = strategy.decide(view, RUNNING)
        if not decision.wants:
            break
        asked = [want for want in decision.wants if isinstance(want, Selection)]
        view = view.plus(*(damaged(chain(each, t, expiry=expiry, **made), damage) for each in asked))
    assert not decision.wants
    assert decision.actions or decision.vetoes
    for action in decision.actions:
        assert isinstance(action, Enter)
        shown = {q.contract: q for answer in view.chains for q in answer.quotes}
        assert not any(fault(shown[leg]) for leg in action.condor.legs)
        assert 0 < action.limit < action.condor.width


@settings(max_examples=150, deadline=None, derandomize=True)
@given(DAMAGE)
def test_dte0_ic_survives_any_quote(damage: list[tuple[int, dict[str, Any]]]) -> None:
    t = clock("09:50")
    quotes = (Quote(SPX, t, last=2800.0), Quote(VIX, t, last=20.0))
    drive("dte0_ic", t, "20190513", quotes, damage, delta=0.06, at_delta=50.0, credit=0.6, wing=10.0)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(DAMAGE)
def test_monthly_ic_survives_any_quote(damage: list[tuple[int, dict[str, Any]]]) -> None:
    t = clock("11:00")
    quotes = (Quote(SPX, t, last=2800.0), Quote(VIX, t, last=20.0, close=16.0))
    drive("monthly_ic", t, "20190705", quotes, damage, delta=0.1, at_delta=150.0, credit=4.0, wing=25.0)


@settings(max_examples=150, deadline=None, derandomize=True)
@given(PRICE, PRICE, PRICE, PRICE)
def test_indices_may_say_anything(
    spot: float | None, vix: float | None, close: float | None, bid: float | None
) -> None:
    t = clock("09:50")
    view = View(t, (Quote(SPX, t, last=spot, bid=bid, ask=bid), Quote(VIX, t, last=vix, close=close, bid=bid)))
    for name in ("dte0_ic", "monthly_ic"):
        decision = decider(name).decide(view, RUNNING)
        assert decision.vetoes or decision.wants
