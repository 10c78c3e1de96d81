"""What a strategy owns, from its lines alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from desk.orders.ledger import Ledger, total
from desk.orders.lines import EndLine, ExecLine, FillLine, Line, OrderLine, RiskLine, SettledLine
from desk.orders.money import Dollars
from messages.orders import Action, Breach, Holding, OrderState, Working
from tests.orders.made import OPENED, charge, condor, filled, order, rows

DAY = date(2019, 5, 13)


def test_an_order_is_an_intent_until_its_log_says_more() -> None:
    ledger = Ledger.of("dte0_ic", [OrderLine(order(quantity=2))])
    book = ledger.book(DAY, ready=True)
    assert book.version == 1
    assert book.entries == (OPENED,)
    assert book.holdings == ()
    assert book.working == (Working("o1", "o1", Action.OPEN, 2, 0, 1.5, OrderState.INTENT, "entry"),)


def test_an_opening_that_nobody_took_was_no_entry_and_one_that_was_refused_is() -> None:
    opening = order(quantity=2)
    for state, filled_spreads, entries in (
        (OrderState.CANCELLED, 0, ()),
        (OrderState.CANCELLED, 1, (OPENED,)),
        (OrderState.REJECTED, 0, (OPENED,)),
        (OrderState.FILLED, 2, (OPENED,)),
    ):
        ledger = Ledger.of("dte0_ic", [OrderLine(opening), EndLine("o1", state, filled_spreads, OPENED + 60)])
        assert ledger.entries == entries


def test_a_filled_opening_is_a_holding_at_its_average_credit() -> None:
    opening = order(quantity=3)
    lines: list[Line] = [OrderLine(opening), *rows(opening, 1.5, 1, 1), *rows(opening, 1.2, 2, 2)]
    ledger = Ledger.of("dte0_ic", lines)
    assert ledger.holdings == (Holding("o1", condor(), 3, 1.3, OPENED + 1),)
    assert {con_id: leg.quantity for con_id, leg in ledger.legs().items()} == {101: -3, 102: 3, 103: -3, 104: 3}
    assert ledger.legs()[101].contract == condor().short_put


def test_an_execution_told_twice_counts_once_and_its_correction_replaces_it() -> None:
    opening = order()
    bag, *legs = rows(opening, 1.5, 1)
    lines: list[Line] = [OrderLine(opening), bag, bag, *legs, *legs]
    corrected = ExecLine(Action.OPEN, replace(bag.row, revision=2, price=-1.4))
    for again in (lines, [*lines, corrected], [*lines, corrected, bag]):
        ledger = Ledger.of("dte0_ic", again)
        assert ledger.holdings[0].quantity == 1
        assert ledger.holdings[0].credit == (1.5 if again is lines else 1.4)


def test_partial_closes_leave_the_rest_and_realise_their_share() -> None:
    opening, closing = order(quantity=2), order("o2", Action.CLOSE, position="o1", limit=None, at=OPENED + 600)
    ledger = Ledger.of("dte0_ic", [*filled(opening, 1.5, commission=5.0), *filled(closing, 0.5, commission=3.0)])
    assert [each.quantity for each in ledger.holdings] == [1]
    assert ledger.realised(DAY) == Dollars(100.0 - 2.5 - 3.0)
    assert ledger.realised(date(2019, 5, 14)) == Dollars(0.0)
    assert ledger.book(DAY, ready=True).realised == 94.5


def test_f07_two_orders_that_close_one_position_at_once_are_trouble() -> None:
    one, two = (order(name, Action.CLOSE, position="o1", limit=0.7) for name in ("o2", "o3"))
    ledger = Ledger.of("dte0_ic", [*filled(order(), 1.5), OrderLine(one)])
    assert [tracked.order for tracked in ledger.working] == [one]
    assert not ledger.troubles
    ended = EndLine("o2", OrderState.CANCELLED, 0, OPENED + 60)
    assert Ledger.of("dte0_ic", [*filled(order(), 1.5), OrderLine(one), ended, OrderLine(two)]).troubles == ()
    ledger.apply(OrderLine(two))
    assert ledger.troubles == ("position o1: orders o2, o3 close it at once",)
    ledger.apply(ended)
    assert not ledger.troubles


def test_an_execution_after_the_end_is_still_owned() -> None:
    opening = order()
    ledger = Ledger.of("dte0_ic", [OrderLine(opening), EndLine("o1", OrderState.CANCELLED, 0, OPENED + 5)])
    ledger.apply(*rows(opening, 1.5, 1))
    assert [each.quantity for each in ledger.holdings] == [1]


def test_an_end_that_counts_more_than_was_executed_is_owed() -> None:
    opening = order(quantity=2)
    ledger = Ledger.of("dte0_ic", [OrderLine(opening), *rows(opening, 1.5, 1)])
    ledger.apply(EndLine("o1", OrderState.FILLED, 2, OPENED + 5))
    assert ledger.orders["o1"].owed == 1
    assert "ended with 1 filled that no execution tells of" in ledger.troubles[0]
    ledger.apply(*rows(opening, 1.5, 1, 2))
    assert ledger.troubles == ()


def test_executions_that_no_order_explains_are_nobodys() -> None:
    stray = rows(order("x9"), 1.5, 1)
    ledger = Ledger.of("dte0_ic", stray)
    assert ledger.holdings == ()
    assert ledger.legs() == {}
    assert ledger.unexplained == stray
    assert len(ledger.troubles) == len(stray)


def test_closing_more_than_was_opened_is_trouble_and_shows_in_the_legs() -> None:
    opening, closing = order(), order("o2", Action.CLOSE, position="o1", quantity=2)
    ledger = Ledger.of("dte0_ic", [*filled(opening, 1.5), *filled(closing, 0.5)])
    assert ledger.holdings == ()
    assert ledger.troubles == ("position o1: 2 closed of 1 opened",)
    assert ledger.legs()[101].quantity == 1


def test_a_settled_position_is_gone_and_its_cost_realised() -> None:
    ledger = Ledger.of("dte0_ic", filled(order(quantity=2), 1.5, commission=5.0))
    ledger.apply(SettledLine("o1", 2, 0.25, OPENED + 22_000))
    assert ledger.holdings == ()
    assert ledger.legs() == {}
    assert ledger.realised(DAY) == Dollars(2 * 125.0 - 5.0)


def test_breaches_are_in_force_until_clear_or_until_the_position_is_gone() -> None:
    breach = Breach("o1", "delta", active=True)
    ledger = Ledger.of("dte0_ic", [*filled(order(), 1.5), RiskLine(breach, OPENED)])
    assert ledger.breaches == {("o1", "delta")}
    ledger.apply(RiskLine(replace(breach, active=False), OPENED))
    assert ledger.breaches == set()
    ledger.apply(RiskLine(breach, OPENED), SettledLine("o1", 1, 0.0, OPENED))
    assert ledger.breaches == set()


def test_commissions_count_once_however_late_they_come() -> None:
    opening = order()
    executed = rows(opening, 1.5, 1)
    fill = FillLine("o1", "o1/1", 1.5, 1, 1.3, OPENED + 12, ("o1/1.1",))
    ledger = Ledger.of("dte0_ic", [OrderLine(opening), *executed, fill])
    tracked = ledger.orders["o1"]
    ledger.apply(charge(opening, 1, 1, 1.3), charge(opening, 1, 2, 0.7), charge(opening, 1, 2, 0.7))
    assert tracked.commission == Dollars(2.0)
    assert tracked.named("o1/1") == {"o1/1.1", "o1/1.2"}
    ledger.apply(replace(fill, commission=2.0, charged=("o1/1.1", "o1/1.2")))
    assert tracked.commission == Dollars(2.0)


def test_a_second_order_of_one_name_and_a_second_opening_are_not_taken() -> None:
    ledger = Ledger.of("dte0_ic", [OrderLine(order()), OrderLine(order(quantity=5))])
    ledger.apply(OrderLine(order("o2", position="o1")))
    assert ledger.orders.keys() == {"o1"}
    assert ledger.orders["o1"].order.quantity == 1
    assert len(ledger.troubles) == 2


def test_strategies_sum_to_what_the_account_holds() -> None:
    one = Ledger.of("a", filled(order("a1"), 1.5))
    other = Ledger.of("b", filled(order("b1", quantity=2), 1.5))
    summed = {con_id: leg.quantity for con_id, leg in total([one, other]).items()}
    assert summed == {101: -3, 102: 3, 103: -3, 104: 3}
