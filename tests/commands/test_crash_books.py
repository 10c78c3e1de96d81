"""The two books of the crash matrix, read raw: the gateway's as the gateway wrote it, the desk's as the desk did."""

from __future__ import annotations

from pathlib import Path

import pytest

from commands.crash import book as books
from commands.crash import logs as trades
from commands.crash.book import FILE, Fill
from commands.crash.report import state
from desk.gateway.daybook import Daybook
from desk.orders.journal import Journal
from desk.orders.lines import CommissionLine, EndLine, ExecLine, FillLine, OrderLine
from messages.orders import Action, Condor, Executed, Order, OrderState
from tests.gateway.exchange.floor import CONDOR, Floor, spx

REF = "near-20190513T134500-1"


def _traded(folder: Path) -> Floor:
    """A condor that fills, another that is changed and cancelled, one that is only asked about."""
    floor, book = Floor(), Daybook(folder, "DU1234567", 1_000_000.0)
    for events in (
        floor.send(CONDOR, limit=-7.0, quantity=15.0, order_ref=REF),
        floor.send(CONDOR, limit=-7.0, what_if=True, order_ref="asked"),
        floor.work(),
        floor.send(spx(2780), limit=1.0, tif="GTC", client_id=3, order_ref="other"),
        floor.send(spx(2780), limit=1.5, tif="GTC", client_id=3, order_id=2, order_ref="other"),
        floor.exchange.cancel(3, 2, floor.now),
    ):
        book.append(floor.now, events)
    book.close()
    return floor


def test_the_gateways_book_is_read_as_it_is(tmp_path: Path) -> None:
    blotter = _traded(tmp_path).exchange.blotter
    book = books.read(tmp_path)
    orders = {order.perm_id: order for order in blotter.orders.values()}
    assert {each.perm_id for each in book.orders} == set(orders)
    for each in book.orders:
        order = orders[each.perm_id]
        assert (each.ref, each.status, each.filled) == (order.request.order_ref, order.status, order.filled)
        assert each.working is order.working
    assert len(book.fills) == len(blotter.executions)
    assert book.positions == {held.contract.con_id: held.quantity for held in blotter.ledger.held()}
    paid = sum(each.commission.amount for each in blotter.executions if each.commission)
    assert book.commissions == pytest.approx(paid, abs=1e-6)
    assert book.commissions > 0
    assert (state(book, REF), state(book, "asked")) in {
        ("filled", "never sent"),
        ("partly filled, working", "never sent"),
    }
    assert not book.quiet


def test_a_line_that_is_being_written_is_left_out(tmp_path: Path) -> None:
    assert books.read(tmp_path) == books.Book()
    _traded(tmp_path)
    whole = books.read(tmp_path)
    path = tmp_path / FILE
    path.write_bytes(path.read_bytes() + b'{"at":1.0,"eve')
    assert books.read(tmp_path) == whole


def order() -> Order:
    short_put, long_put, short_call, long_call = spx(2780), spx(2760), spx(2860, "C"), spx(2880, "C")
    condor = Condor(short_put, long_put, short_call, long_call)
    return Order(REF, "near", REF, Action.OPEN, condor, 2, 1.0, 0.5, "entry", 1557754000.0)


def row(exec_id: str, con_id: int, *, bought: bool, price: float) -> ExecLine:
    return ExecLine(Action.OPEN, Executed(REF, exec_id[:-3], exec_id, 1, con_id, bought, 1, price, 1557754001.0))


def test_the_desks_logs_are_read_as_they_are(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "near")
    journal.append(OrderLine(order()))
    journal.append(row("a.b.01", 0, bought=True, price=-1.0), row("a.b.02", 7, bought=False, price=2.0))
    journal.append(FillLine(REF, "a.b", 1.0, 1, 2.5, 1557754002.0))
    journal.append(CommissionLine(REF, "a.b", "a.b.02", 0.25, 1557754003.0))
    assert trades.read(tmp_path).open == 1
    journal.append(EndLine(REF, OrderState.CANCELLED, 1, 1557754004.0))
    journal.close()
    logs = trades.read(tmp_path)
    assert [(each.ref, each.position, each.opens, each.quantity) for each in logs.intents] == [(REF, REF, True, 2)]
    assert logs.fills == (Fill("a.b.01", REF, 0, 1, 1.0), Fill("a.b.02", REF, 7, -1, 2.0))
    assert (logs.ended, logs.filled, logs.commissions, logs.open) == ({REF: 1}, {REF: 1}, 2.75, 0)


def test_a_torn_line_is_no_line(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "near")
    journal.append(OrderLine(order()))
    journal.append(row("a.b.01", 0, bought=True, price=-1.0), row("a.b.02", 7, bought=False, price=2.0))
    journal.close()
    path = tmp_path / "near" / "trades.jsonl"
    path.write_bytes(path.read_bytes()[:-1])
    assert [each.exec_id for each in trades.read(tmp_path).fills] == ["a.b.01"]
