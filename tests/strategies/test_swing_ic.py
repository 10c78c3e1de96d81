"""swing_ic enters: every row of its table just inside, on it, and just outside."""

from typing import Any

import pytest

from desk.market.contracts import dte, option
from messages.contract import Contract
from messages.orders import Enter
from strategies.base import Decision, Phase, State, View
from strategies.swing_ic.config import Config
from strategies.swing_ic.scanner import VIX, inputs
from tests.strategies.made import clock, decider, holding, knowing, marks, opening, strikes
from tests.strategies.made_swing import DAY, FAR, NEAR, Market, T, fives

CONFIG = Config()


def decide(state: State | None = None, symbols: tuple[str, ...] = ("SPY",), **changes: Any) -> Decision:
    params = changes.pop("params", {})
    return Market(**changes).decide(decider("swing_ic", symbols=list(symbols), **params), state or knowing())


def names(decision: Decision) -> list[str]:
    return [veto.name for veto in decision.vetoes]


def entry(decision: Decision) -> Enter:
    (action,) = decision.actions
    assert isinstance(action, Enter)
    return action


def test_a_rich_calm_rising_etf_is_sold() -> None:
    action = entry(decide())
    assert strikes(action.condor) == (645, 640, 735, 740)
    assert {leg.expiry for leg in action.condor.legs} == {NEAR}
    assert {leg.trading_class for leg in action.condor.legs} == {"SPY"}
    assert all(leg.con_id for leg in action.condor.legs)
    assert (action.quantity, action.limit, action.worst) == (1, 1.5, 1.42)


def test_it_asks_for_vix_then_for_chain_spot_and_history_then_for_four_legs() -> None:
    strategy, state, market = decider("swing_ic", symbols=["SPY"]), knowing(), Market()
    view = View(T)
    assert strategy.decide(view, state).wants == (VIX,)
    view = view.plus(market.answer(VIX))  # type: ignore[arg-type]  # a quote
    first = strategy.decide(view, state).wants
    assert first == inputs("SPY")
    view = view.plus(*(market.answer(want) for want in first))  # type: ignore[arg-type]  # answers to wants
    legs = strategy.decide(view, state).wants
    assert {(leg.strike, leg.right, leg.trading_class, leg.con_id) for leg in legs if isinstance(leg, Contract)} == {
        (645, "P", "", 0), (640, "P", "", 0), (735, "C", "", 0), (740, "C", "", 0)
    }  # fmt: skip


@pytest.mark.parametrize(("vix", "enters"), [(13.99, False), (14.0, True), (30.0, True), (30.01, False)])
def test_vix_band(vix: float, enters: bool) -> None:
    decision = decide(vix=vix)
    assert bool(decision.actions) is enters
    assert names(decision) == ([] if enters else ["vix_band"])


@pytest.mark.parametrize("vix", [None, float("nan"), -1.0, 0.0])
def test_without_a_price_of_vix_nothing_is_asked_further(vix: float | None) -> None:
    assert names(decide(vix=vix)) == ["bad_quote"]


@pytest.mark.parametrize(
    ("expiry", "days", "enters"),
    [("20260320", 44, False), ("20260321", 45, True), ("20260420", 75, True), ("20260421", 76, False)],
)
def test_forty_five_to_seventy_five_days(expiry: str, days: int, enters: bool) -> None:
    assert dte(expiry, T) == days
    decision = decide(expiries=(expiry,))
    assert bool(decision.actions) is enters
    assert names(decision) == ([] if enters else ["no_expiry"])


def test_the_seeds_days_are_one_short() -> None:
    """SPEC C3: of the list of 2026-02-04, 20260331 and 20260417 are 55 and 72 days out."""
    assert [dte(each, T) for each in (NEAR, FAR)] == [55, 72]
    assert entry(decide(expiries=("20260320", NEAR, FAR, "20260515"))).condor.short_put.expiry == NEAR


@pytest.mark.parametrize(("iv", "enters"), [(0.1299, False), (0.13, True), (0.1301, True)])
def test_iv_rank_at_least_thirty(iv: float, enters: bool) -> None:
    decision = decide(iv=iv)
    assert bool(decision.actions) is enters
    if not enters:
        assert names(decision) == ["iv_rank"]
        assert decision.vetoes[0].numbers["iv_rank"] == pytest.approx(29.9)


@pytest.mark.parametrize("ivs", [[], [0.1] * 29, [0.1 + n / 1000 for n in range(29)], [0.1] * 60])
def test_the_fifty_of_a_short_history_never_counts(ivs: list[float]) -> None:
    decision = decide(ivs=ivs, params={"iv_rank_min": 0.0})
    assert names(decision) == ["iv_rank_unknown"]
    assert decision.vetoes[0].numbers["iv_rank"] is None


def test_thirty_days_of_history_are_enough() -> None:
    assert decide(ivs=[0.1 + n / 1000 for n in range(30)]).actions


@pytest.mark.parametrize(
    ("closes", "veto"),
    [
        ([float(n) for n in range(1, 61)], []),
        ([float(n) for n in range(61, 1, -1)], ["downtrend"]),
        ([100.0] * 60, []),
        ([100.0] * 49, ["trend_unknown"]),
        ([100.0] * 50, []),
        ([], ["trend_unknown"]),
    ],
)
def test_never_in_a_downtrend(closes: list[float], veto: list[str]) -> None:
    assert names(decide(closes=closes)) == veto


@pytest.mark.parametrize(
    ("age", "veto"), [(599.0, []), (600.0, []), (600.1, ["old_recorded_chain"]), (86_400.0, ["old_recorded_chain"])]
)
def test_a_chain_recorded_long_ago_is_not_sold_from(age: float, veto: list[str]) -> None:
    assert names(decide(age=age)) == veto


def test_a_symbol_that_is_not_recorded_is_a_veto() -> None:
    assert names(decide(without={"SPY"})) == ["no_recorded_chain"]


@pytest.mark.parametrize(("credit", "enters"), [(0.99, False), (1.0, True), (1.01, True)])
def test_credit_at_least_a_fifth_of_the_wing(credit: float, enters: bool) -> None:
    decision = decide(credit=credit)
    assert bool(decision.actions) is enters
    if enters:
        assert entry(decision).worst == 1.0
    else:
        assert names(decision) == ["min_credit", "min_credit", "no_expiry"]
        assert decision.vetoes[0].numbers["min_credit"] == 1.0


def test_it_is_the_live_credit_that_counts() -> None:
    assert "min_credit" in names(decide(live_credit=0.9))
    assert entry(decide(credit=0.9, live_credit=1.2)).limit == 1.2


def test_the_short_delta_is_the_recorded_one_nearest_at_or_below() -> None:
    assert strikes(entry(decide(params={"short_delta": 0.1599})).condor)[0] == 640
    assert strikes(entry(decide(params={"short_delta": 0.1601})).condor)[0] == 645


@pytest.mark.parametrize(("shift", "enters"), [(0.0, True), (0.02, True), (0.0201, False)])
def test_a_live_delta_may_have_drifted_a_little(shift: float, enters: bool) -> None:
    decision = decide(shift=shift)
    assert bool(decision.actions) is enters
    if not enters:
        assert names(decision) == ["no_short_put", "no_short_call"]


def test_iwm_takes_three_points_or_the_next_that_is_listed() -> None:
    fine = Market(wing={"IWM": 3.0})
    exact = entry(fine.decide(decider("swing_ic", symbols=["IWM"]), knowing()))
    assert strikes(exact.condor) == (240, 237, 285, 288)
    coarse = entry(decide(symbols=("IWM",), listed=fives))
    assert strikes(coarse.condor) == (240, 235, 285, 290)
    assert coarse.worst >= 1.0


def test_no_wing_at_all_is_a_veto_and_the_next_expiry_is_tried() -> None:
    def without_wings(contract: Contract) -> bool:
        return contract.strike in {645, 735} or contract.expiry == FAR

    assert entry(decide(listed=without_wings)).condor.short_put.expiry == FAR
    decision = decide(listed=lambda contract: contract.strike in {645, 735})
    assert names(decision) == ["wings_not_listed", "wings_not_listed", "no_expiry"]


def test_live_quotes_must_be_fresh_and_sound() -> None:
    assert set(names(decide(live_age=61.0))) == {"stale_quote"}
    assert names(decide(crossed=645.0)) == ["bad_quote", "no_short_put"]
    assert names(decide(crossed=740.0)) == ["bad_quote"]


def test_one_position_per_symbol() -> None:
    held = holding(T - 86_400, symbol="SPY", trading_class="SPY", expiry=NEAR, at=(600, 595, 750, 755), credit=1.0)
    quotes = marks(held, T, 1.0)

    class Holding(Market):
        def answer(self, want: object) -> object:
            return next((each for each in quotes if each.contract == want), None) or super().answer(want)

    state = knowing(holdings=(held,))
    other = Holding().decide(decider("swing_ic", symbols=["SPY", "QQQ"]), state)
    assert entry(other).condor.short_put.symbol == "QQQ"
    assert names(Holding().decide(decider("swing_ic", symbols=["SPY"]), state)) == ["max_positions"]


def test_one_entry_at_a_time_and_three_a_day() -> None:
    assert names(decide(knowing(working=(opening(),)))) == ["entry_working"]
    today = tuple(clock(each, DAY) for each in ("09:40", "09:45", "10:00"))
    assert decide(knowing(entries=today[:2])).actions
    assert names(decide(knowing(entries=today))) == ["already_entered"]


def test_the_first_symbol_that_may_goes_first_and_the_others_vetoes_are_named() -> None:
    decision = decide(symbols=("SPY", "QQQ", "IWM"), without={"SPY"})
    assert entry(decision).condor.short_put.symbol == "QQQ"
    assert "no_recorded_chain" in names(decision)


@pytest.mark.parametrize("phase", [Phase.STOPPED, Phase.STARTING, Phase.STOPPING])
def test_only_a_running_strategy_enters(phase: Phase) -> None:
    assert names(decide(knowing(phase))) == ["not_running"]


@pytest.mark.parametrize("time", ["09:29:59", "16:00:00"])
def test_a_closed_market_is_vetoed(time: str) -> None:
    assert names(decide(t=clock(time, DAY))) == ["market_closed"]


def test_the_table_is_the_defaults() -> None:
    assert CONFIG.symbols == ("SPY", "QQQ", "IWM")
    assert CONFIG.wings == {"SPY": 5, "QQQ": 5, "IWM": 3}
    assert (CONFIG.min_dte, CONFIG.max_dte, CONFIG.exit_dte, CONFIG.short_delta) == (45, 75, 21, 0.16)
    assert (CONFIG.min_credit, CONFIG.iv_rank_min, CONFIG.vix_min, CONFIG.vix_max) == (0.2, 30, 14, 30)
    assert (CONFIG.profit_target, CONFIG.stop_loss, CONFIG.quantity, CONFIG.poll) == (0.5, 2, 1, 30)
    assert decider("swing_ic").poll == 30
    assert option("SPY", NEAR, 1.0, "P", "SPY").trading_class == "SPY"


@pytest.mark.parametrize("odd", [float("nan"), float("inf"), float("-inf"), -1.0, 0.0])
def test_a_bar_that_is_no_price_does_not_count(odd: float) -> None:
    assert decide(closes=[odd, *(float(n) for n in range(1, 61))]).actions
    assert decide(ivs=[odd, *(0.1 + n / 1000 for n in range(30))]).actions
