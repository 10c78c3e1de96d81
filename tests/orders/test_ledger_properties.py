"""What must hold of a ledger for any history: orders, fills in parts, told twice and late, and the log cut anywhere."""

from __future__ import annotations

import random
from collections import Counter
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.orders.charges import Charges
from desk.orders.encoding import combo
from desk.orders.ledger import Ledger
from desk.orders.lines import EndLine, ExecLine, FillLine, Line, OrderLine, RiskLine, SettledLine
from desk.orders.summary import summarise, trades
from messages.orders import Action, Breach, Charged, Order, OrderState
from tests.orders.made import OPENED, condor, order, rows

DAY = date(2019, 5, 13)


def history(seed: int, positions: int = 6) -> list[Line]:
    """A trader's log: positions opened and closed in parts, cancelled in between, some settled, some left open."""
    chance = random.Random(seed)
    lines: list[Line] = []
    for n in range(positions):
        at = OPENED + 100 * n
        quantity = chance.randint(1, 4)
        of = condor(101 + 2 * chance.randint(0, 3), put=2800 + chance.randint(0, 3))
        opening = order(f"p{n}", quantity=quantity, at=at, of=of, limit=chance.randint(1, 60) / 20)
        opened = chance.randint(0, quantity)
        lines += worked(opening, opened, chance)
        lines.append(RiskLine(Breach(f"p{n}", "delta", active=True), at))
        while opened and chance.random() < 0.8:
            asked = chance.randint(1, opened)
            closing = order(f"p{n}c{len(lines)}", Action.CLOSE, position=f"p{n}", quantity=asked, of=of, at=at + 50)
            done = chance.randint(0, asked)
            lines += worked(closing, done, chance)
            opened -= done
        if opened and chance.random() < 0.3:
            lines.append(SettledLine(f"p{n}", opened, chance.randint(0, 200) / 20, at + 90))
    return lines


def worked(of: Order, done: int, chance: random.Random) -> list[Line]:
    """An order that filled `done` in parts, with commissions, and then ended."""
    lines: list[Line] = [OrderLine(of)]
    ledger, charges, left, n = Ledger.of("any", lines), Charges(), done, 0
    while left:
        part, n = chance.randint(1, left), n + 1
        left -= part
        executed = rows(of, chance.randint(1, 60) / 20, part, n)
        lines += executed
        ledger.apply(*executed)
        for line in executed[1:]:
            charges.told(Charged(of.order_id, line.row.fill, line.row.exec_id, 0.65 * part))
        fills = charges.due(ledger, of.at + n)
        ledger.apply(*fills)
        lines += fills
    state = OrderState.FILLED if done == of.quantity else OrderState.CANCELLED
    return [*lines, EndLine(of.order_id, state, done, of.at + 20)]


histories = st.integers(0, 10**6).map(history)


@given(histories, st.data())
def test_line_by_line_and_at_once_are_the_same(lines: list[Line], data: st.DataObject) -> None:
    cut = data.draw(st.integers(0, len(lines)))
    ledger = Ledger.of("any", lines[:cut])
    for n, line in enumerate(lines[cut:], cut + 1):
        ledger.apply(line)
        looked = ledger.book(DAY, ready=True), ledger.troubles
        fresh = Ledger.of("any", lines[:n])
        assert looked == (fresh.book(DAY, ready=True), fresh.troubles)
    whole = Ledger.of("any", lines)
    assert ledger.book(DAY, ready=True) == whole.book(DAY, ready=True)
    assert ledger.legs() == whole.legs()
    assert whole.version == len(lines)
    assert whole.troubles == ()


@given(histories, st.randoms(use_true_random=False))
def test_executions_told_again_at_any_later_time_change_nothing(lines: list[Line], chance: random.Random) -> None:
    again = list(lines)
    for line in [line for line in lines if isinstance(line, ExecLine)]:
        again.insert(chance.randint(again.index(line) + 1, len(again)), line)
    one, other = Ledger.of("any", lines), Ledger.of("any", again)
    assert one.holdings == other.holdings
    assert one.legs() == other.legs()
    assert one.realised(DAY) == other.realised(DAY)
    assert one.unpaired == other.unpaired == ()


@given(histories, st.data())
def test_f05_legs_are_what_the_executions_of_the_legs_sum_to(lines: list[Line], data: st.DataObject) -> None:
    cut = lines[: data.draw(st.integers(0, len(lines)))]
    while cut and isinstance(cut[-1], ExecLine):  # a fill's rows are told together
        cut.pop()
    held = Counter[int]()
    for line in cut:
        if isinstance(line, ExecLine) and line.row.con_id:
            held[line.row.con_id] += line.row.quantity if line.row.bought else -line.row.quantity
        if isinstance(line, SettledLine):
            position = Ledger.of("any", cut).positions[line.position]
            assert position.condor is not None
            for leg in combo(position.condor, Action.CLOSE):
                held[leg.con_id] += line.quantity if leg.buy else -line.quantity
    assert {con_id: leg.quantity for con_id, leg in Ledger.of("any", cut).legs().items()} == {
        con_id: quantity for con_id, quantity in held.items() if quantity
    }


@given(histories)
def test_what_each_day_realised_is_what_the_summary_sums(lines: list[Line]) -> None:
    ledger, summary = Ledger.of("any", lines), summarise("any", lines)
    realised = ledger.realised(DAY).amount
    assert realised == pytest.approx(summary.net_pnl + summary.open_realised, abs=1e-3)


@given(histories)
def test_a_trade_bears_all_commissions_of_its_orders_once(lines: list[Line]) -> None:
    ledger = Ledger.of("any", lines)
    for trade in trades(ledger):
        told = [line for line in lines if isinstance(line, FillLine)]
        own = [line for line in told if ledger.orders[line.order_id].order.position == trade.position]
        assert trade.commission.amount == pytest.approx(sum(line.commission for line in own))


@given(histories)
def test_risk_lines_may_be_read_after_all_trades(lines: list[Line]) -> None:
    others: list[Line] = [line for line in lines if not isinstance(line, RiskLine)]
    risks: list[Line] = [line for line in lines if isinstance(line, RiskLine)]
    assert Ledger.of("any", others + risks).book(DAY, ready=True) == Ledger.of("any", lines).book(DAY, ready=True)
