"""`summary` of logs as the trader writes them."""

import json
from pathlib import Path

import pytest

from commands.errors import RefusedError
from commands.summary import show_summary
from desk.orders.journal import Journals
from messages.orders import Action
from tests.orders.made import OPENED, filled, order

SEED = {
    *("total_trades", "wins", "losses", "win_rate", "gross_pnl", "total_commission", "net_pnl", "avg_pnl"),
    *("max_win", "max_loss", "max_drawdown", "slippage"),
}
NONE = Path("none.toml")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """dte0_ic has closed one trade with a gain and holds another; monthly_ic has only begun."""
    with Journals(tmp_path / "logs") as journals:
        log = journals.open("dte0_ic")
        opening = order("a", limit=1.5)
        closing = order("ac", Action.CLOSE, position="a", limit=0.7, at=OPENED + 600)
        log.append(*filled(opening, 1.45, commission=2.6), *filled(closing, 0.7, commission=2.4))
        log.append(*filled(order("b", quantity=2, at=OPENED + 1000), 1.2, commission=5.2))
        journals.open("monthly_ic")
    return tmp_path


def test_the_seeds_figures_and_what_is_open(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert show_summary("dte0_ic", NONE, data, as_json=True) == 0
    told = json.loads(capsys.readouterr().out)
    assert set(told) == SEED | {"open_positions", "open_realised", "positions"}
    assert (told["total_trades"], told["wins"], told["gross_pnl"], told["net_pnl"]) == (1, 1, 75.0, 70.0)
    assert (told["slippage"], told["open_positions"]) == (5.0, 1)
    (position,) = told["positions"]
    assert (position["quantity"], position["credit"], position["at_risk"]) == (2, 1.2, 1760.0)
    assert position["strikes"] == [2790.0, 2800.0, 2900.0, 2910.0]


def test_all_strategies_side_by_side(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert show_summary(None, NONE, data, as_json=True) == 0
    assert set(json.loads(capsys.readouterr().out)) == {"dte0_ic", "monthly_ic"}
    assert show_summary(None, NONE, data, as_json=False) == 0
    shown = {tuple(line.split()) for line in capsys.readouterr().out.splitlines()}
    assert ("dte0_ic", "monthly_ic") in shown
    assert ("net", "pnl", "+70.00", "0.00") in shown
    assert ("win", "rate", "100.0", "%", "0.0", "%") in shown
    assert ("no", "closed", "trades:", "monthly_ic") in shown
    assert ("dte0_ic", "May", "13", "2790/2800/2900/2910", "2", "1.20", "-", "-", "1,760") in shown


def test_no_trades_is_said_and_no_failure(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert show_summary(None, NONE, tmp_path, as_json=False) == 0
    assert "no strategy has traded in" in capsys.readouterr().out
    assert show_summary(None, NONE, tmp_path, as_json=True) == 0
    assert json.loads(capsys.readouterr().out) == {}


def test_a_strategy_that_nobody_knows(data: Path) -> None:
    with pytest.raises(RefusedError, match=r"unknown strategy dte0_i; did you mean dte0_ic\? known: dte0_ic, monthly_"):
        show_summary("dte0_i", NONE, data, as_json=False)
