"""The summary's figures: one example by hand, and what must hold for any log."""

from __future__ import annotations

from dataclasses import asdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.orders.ledger import Ledger
from desk.orders.lines import EndLine, Line, OrderLine, SettledLine
from desk.orders.summary import summarise, trades
from messages.orders import Action, OrderState
from tests.orders.made import OPENED, filled, order, rows


def closed(name: str, at: float, credit: float, debit: float, **more: float | None) -> list[Line]:
    """A position of one spread, opened at `at`, closed ten minutes later; 2.60 and 2.40 dollars of commission."""
    limit, close_limit = more.get("limit", credit), more.get("close_limit", debit)
    opening = order(name, at=at, limit=limit)
    closing = order(f"{name}c", Action.CLOSE, position=name, limit=close_limit, at=at + 600)
    return [*filled(opening, credit, commission=2.6), *filled(closing, debit, commission=2.4)]


def test_a_worked_example() -> None:
    """By hand, per spread x 100, 5.00 of commissions each.

    a: 1.50 - 0.70 = 80 - 5 = 75; limit was 1.55, so 5 lost at the open, and 0.75 paid 0.70: 5 won at the close.
    b: 1.20 - 2.40 = -120 - 5 = -125, closed at market.
    c: 1.00 - 0.90 = 10 - 5 = 5; limit 1.10: 10 lost; closed at its limit.
    d: 0.80 - 0.75 = 5 - 5 = 0: no win.
    Net 75, -50, -45, -45: from the height of 75 down to -50.
    """
    lines = [
        *closed("a", OPENED, 1.5, 0.7, limit=1.55, close_limit=0.75),
        *closed("b", OPENED + 1000, 1.2, 2.4, close_limit=None),
        *closed("c", OPENED + 2000, 1.0, 0.9, limit=1.1),
        *closed("d", OPENED + 3000, 0.8, 0.75),
    ]
    assert asdict(summarise("dte0_ic", lines)) == {
        "total_trades": 4,
        "wins": 2,
        "losses": 2,
        "win_rate": 0.5,
        "gross_pnl": -25.0,
        "total_commission": 20.0,
        "net_pnl": -45.0,
        "avg_pnl": -11.25,
        "max_win": 75.0,
        "max_loss": -125.0,
        "max_drawdown": 125.0,
        "slippage": 10.0,
        "open_positions": 0,
        "open_realised": 0.0,
    }


def test_a_log_without_trades_has_zeros() -> None:
    assert set(asdict(summarise("dte0_ic", [])).values()) == {0}


def test_partial_closes_are_one_trade_once_the_last_has_closed() -> None:
    opening = order(quantity=2)
    half = order("h", Action.CLOSE, position="o1", limit=None, at=OPENED + 60)
    rest = order("r", Action.CLOSE, position="o1", limit=0.5, at=OPENED + 120)
    lines = [*filled(opening, 1.5, commission=5.0), *filled(half, 2.0, commission=3.0)]
    before = summarise("dte0_ic", lines)
    assert (before.total_trades, before.open_positions, before.open_realised) == (0, 1, -50.0 - 2.5 - 3.0)
    after = summarise("dte0_ic", [*lines, *filled(rest, 0.5, commission=2.0)])
    assert (after.total_trades, after.open_positions, after.open_realised) == (1, 0, 0.0)
    assert (after.gross_pnl, after.total_commission, after.net_pnl) == (50.0, 10.0, 40.0)


def test_a_position_whose_opening_still_works_is_not_over() -> None:
    opening, closing = order(quantity=2), order("c", Action.CLOSE, position="o1", limit=None)
    lines = [OrderLine(opening), *rows(opening, 1.5, 1), *filled(closing, 0.5)]
    assert summarise("dte0_ic", lines).total_trades == 0
    ended = EndLine("o1", OrderState.CANCELLED, 1, OPENED + 60)
    assert summarise("dte0_ic", [*lines, ended]).total_trades == 1


def test_an_expired_condor_is_a_trade() -> None:
    summary = summarise("dte0_ic", [*filled(order(), 1.5), SettledLine("o1", 1, 0.0, OPENED + 22_000)])
    assert (summary.total_trades, summary.gross_pnl, summary.net_pnl) == (1, 150.0, 147.4)


cents = st.integers(1, 2000).map(lambda n: n / 100)


@given(st.lists(st.tuples(cents, cents, cents, cents, st.booleans()), max_size=12))
def test_figures_agree_with_each_other(deals: list[tuple[float, float, float, float, bool]]) -> None:
    lines: list[Line] = []
    for n, (credit, debit, limit, close_limit, whole) in enumerate(deals):
        both = closed(f"p{n}", OPENED + 1000 * n, credit, debit, limit=limit, close_limit=close_limit)
        lines += both if whole else both[: len(both) // 2]
    summary = summarise("dte0_ic", lines)
    done = [deal for deal in deals if deal[-1]]
    assert summary.total_trades == len(done) == summary.wins + summary.losses
    assert summary.open_positions == len(deals) - len(done)
    assert summary.gross_pnl == pytest.approx(sum(100 * (credit - debit) for credit, debit, *_ in done))
    assert summary.net_pnl == pytest.approx(summary.gross_pnl - summary.total_commission)
    assert summary.total_commission == pytest.approx(5.0 * len(done))
    worse = sum(limit - credit + debit - close_limit for credit, debit, limit, close_limit, _ in done)
    assert summary.slippage == pytest.approx(100 * worse, abs=1e-6)
    assert summary.max_drawdown >= max(0.0, -summary.max_loss, -summary.net_pnl) - 1e-6
    assert summary.max_loss <= 0 <= summary.max_win
    nets = [trade.net.amount for trade in trades(Ledger.of("dte0_ic", lines))]
    assert sum(nets) == pytest.approx(summary.net_pnl, abs=1e-3)
    assert sum(net > 1e-6 for net in nets) == summary.wins
