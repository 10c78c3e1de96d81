from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from messages.market import ChainQuotes
from messages.orders import Enter
from strategies.base import Decision, Phase, State
from strategies.dte0_ic.config import Config
from strategies.dte0_ic.scanner import selection
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

T = clock("09:45")


def today(t: float = T, expiry: str = "20190513", **changes: Any) -> ChainQuotes:
    given = {"delta": 0.06, "at_delta": 50.0, "credit": 0.60, "wing": 10.0} | changes
    return chain(selection(Config()), t, expiry=expiry, **given)


def decide(
    t: float = T,
    vix: float = 20.0,
    spot: float = 2800.0,
    answer: ChainQuotes | None = None,
    state: State = RUNNING,
    **params: object,
) -> Decision:
    legs = [quote for held in state.book.holdings for quote in marks(held, t, held.credit)]
    view = spots(t, vix, spot=spot).plus(answer or today(t), *legs)
    return decider("dte0_ic", **params).decide(view, state)


def names(decision: Decision) -> list[str]:
    return [veto.name for veto in decision.vetoes]


def entry(decision: Decision) -> Enter:
    assert not decision.wants
    (action,) = decision.actions
    assert isinstance(action, Enter)
    return action


def test_a_calm_morning_enters_four_legs() -> None:
    decision = decide()
    action = entry(decision)
    assert strikes(action.condor) == (2750, 2740, 2850, 2860)
    assert {leg.expiry for leg in action.condor.legs} == {"20190513"}
    assert {leg.trading_class for leg in action.condor.legs} == {"SPXW"}
    assert (action.quantity, action.limit) == (1, 0.60)
    assert action.natural == pytest.approx(0.20)
    assert action.worst == 0.50
    assert action.condor.width == 10.0
    assert decision.vetoes == ()


def test_it_asks_for_spots_then_for_a_modest_chain_then_decides() -> None:
    strategy = decider("dte0_ic")
    view = spots(T)
    assert strategy.decide(type(view)(T), RUNNING).wants == (VIX, SPX)
    (wanted,) = strategy.decide(view, RUNNING).wants
    assert wanted == selection(Config())
    assert strategy.decide(view.plus(today()), RUNNING).actions


@pytest.mark.parametrize(
    ("time", "enters"), [("09:44:59", False), ("09:45:00", True), ("10:00:00", True), ("10:00:01", False)]
)
def test_entry_window(time: str, enters: bool) -> None:
    decision = decide(clock(time))
    assert bool(decision.actions) is enters
    assert names(decision) == ([] if enters else ["window"])
    assert not decision.wants


@pytest.mark.parametrize(("time", "enters"), [("12:44:59", True), ("12:45:00", False)])
def test_no_entry_once_an_early_close_forces_exits(time: str, enters: bool) -> None:
    t = clock(time, date(2019, 7, 3))
    decision = decide(t, answer=today(t, "20190703"), entry_from="12:00", entry_until="14:00")
    assert bool(decision.actions) is enters
    assert names(decision) == ([] if enters else ["window"])


@pytest.mark.parametrize("day", [date(2019, 5, 11), date(2019, 5, 27)])
def test_a_closed_day_is_vetoed(day: date) -> None:
    assert names(decide(clock("09:50", day))) == ["market_closed"]


@pytest.mark.parametrize(
    ("vix", "enters"), [(13.99, False), (14.0, True), (14.01, True), (29.99, True), (30.0, True), (30.01, False)]
)
def test_vix_band(vix: float, enters: bool) -> None:
    decision = decide(vix=vix)
    assert bool(decision.actions) is enters
    if not enters:
        assert names(decision) == ["vix_band"]
        assert decision.vetoes[0].numbers == {"vix": vix, "vix_min": 14.0, "vix_max": 30.0}


@pytest.mark.parametrize(("delta", "short_put"), [(0.0599, 2750), (0.06, 2750), (0.0601, 2745)])
def test_the_short_delta_is_never_above_its_target(delta: float, short_put: float) -> None:
    assert strikes(entry(decide(answer=today(delta=delta))).condor)[0] == short_put


@pytest.mark.parametrize(
    ("spot", "expected"), [(2799.99, (2765, 2830)), (2800.0, (2770, 2830)), (2800.01, (2770, 2835))]
)
def test_shorts_keep_thirty_points_from_spot(spot: float, expected: tuple[float, float]) -> None:
    put, _, call, _ = strikes(entry(decide(spot=spot, answer=today(at_delta=10.0))).condor)
    assert (put, call) == expected


@pytest.mark.parametrize(("distance", "vetoed"), [(29.0, False), (30.0, False), (31.0, True)])
def test_no_strike_far_enough_is_a_veto_with_its_numbers(distance: float, vetoed: bool) -> None:
    near = without(today(at_delta=10.0), *range(2700, 2770, 5))
    decision = decide(answer=near, min_distance=distance, wing=5.0)
    assert ("min_distance" in names(decision)) is vetoed
    if vetoed:
        assert decision.vetoes[0].numbers == {"distance": 30.0, "min_distance": 31.0, "spot": 2800.0}


def test_no_short_when_every_delta_is_too_large_or_missing() -> None:
    assert names(decide(answer=today(at_delta=500.0))) == ["no_short_put", "no_short_call"]
    unknown = today()
    for strike in range(2700, 2900, 5):
        unknown = requoted(unknown, strike, delta=None)
    decision = decide(answer=unknown)
    assert names(decision) == ["no_short_put", "no_short_call"]
    assert decision.vetoes[0].numbers["smallest"] is None


@pytest.mark.parametrize(("credit", "enters"), [(0.51, True), (0.50, True), (0.49, False)])
def test_minimum_credit(credit: float, enters: bool) -> None:
    decision = decide(answer=today(credit=credit))
    assert bool(decision.actions) is enters
    if enters:
        assert entry(decision).limit == 0.50
    else:
        assert names(decision) == ["min_credit"]
        assert decision.vetoes[0].numbers["mid"] == pytest.approx(credit)


@pytest.mark.parametrize(("wing", "long_put"), [(5.0, 2745), (10.0, 2740), (15.0, 2735)])
def test_wings_are_exactly_that_far(wing: float, long_put: float) -> None:
    assert strikes(entry(decide(answer=today(wing=wing), wing=wing)).condor)[1] == long_put


@pytest.mark.parametrize("missing", [2740.0, 2860.0])
def test_an_unlisted_wing_is_a_veto(missing: float) -> None:
    decision = decide(answer=without(today(), missing))
    assert not decision.actions
    assert names(decision) == ["wings_not_listed"]
    assert decision.vetoes[0].numbers == {"long_put": 2740.0, "long_call": 2860.0, "wing": 10.0}


@pytest.mark.parametrize(
    "bad", [{"bid": None}, {"ask": None}, {"bid": 99.0}, {"bid": float("nan")}, {"bid": 0.0, "ask": 0.0}, {"bid": -1.0}]
)
def test_a_bad_quote_is_one_contracts_veto(bad: dict[str, float | None]) -> None:
    passed_over = decide(answer=requoted(today(), 2750.0, **bad))
    assert names(passed_over) == ["bad_quote"]
    assert strikes(entry(passed_over).condor)[0] == 2745
    wing = decide(answer=requoted(today(), 2860.0, **bad))
    assert names(wing) == ["bad_quote"]
    assert not wing.actions


def test_a_credit_no_market_pays_is_refused() -> None:
    assert names(decide(answer=today(credit=10.0))) == ["riskless"]


def test_one_entry_a_day() -> None:
    sent = knowing(entries=(clock("09:45"),))
    yesterday = knowing(entries=(clock("09:45", date(2019, 5, 10)),))
    assert names(decide(clock("09:50"), state=sent)) == ["already_entered"]
    assert decide(clock("09:50"), state=yesterday).actions
    assert decide(clock("09:50"), state=sent, max_entries=2).actions


def test_one_position_at_a_time() -> None:
    one = knowing(holdings=(holding(T - 3600),))
    assert names(decide(state=one)) == ["max_positions"]
    assert decide(state=one, max_positions=2).actions


@pytest.mark.parametrize("phase", [Phase.STOPPED, Phase.STARTING, Phase.STOPPING])
def test_only_a_running_strategy_enters(phase: Phase) -> None:
    assert names(decide(state=knowing(phase))) == ["not_running"]


def test_every_gate_that_is_shut_is_named() -> None:
    full = knowing(entries=(T,), holdings=(holding(T),))
    assert names(decide(clock("12:00"), state=full)) == ["window", "already_entered", "max_positions"]


def test_a_chain_without_todays_expiry_is_no_expiry() -> None:
    assert names(decide(answer=ChainQuotes("c", selection(Config()), 0, ()))) == ["no_expiry"]
    assert names(decide(answer=today(expiry="20190515"))) == ["no_expiry"]


def test_a_chain_that_could_not_be_asked_is_no_chain() -> None:
    refused = ChainQuotes("c", selection(Config()), 0, (), error="the breaker is open")
    decision = decide(answer=refused)
    assert names(decision) == ["no_chain"]
    assert "breaker" in decision.vetoes[0].text


@pytest.mark.parametrize(("vix", "spot"), [(float("nan"), 2800.0), (-1.0, 2800.0), (20.0, float("nan")), (20.0, 0.0)])
def test_an_index_without_a_price_is_a_bad_quote(vix: float, spot: float) -> None:
    assert names(decide(vix=vix, spot=spot)) == ["bad_quote"]


def test_the_table_is_the_defaults() -> None:
    config = Config()
    assert (config.entry_from, config.entry_until, config.vix_min, config.vix_max) == ("09:45", "10:00", 14, 30)
    assert (config.short_delta, config.wing, config.min_distance, config.min_credit) == (0.06, 10, 30, 0.5)
    assert (config.profit_target, config.stop_loss, config.close_before) == (0.5, 2, 15)
    assert (config.max_entries, config.max_positions, config.quantity) == (1, 1, 1)
    assert (config.delta_red_line, config.proximity_red_line, config.poll) == (15, 15, 45)
    assert decider("dte0_ic").poll == 45
    assert DAY.weekday() == 0


@pytest.mark.parametrize(
    "day",
    [date(2019, 3, 8), date(2019, 3, 11), date(2019, 11, 1), date(2019, 11, 4), date(2019, 7, 3), date(2019, 11, 29)],
)
@pytest.mark.parametrize(
    ("time", "enters"), [("09:44:59", False), ("09:45:00", True), ("10:00:00", True), ("10:00:01", False)]
)
def test_the_window_is_exchange_time_before_and_after_the_clocks_change(day: date, time: str, enters: bool) -> None:
    t = clock(time, day)
    assert bool(decide(t, answer=today(t, f"{day:%Y%m%d}")).actions) is enters


@pytest.mark.parametrize("day", [date(2019, 7, 4), date(2019, 11, 28), date(2018, 12, 5), date(2019, 4, 19)])
def test_holidays_and_days_of_mourning_are_closed(day: date) -> None:
    assert names(decide(clock("09:50", day))) == ["market_closed"]


def test_the_am_settled_month_that_is_listed_under_today_is_not_todays_expiry() -> None:
    """On Thursday 2019-06-20 SPX options of Friday's settlement trade for the last time, beside SPXW's of the day."""
    t = clock("09:50", date(2019, 6, 20))
    own = today(t, "20190620")
    month = tuple(
        replace(quote, contract=replace(quote.contract, trading_class="SPX"), bid=9.0, ask=9.2) for quote in own.quotes
    )
    mixed = replace(own, quotes=month + own.quotes)
    assert {leg.trading_class for leg in entry(decide(t, answer=mixed)).condor.legs} == {"SPXW"}
    assert names(decide(t, answer=replace(own, quotes=month))) == ["no_expiry"]


@pytest.mark.parametrize("age", [60.0, 60.1])
def test_frozen_indices_let_nothing_in(age: float) -> None:
    view = spots(T).plus(today())
    old = replace(view, quotes=tuple(replace(quote, received=T - age) for quote in view.quotes))
    decision = decider("dte0_ic").decide(old, RUNNING)
    assert bool(decision.actions) is (age <= 60.0)
    assert names(decision) == ([] if age <= 60.0 else ["stale_quote", "stale_quote"])
