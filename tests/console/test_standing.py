from pathlib import Path

from desk.console import health
from desk.console.condors import condor_words
from desk.console.health import Health
from desk.console.snapshot import CondorView, OrderView
from desk.console.standing import Standing, standing, standing_view
from desk.orders.standing import OpenPosition
from messages.orders import Action, OrderState, Working
from tests.console.conftest import Draw, report

POSITION = OpenPosition("a-1", "20190513", (2755.0, 2765.0, 2840.0, 2850.0), 1, 0.55, 0.31, 24.0, 945.0)
ORDER = Working("a-2", "a-1", Action.CLOSE, 1, 0, 0.28, OrderState.WORKING, "profit")
TRADER = report(
    "trader",
    "trader",
    halted="storm",
    unexplained=["SPXW: ledgers 0, IB 1"],
    strategies={"dte0_ic": {"day": 24.0, "positions": (POSITION,), "orders": (ORDER,)}, "monthly_ic": {"day": None}},
)
EXPECTED = Standing(
    (CondorView("dte0_ic", "20190513", (2755.0, 2765.0, 2840.0, 2850.0), 1, 0.55, 0.31, 24.0, 945.0),),
    (OrderView("a-2", "dte0_ic", "close", 1, 0, 0.28, "WORKING", "profit"),),
    {"dte0_ic": 24.0, "monthly_ic": None},
    "storm",
    ("SPXW: ledgers 0, IB 1",),
)


def test_from_the_actor_and_from_a_report_that_was_written_it_is_the_same(tmp_path: Path) -> None:
    assert standing([report("broker", "broker"), TRADER]) == EXPECTED
    health.write(tmp_path / "health.json", Health(0.0, 0.0, 1, "running", True, True, 0, (), (TRADER,)))
    read = health.read(tmp_path / "health.json")
    assert read is not None
    assert standing(read.actors) == EXPECTED


def test_as_people_see_it(draw: Draw) -> None:
    shown = [line.split() for line in draw(standing_view(EXPECTED), 100).splitlines()]
    assert ["unexplained:", "SPXW:", "ledgers", "0,", "IB", "1"] in shown
    assert ["dte0_ic:", "today", "+24.00", "$,", "1", "open,", "1", "orders", "under", "way"] in shown
    assert ["monthly_ic:", "today", "-", "$,", "0", "open,", "0", "orders", "under", "way"] in shown
    assert ["dte0_ic", "May", "13", "2755/2765/2840/2850", "1", "0.55", "0.31", "+24.00", "945"] in shown
    assert ["dte0_ic", "close:", "profit", "0/1", "0.28", "WORKING", "a-2"] in shown


def test_without_a_trader_or_before_its_first_report_there_is_nothing() -> None:
    assert standing([report("broker", "broker")]) == Standing()
    assert standing([report("trader", "trader", state="starting")]) == Standing()


def test_a_condor_in_words() -> None:
    assert condor_words("20190705", (2600.0, 2625.0, 2925.5, 2950.0)) == "Jul 05 2600/2625/2925.5/2950"
