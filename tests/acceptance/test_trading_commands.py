"""The commands around orders, as a person uses them around a morning that trades."""

import json
import re
from pathlib import Path

import pytest

from desk.orders.journal import Journals
from tests.acceptance.running import supervisor
from tests.orders.made import filled, order

SEED = {
    *("total_trades", "wins", "losses", "win_rate", "gross_pnl", "total_commission", "net_pnl", "avg_pnl"),
    *("max_win", "max_loss", "max_drawdown", "slippage"),
}


@pytest.fixture(scope="module")
def morning(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The entry window of dte0_ic on the default day: its folder, and what was printed."""
    data = tmp_path_factory.mktemp("morning")
    done = supervisor("run", "dte0_ic", "--data", str(data), "--start", "09:40", "--for", "21")
    assert done.returncode == 0, done.stderr
    return data, done.stdout


def test_a_run_shows_its_orders_and_what_came_of_them(morning: tuple[Path, str]) -> None:
    data, printed = morning
    assert re.search(
        r"\n09:4\d:\d\d info: trader: order sent · order dte0_ic-20190513T1345\d\d-1 · action open", printed
    )
    ended = printed.partition("The run has ended")[2]
    held = json.loads(supervisor("summary", "dte0_ic", "--data", str(data), "--json").stdout)["open_positions"]
    assert re.search(rf"dte0_ic +\d+ +0 +{held} ", ended)


def test_the_log_the_summary_and_the_status_agree(morning: tuple[Path, str]) -> None:
    data, _ = morning
    lines = [json.loads(line) for line in (data / "logs" / "dte0_ic" / "trades.jsonl").read_text().splitlines()]
    filled = {line["order_id"] for line in lines if line["event"] == "FILL"}
    told = json.loads(supervisor("summary", "dte0_ic", "--data", str(data), "--json").stdout)
    assert set(told) >= SEED
    assert told["open_positions"] == len(filled)
    assert {each["position"] for each in told["positions"]} == filled
    standing = json.loads(supervisor("status", "--data", str(data), "--json").stdout)["standing"]
    assert [each["strikes"] for each in standing["condors"]] == [each["strikes"] for each in told["positions"]]


def test_why_explains_each_poll(morning: tuple[Path, str]) -> None:
    data, _ = morning
    polls = json.loads(supervisor("why", "dte0_ic", "--data", str(data), "--json").stdout)
    assert len(polls) >= 20
    assert all(each["did"] or each["vetoes"] for each in polls)
    assert "window" in {veto["name"] for veto in polls[-1]["vetoes"]}
    assert all(each["orders"] for each in polls if each["did"])
    shown = supervisor("why", "dte0_ic", "--data", str(data), "--last", "1").stdout
    assert "window: entries are made 09:45 to 10:00 ET" in shown


def test_halted_stays_halted_until_resume(tmp_path: Path) -> None:
    assert supervisor("halt", "--data", str(tmp_path), "--reason", "storm").returncode == 0
    done = supervisor("run", "dte0_ic", "--data", str(tmp_path), "--start", "09:45", "--for", "5")
    assert "trader: halted · reason storm" in done.stdout
    assert (tmp_path / "logs" / "dte0_ic" / "trades.jsonl").read_text() == ""
    polls = json.loads(supervisor("why", "dte0_ic", "--data", str(tmp_path), "--json").stdout)
    assert {refusal["name"] for each in polls for refusal in each["refused"]} == {"halted"}
    assert "HALTED: storm" in supervisor("status", "--data", str(tmp_path)).stdout
    assert "Resumed: this halt is lifted. Reason: storm" in supervisor("resume", "--data", str(tmp_path)).stdout


def test_a_position_closed_by_hand_is_settled(tmp_path: Path) -> None:
    with Journals(tmp_path / "logs") as journals:
        journals.open("dte0_ic").append(*filled(order("a", quantity=2), 1.2, commission=5.2))
    where = "--data", str(tmp_path)
    assert supervisor("settle", *where).stdout.startswith("a  May 13 2790/2800/2900/2910 x 2 for 1.20")
    unsaid = supervisor("settle", "a", *where)
    assert (unsaid.returncode, "what closing it cost" in unsaid.stderr) == (2, True)
    done = supervisor("settle", "a", "0.5", "--commission", "4.8", *where)
    assert (done.returncode, done.stdout.splitlines()[0]) == (
        0,
        "a: 2 closed at 0.50, +130.00 dollars with commissions; 0 left.",
    )
    again = supervisor("settle", "a", "0.5", *where)
    assert (again.returncode, "unknown open position a" in again.stderr) == (2, True)
    assert json.loads(supervisor("summary", "dte0_ic", *where, "--json").stdout)["net_pnl"] == 130.0


def test_preflight_of_the_default_run(tmp_path: Path) -> None:
    done = supervisor("preflight", "--data", str(tmp_path / "new"), "--json")
    assert done.returncode == 0, done.stdout
    verdicts = {each["name"]: each["verdict"] for each in json.loads(done.stdout)["checks"]}
    del verdicts["data folder"]  # it warns where the disk is nearly full
    assert set(verdicts.values()) == {"ok"}
