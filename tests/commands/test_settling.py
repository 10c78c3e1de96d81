"""`settle`: what somebody closed elsewhere is written down once, and nothing that cannot have been."""

import json
from datetime import date
from pathlib import Path

import pytest

from commands.errors import RefusedError
from commands.settling import Closed, list_open, settle_position, take_back
from desk.gateway.journal import Journal as GatewayJournal
from desk.orders.errors import JournalBusyError
from desk.orders.journal import Journals, read
from desk.orders.ledger import Ledger
from desk.orders.lines import HAND, OrderLine, SettledLine
from desk.orders.summary import summarise
from messages.orders import Action, Exit
from tests.orders.made import OPENED, filled, order
from tests.orders.stage import Stage

NONE = Path("none.toml")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """dte0_ic holds two condors sold for 1.20 with 5.20 of commission, and another that an order is closing."""
    with Journals(tmp_path / "logs") as journals:
        log = journals.open("dte0_ic")
        log.append(*filled(order("a", quantity=2), 1.2, commission=5.2))
        log.append(*filled(order("b", at=OPENED + 60), 1.5, commission=2.6))
        log.append(OrderLine(order("b2", Action.CLOSE, position="b", at=OPENED + 600)))
    return tmp_path


def ledger(data: Path) -> Ledger:
    return Ledger.of("dte0_ic", read(data / "logs" / "dte0_ic"))


def settle(data: Path, position: str, price: float, *more: float, as_json: bool = True) -> int:
    quantity, commission = (int(more[0]) if more else None), (more[1] if len(more) > 1 else 0.0)
    return settle_position(Closed(position, price, quantity, commission), NONE, data, as_json=as_json)


def test_what_was_closed_elsewhere_is_a_trade_like_any_other(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert settle(data, "a", 0.5, 2, 4.8) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["strategy"], told["quantity"], told["left"], told["net"]) == ("dte0_ic", 2, 0, 130.0)
    assert [holding.position for holding in ledger(data).holdings] == ["b"]
    (line,) = [each for each in read(data / "logs" / "dte0_ic") if isinstance(each, SettledLine)]
    assert (line.price, line.commission, line.by) == (0.5, 4.8, HAND)
    summary = summarise("dte0_ic", read(data / "logs" / "dte0_ic"))
    assert (summary.total_trades, summary.gross_pnl, summary.total_commission, summary.net_pnl) == (
        1,
        140.0,
        10.0,
        130.0,
    )


def test_a_part_leaves_the_rest(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert settle(data, "a", 0.5, 1, as_json=False) == 0
    assert "a: 1 closed at 0.50, +67.40 dollars with commissions; 1 left." in capsys.readouterr().out
    assert [(each.position, each.quantity) for each in ledger(data).holdings] == [("a", 1), ("b", 1)]


def test_without_a_position_the_open_ones_are_named(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with Journals(data / "logs"):  # while a desk runs
        assert list_open(NONE, data, as_json=False) == 0
        shown = capsys.readouterr().out.splitlines()
        assert shown[0].startswith("a  ")
        assert shown[0].endswith("x 2 for 1.20")
        assert list_open(NONE, data, as_json=True) == 0
        assert [each["position"] for each in json.loads(capsys.readouterr().out)] == ["a", "b"]


def test_a_mistake_is_taken_back_once(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before, day = ledger(data), date(2019, 5, 13)
    GatewayJournal(OPENED + 5000).save(data)
    settle(data, "a", 0.5, 1, 2.0)
    settle(data, "a", 0.7)
    capsys.readouterr()
    assert take_back("a", NONE, data, as_json=False) == 0
    assert "a: 1 not closed after all at 0.70, -47.40 dollars with commissions; 1 left." in capsys.readouterr().out
    assert take_back("a", NONE, data, as_json=True) == 0
    assert json.loads(capsys.readouterr().out)["left"] == 2
    after = ledger(data)
    assert (after.holdings, after.realised(day), after.troubles) == (before.holdings, before.realised(day), ())
    with pytest.raises(RefusedError, match="unknown position settled by hand a; known: none"):
        take_back("a", NONE, data, as_json=True)


@pytest.mark.parametrize(
    ("position", "price", "more", "says"),
    [
        ("c", 0.5, (), "known: a, b"),
        ("a", 50.0, (), "a debit per share, from 0 to the width of its wings, 10"),
        ("a", -0.5, (), "a debit per share"),
        ("a", float("nan"), (), "a debit per share"),
        ("a", 0.5, (3,), "2 of a are open"),
        ("a", 0.5, (0,), "2 of a are open"),
        ("a", 0.5, (1, -1.0), "--commission"),
        ("a", 0.5, (1, float("inf")), "--commission"),
        ("b", 0.5, (), "order b2 of that position has not ended"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_written(
    data: Path, position: str, price: float, more: tuple[float, ...], says: str
) -> None:
    before = read(data / "logs" / "dte0_ic")
    with pytest.raises(RefusedError, match=says.replace(".", r"\.")):
        settle(data, position, price, *more)
    assert read(data / "logs" / "dte0_ic") == before


def test_never_beside_a_running_desk_and_never_where_nothing_was_traded(data: Path, tmp_path: Path) -> None:
    with Journals(data / "logs"), pytest.raises(JournalBusyError, match="stop it first"):
        settle(data, "a", 0.5)
    empty = tmp_path / "empty"
    with pytest.raises(RefusedError, match="no strategy has traded"):
        settle(empty, "a", 0.5)
    assert not empty.exists()


def test_on_the_paper_gateway_it_was_closed_when_the_run_stopped(data: Path) -> None:
    GatewayJournal(OPENED + 5000).save(data)
    settle(data, "a", 0.5)
    (line,) = [each for each in read(data / "logs" / "dte0_ic") if isinstance(each, SettledLine)]
    assert line.at == OPENED + 5000


def test_entries_go_on_once_the_ledger_and_ib_agree_again(tmp_path: Path) -> None:
    stage = Stage(tmp_path).start()
    position = stage.hold_position(2)
    stage.broker.positions.clear()  # by hand, in TWS
    stage.advance(35)
    stage.wish(Exit(position, 2, "stop"))
    assert "`settle` it" in stage.book().refused[0].text
    stage.trader.close()
    settle_position(Closed(position, 0.5), NONE, tmp_path, as_json=True)
    sent = len(stage.placed())
    stage.restart()
    stage.advance(35)
    assert stage.trader.facts()["unexplained"] == []
    assert stage.book().holdings == ()
    stage.enter(1)
    assert len(stage.placed()) == sent + 1
