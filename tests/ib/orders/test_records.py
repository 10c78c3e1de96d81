"""What follows from IB's words, one after the other."""

from __future__ import annotations

from typing import Any

import pytest
from ib_async import Contract as IBContract
from ib_async import Order as IBOrder

from desk.clock import ManualClock
from desk.ib.orders.records import Records
from desk.ib.orders.reports import Completed, Cost, Fill, Open, Status, identity
from desk.ib.orders.times import epoch
from messages.orders import Charged, Executed, OrderState, OrderTold
from tests.gateway.market import START

S = OrderState
REF = "desk-20190513T100000-1"


class Heard:
    """Records, and what they have told."""

    def __init__(self) -> None:
        self.told: list[Any] = []
        self.clock = ManualClock(START)
        self.records = Records(self.clock, self.told.append)
        self.records.connected(1)

    def open(self, status: str, perm: int = 77, number: int = 5, quantity: int = 2) -> None:
        terms = IBOrder(action="BUY", totalQuantity=quantity, orderType="LMT", lmtPrice=-1.0)
        self.records.opened(Open(number, 1, perm, REF, status, IBContract(symbol="SPX", secType="BAG"), terms))

    def status(self, status: str, filled: int = 0, perm: int = 77) -> None:
        self.records.status(Status(5, 1, perm, status, filled, 2 - filled))

    def fill(self, quantity: int, number: int, revision: int = 1, con_id: int = 0) -> None:
        exec_id = f"0002.{number:04}.01"
        self.records.execution(
            Fill(5, 1, 77, REF, f"0002.{number:04}", exec_id, revision, con_id, True, quantity, -1.0, 0.0)
        )

    @property
    def last(self) -> OrderTold:
        return [told for told in self.told if isinstance(told, OrderTold)][-1]

    @property
    def states(self) -> list[OrderState]:
        return [told.state for told in self.told if isinstance(told, OrderTold)]


def test_a_word_from_before_the_end_does_not_revive_an_order() -> None:
    for end, state in (("Filled", S.FILLED), ("Cancelled", S.CANCELLED), ("ApiCancelled", S.CANCELLED)):
        heard = Heard()
        heard.open("Submitted")
        heard.status(end, 2 if end == "Filled" else 0)
        count = len(heard.told)
        heard.status("Submitted")
        heard.open("PreSubmitted")
        assert heard.last.state is state
        assert len(heard.told) == count


def test_a_second_permanent_id_does_revive_it() -> None:
    heard = Heard()
    heard.open("Submitted")
    heard.status("Cancelled")
    heard.open("Submitted", perm=78)
    assert (heard.last.state, heard.last.perm_ids) == (S.WORKING, (77, 78))
    heard.status("Filled", 2, perm=78)
    assert (heard.last.state, heard.last.filled) == (S.FILLED, 2)


@pytest.mark.parametrize(("end", "state"), [("Cancelled", S.CANCELLED), ("Inactive", S.REJECTED)])
def test_an_order_has_ended_only_when_its_fills_are_counted(end: str, state: OrderState) -> None:
    heard = Heard()
    heard.open("Submitted")
    heard.open(end)
    assert heard.last.state is S.WORKING
    heard.status(end, 1)
    assert (heard.last.state, heard.last.filled) == (state, 1)


def test_before_the_permanent_id_is_known_there_is_none() -> None:
    heard = Heard()
    heard.open("PendingSubmit", perm=0)
    assert (heard.last.state, heard.last.perm_ids) == (S.WORKING, ())
    heard.open("Submitted")
    heard.status("PendingSubmit", perm=0)
    heard.status("Cancelled")
    assert (heard.last.state, heard.last.perm_ids) == (S.CANCELLED, (77,))


def test_inactive_is_a_rejection_until_it_is_active() -> None:
    heard = Heard()
    heard.open("Inactive")
    heard.status("Inactive")
    heard.status("Submitted")
    assert heard.states == [S.REJECTED, S.WORKING]


@pytest.mark.parametrize("status", ["ValidationError", "", "Filled!"])
def test_statuses_that_ib_does_not_have_are_passed_over(status: str) -> None:
    heard = Heard()
    heard.open("Submitted")
    heard.status(status)
    heard.open(status)
    heard.records.completed(Completed(77, REF, status, 2, ""))
    assert heard.last.state is S.WORKING


def test_orders_without_a_reference_and_numbers_of_others_are_nobody_s() -> None:
    heard = Heard()
    heard.records.opened(Open(9, 1, 80, "", "Submitted", IBContract(), IBOrder()))
    heard.records.status(Status(9, 1, 80, "Filled", 1, 0))
    heard.open("Submitted")
    heard.records.status(Status(5, 2, 81, "Filled", 2, 0))
    assert heard.last.state is S.WORKING
    assert heard.records.floor == 10
    heard.records.error(9, 201, "Order rejected")
    assert len(heard.told) == 1


def test_fills_add_up_by_executions_with_corrections_of_their_quantity() -> None:
    heard = Heard()
    heard.open("Submitted", quantity=3)
    heard.fill(1, 1)
    heard.fill(1, 2, con_id=500)
    heard.fill(2, 3)
    heard.fill(1, 3, revision=2)
    heard.fill(2, 3)
    assert heard.last.filled == 2
    assert [told.revision for told in heard.told if isinstance(told, Executed)] == [1, 1, 1, 2]


def test_all_executions_of_an_order_that_is_nowhere_else_fill_it() -> None:
    heard = Heard()
    record = heard.records.of(REF)
    record.quantity, record.state = 2, S.UNKNOWN
    heard.fill(1, 1)
    heard.fill(1, 2)
    assert heard.states == [S.UNKNOWN, S.FILLED]


def test_a_commission_is_told_once_and_a_corrected_one_again() -> None:
    heard = Heard()
    for amount in (1.5, 1.5, 1.7):
        heard.records.cost(Cost("0002.0001.01", amount, None))
    assert not heard.told
    heard.fill(1, 1)
    heard.records.cost(Cost("0002.0001.01", 1.7, None))
    heard.records.cost(Cost("0002.0001.01", 1.9, 12.0))
    charged = [told for told in heard.told if isinstance(told, Charged)]
    assert [(c.commission, c.realised) for c in charged] == [(1.7, None), (1.9, 12.0)]
    assert charged[0].order_id == REF


def test_what_ended_a_day_ago_is_forgotten() -> None:
    heard = Heard()
    heard.open("Submitted")
    heard.fill(2, 1)
    heard.records.cost(Cost("0002.0001.01", 1.5, None))
    heard.clock.advance(90_000)
    heard.records.forget()
    assert len(heard.records.executed) == 1
    heard.status("Filled", 2)
    heard.clock.advance(80_000)
    heard.records.forget()
    assert len(list(heard.records)) == 1
    heard.clock.advance(10_000)
    heard.records.forget()
    assert [*heard.records, *heard.records.executed, *heard.records.charged] == []
    count = len(heard.told)
    heard.status("Filled", 2)
    heard.records.error(5, 201, "Order rejected")
    assert len(heard.told) == count


@pytest.mark.parametrize(
    ("exec_id", "stem", "revision"),
    [
        ("00020057.6aa22ebf.01.01", "00020057.6aa22ebf.01", 1),
        ("00020057.6aa22ebf.01.02", "00020057.6aa22ebf.01", 2),
        ("0001f4e5.58bbdd9e.03.12", "0001f4e5.58bbdd9e.03", 12),
        ("U+3.1a", "U+3.1a", 0),
        ("plain", "plain", 0),
        (".01", ".01", 0),
    ],
)
def test_what_changes_in_the_id_of_a_correction(exec_id: str, stem: str, revision: int) -> None:
    assert identity(exec_id) == (stem, revision)


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("20231116-16:47:50", 1700153270),
        ("20231116  11:47:50", 1700153270),
        ("20231116 11:47:50", 1700153270),
        ("20231116 16:47:50 GB-Eire", 1700153270),
        ("20231116 11:47:50 US/Eastern", 1700153270),
    ],
)
def test_times_of_executions(text: str, at: float) -> None:
    assert epoch(text) == at


@pytest.mark.parametrize(
    "text", ["", "20231116", "2023-11-16 10:00:00", "20231116 10:00:00 Nowhere/City", "20231116 25:00:00"]
)
def test_what_is_no_time(text: str) -> None:
    with pytest.raises(ValueError, match=r"execution|zone|time data"):
        epoch(text)
