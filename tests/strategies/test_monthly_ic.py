from datetime import date
from pathlib import Path
from typing import Any

import pytest

from desk.market.chain import choose_contracts, choose_expiries
from desk.market.contracts import dte
from desk.market.greeks import fill_greeks
from messages.contract import Quote
from messages.market import ChainQuotes, Selection
from messages.orders import Enter
from strategies.base import Decision, State, View
from strategies.monthly_ic.config import Config
from strategies.monthly_ic.scanner import selection
from tests.market.recorded import spx_2019
from tests.strategies.made import (
    DAY,
    RUNNING,
    SPX,
    VIX,
    chain,
    clock,
    decider,
    holding,
    knowing,
    marks,
    requoted,
    spots,
    strikes,
    without,
)

T = clock("11:00")
CONFIG = Config()
SPXW, AM = selection(CONFIG, "SPXW", 49), selection(CONFIG, "SPX", 49)


def legs(wanted: Selection = SPXW, expiry: str = "20190705", **changes: Any) -> ChainQuotes:
    given = {"delta": 0.10, "at_delta": 150.0, "credit": 4.0, "wing": 25.0} | changes
    return chain(wanted, T, expiry=expiry, **given)


def nothing(wanted: Selection = AM) -> ChainQuotes:
    return ChainQuotes("c", wanted, 0, ())


def decide(
    *answers: ChainQuotes, vix: float = 20.0, close: float | None = 16.0, state: State = RUNNING, t: float = T,
    spot: float = 2800.0, **params: object,
) -> Decision:  # fmt: skip
    held = [quote for each in state.book.holdings for quote in marks(each, t, each.credit)]
    view = spots(t, vix, close, spot).plus(*(answers or (legs(), nothing())), *held)
    return decider("monthly_ic", **params).decide(view, state)


def names(decision: Decision) -> list[str]:
    return [veto.name for veto in decision.vetoes]


def entry(decision: Decision) -> Enter:
    assert not decision.wants
    (action,) = decision.actions
    assert isinstance(action, Enter)
    return action


def test_a_spike_enters_two_condors() -> None:
    action = entry(decide())
    assert strikes(action.condor) == (2650, 2625, 2950, 2975)
    assert (action.quantity, action.limit, action.condor.width) == (2, 4.0, 25.0)
    assert action.natural == pytest.approx(3.6)
    assert action.worst == 3.6


def test_it_asks_for_vix_first_and_for_nothing_more_without_a_spike() -> None:
    strategy = decider("monthly_ic")
    assert strategy.decide(View(T), RUNNING).wants == (VIX,)
    calm = View(T, (Quote(VIX, T, last=16.0, close=16.0),))
    assert names(strategy.decide(calm, RUNNING)) == ["vix_spike"]
    spike = View(T, (Quote(VIX, T, last=20.0, close=16.0),))
    assert strategy.decide(spike, RUNNING).wants == (SPX,)
    assert strategy.decide(spots(T), RUNNING).wants == (SPXW, AM)


@pytest.mark.parametrize(
    ("vix", "close", "enters"),
    [(17.99, 15.0, False), (18.0, 15.0, True), (18.01, 15.0, True), (14.4, 12.0, True), (13.2, 11.0, True)],
)
def test_vix_up_a_fifth(vix: float, close: float, enters: bool) -> None:
    decision = decide(vix=vix, close=close)
    assert bool(decision.actions) is enters
    if not enters:
        assert names(decision) == ["vix_spike"]
        assert decision.vetoes[0].numbers["change"] == pytest.approx((vix - close) / close)


@pytest.mark.parametrize("close", [None, 0.0, float("nan")])
def test_an_unknown_previous_close_is_a_bad_quote(close: float | None) -> None:
    assert names(decide(close=close)) == ["bad_quote"]


@pytest.mark.parametrize(
    ("expiry", "days", "enters"), [("20190630", 48, False), ("20190701", 49, True), ("20190702", 50, True)]
)
def test_at_least_forty_nine_days(expiry: str, days: int, enters: bool) -> None:
    assert dte(expiry, T) == days
    decision = decide(legs(expiry=expiry), nothing())
    assert bool(decision.actions) is enters
    if not enters:
        assert names(decision) == ["no_expiry"]


@pytest.mark.parametrize(("delta", "short_put"), [(0.0999, 2650), (0.10, 2650), (0.1001, 2625)])
def test_the_short_delta_is_never_above_its_target(delta: float, short_put: float) -> None:
    assert strikes(entry(decide(legs(delta=delta), nothing())).condor)[0] == short_put


@pytest.mark.parametrize(
    ("spot", "short_put", "short_call"), [(2799.99, 2650, 2900), (2800.0, 2675, 2900), (2800.01, 2675, 2925)]
)
def test_shorts_keep_their_distances(spot: float, short_put: float, short_call: float) -> None:
    put, _, call, _ = strikes(entry(decide(legs(at_delta=50.0), nothing(), spot=spot)).condor)
    assert (put, call) == (short_put, short_call)


def test_multiples_of_25_are_preferred_and_others_taken_when_none_will_do() -> None:
    near = legs(at_delta=140.0)
    assert strikes(entry(decide(near, nothing())).condor)[0] == 2650
    assert strikes(entry(decide(near, nothing(), prefer_multiple=0.0)).condor)[0] == 2660
    quarters = without(near, *range(2225, 2801, 25))
    assert strikes(entry(decide(quarters, nothing())).condor)[0] == 2660


@pytest.mark.parametrize(("credit", "enters"), [(3.01, True), (3.0, True), (2.99, False)])
def test_minimum_credit(credit: float, enters: bool) -> None:
    decision = decide(legs(credit=credit), nothing())
    assert bool(decision.actions) is enters
    assert names(decision) == ([] if enters else ["min_credit"])


def test_the_nearest_expiry_wins_and_the_first_class_on_a_tie() -> None:
    thursday, friday = legs(AM, "20190718"), legs(SPXW, "20190719")
    assert entry(decide(friday, thursday)).condor.short_put.trading_class == "SPX"
    tie = entry(decide(legs(SPXW, "20190718"), thursday))
    assert tie.condor.short_put.trading_class == "SPXW"
    assert entry(decide(legs(AM), trading_classes=["SPX"])).condor.short_put.trading_class == "SPX"


def test_where_a_wing_is_not_listed_the_next_expiry_is_looked_at() -> None:
    gap = without(legs(), 2625)
    following = selection(CONFIG, "SPXW", 54)
    decision = decide(gap, nothing())
    assert decision.wants == (following,)
    assert not decision.actions
    final = decide(gap, nothing(), legs(following, "20190712"))
    assert entry(final).condor.short_put.expiry == "20190712"
    assert names(final) == ["wings_not_listed"]
    assert names(decide(gap, nothing(), nothing(following))) == ["wings_not_listed", "no_expiry"]


def test_a_wing_that_did_not_answer_waits_for_the_next_poll() -> None:
    decision = decide(without(legs(), 2625, unanswered=True), nothing())
    assert names(decision) == ["wings_not_listed"]
    assert not decision.wants


def test_a_bad_quote_is_one_contracts_veto() -> None:
    passed_over = decide(requoted(legs(), 2650.0, bid=None), nothing())
    assert names(passed_over) == ["bad_quote"]
    assert strikes(entry(passed_over).condor)[0] == 2625
    assert names(decide(requoted(legs(), 2975.0, ask=0.0, bid=0.0), nothing())) == ["bad_quote"]


def test_one_entry_a_day_and_up_to_three_positions() -> None:
    assert names(decide(state=knowing(entries=(clock("09:35"),)))) == ["already_entered"]
    held = tuple(holding(clock("11:00", date(2019, 5, 7)), f"p{n}") for n in range(3))
    assert names(decide(state=knowing(holdings=held))) == ["max_positions"]
    assert decide(state=knowing(holdings=held[:2])).actions


@pytest.mark.parametrize("time", ["09:29:59", "16:00:00"])
def test_a_closed_market_is_vetoed(time: str) -> None:
    assert names(decide(t=clock(time))) == ["market_closed"]


def test_a_chain_that_could_not_be_asked_is_no_chain() -> None:
    assert names(decide(ChainQuotes("c", SPXW, 0, (), error="disconnected"), nothing())) == ["no_chain"]


def test_an_index_without_a_price_is_a_bad_quote() -> None:
    assert names(decide(spot=float("nan"))) == ["bad_quote"]


def test_the_table_is_the_defaults() -> None:
    assert (CONFIG.vix_spike, CONFIG.min_dte, CONFIG.short_delta, CONFIG.wing) == (0.2, 49, 0.1, 25)
    assert (CONFIG.min_put_distance, CONFIG.min_call_distance, CONFIG.min_credit) == (125, 100, 3)
    assert (CONFIG.prefer_multiple, CONFIG.exit_dte, CONFIG.max_positions, CONFIG.max_entries) == (25, 30, 3, 1)
    assert (CONFIG.delta_red_line, CONFIG.proximity_red_line, CONFIG.red_line_share) == (30, 50, 0.5)
    assert (CONFIG.quantity, decider("monthly_ic").poll) == (2, 300)


@pytest.mark.parametrize(("day", "vix", "close"), [(date(2019, 5, 7), 19.32, 15.44), (DAY, 20.55, 16.04)])
def test_it_enters_on_the_recorded_spikes_of_2019(shared: Path, day: date, vix: float, close: float) -> None:
    t = clock("15:00", day)
    quotes = fill_greeks(spx_2019(shared, day, t)[0], t, rate=0.024)
    spot = quotes[0].underlying
    assert spot is not None
    strategy, view = decider("monthly_ic"), spots(t, vix, close, spot)
    decision = strategy.decide(view, RUNNING)
    while decision.wants:
        view = view.plus(*(recorded(quotes, want, t, spot) for want in decision.wants if isinstance(want, Selection)))
        decision = strategy.decide(view, RUNNING)
    action = entry(decision)
    condor = action.condor
    assert 49 <= dte(condor.short_put.expiry, t) <= 55
    assert all(leg.strike % 25 == 0 for leg in condor.legs)
    assert condor.short_put.strike <= spot - 125
    assert condor.short_call.strike >= spot + 100
    assert 3.0 <= action.worst <= action.limit < 25
    assert action.natural < action.limit + 0.03


def recorded(quotes: list[Quote], wanted: Selection, t: float, spot: float) -> ChainQuotes:
    by_contract = {q.contract: q for q in quotes if q.contract.trading_class == wanted.trading_class}
    expiries = choose_expiries({c.expiry for c in by_contract}, wanted, t)
    chosen = choose_contracts([c for c in by_contract if c.expiry in expiries], wanted, spot)
    return ChainQuotes("c", wanted, len(chosen), tuple(by_contract[c] for c in chosen))
