"""A strategy with the real trader, broker, ib_async and paper gateway: a position, a crash, a stop that flattens."""

from collections.abc import Iterator

import pytest

from desk.market.calendar import at
from desk.orders.journal import read
from desk.orders.lines import OrderLine
from messages.orders import Action
from tests.acceptance.running import log_of
from tests.acceptance.simulated import DAY, SimulatedDesk, shipped, simulated

STRATEGY = "strategy-dte0_ic"


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimulatedDesk]:
    """dte0_ic alone, told to flatten at a stop, five minutes after its window opened."""
    config = shipped(collectors=(), futures=())
    only = tuple(
        each.model_copy(update={"on_shutdown": "flatten"}) for each in config.strategies if each.name == "dte0_ic"
    )
    with simulated(config.model_copy(update={"strategies": only}), tmp_path_factory.mktemp("desk"), "09:44") as made:
        made.system.run_until(at(DAY, "09:56"))
        yield made


def orders(desk: SimulatedDesk) -> list[tuple[Action, str, float | None]]:
    lines = read(desk.folder / "logs" / "dte0_ic")
    return [(line.order.action, line.order.reason, line.order.limit) for line in lines if isinstance(line, OrderLine)]


def test_it_holds_what_it_entered_and_knows_what_that_is_worth(desk: SimulatedDesk) -> None:
    facts = desk.report(STRATEGY).facts
    (held,) = facts["holdings"]
    assert (held.quantity, facts["open_positions"], facts["working"]) == (1, 1, ())
    assert 0.5 <= held.credit < held.condor.width
    assert facts["unrealised"] is not None
    assert facts["degraded"] == ""
    assert {quote.condor.short_put.trading_class for quote in facts["holdings"]} == {"SPXW"}


def test_a_crash_leaves_it_with_the_same_position_and_no_second_entry(desk: SimulatedDesk) -> None:
    before = desk.report(STRATEGY).facts["holdings"]
    opened = len(orders(desk))
    desk.system.tell(STRATEGY, object())
    desk.system.run_until(at(DAY, "09:59:50"))
    report = desk.report(STRATEGY)
    assert report.restarts == 1
    assert report.facts["holdings"] == before
    assert len(orders(desk)) == opened


def test_a_stop_that_flattens_leaves_nothing_open(desk: SimulatedDesk) -> None:
    desk.stop()
    assert desk.supervisor.ended.is_set()
    assert orders(desk)[-1] == (Action.CLOSE, "shutdown", None)
    assert [action for action, _, _ in orders(desk)].count(Action.CLOSE) == 1
    assert [line["event"] for line in log_of(desk.folder) if line.get("order") and line["event"] == "fill"] == [
        "fill"
    ] * 2
