"""The journal of the book: what was told can be read back, and what was cut off was never told."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from desk.gateway import daybook
from desk.gateway.daybook import FILE, Daybook
from desk.gateway.exchange.blotter import Blotter
from desk.gateway.exchange.model import Used
from desk.gateway.journal import Journal
from desk.market.calendar import at
from tests.gateway.exchange.floor import CONDOR, Floor, spx, spy
from tests.gateway.exchange.test_settlement import FRIDAY

ACCOUNT = "DU1234567"


def _traded(book: Daybook) -> Floor:
    """Trade of everything, and journal it."""
    floor = Floor()

    def note(*events: object) -> None:
        book.append(floor.now, events)  # type: ignore[arg-type]  # lists of events, joined

    note(*floor.send(CONDOR, limit=-7.0, quantity=15.0, order_ref="mine", echo={"algoParams": "a\0b"}))
    note(*floor.send(spx(2780), limit=1.0, tif="GTC", client_id=3))
    note(*floor.send(CONDOR, limit=-7.0, what_if=True))
    note(*floor.work())
    note(*floor.send(spx(2780), limit=1.5, tif="GTC", client_id=3, order_id=2))
    note(*floor.send(spy(280, "C"), action="SELL", limit=0.01))
    note(*floor.send(spx(2780), limit=1.01))
    note(*floor.work(1))
    note(*floor.exchange.cancel(3, 2, floor.now))
    floor.now = at(FRIDAY, "16:00")
    note(*floor.work())
    return floor


def _same(one: Blotter, other: Blotter) -> bool:
    return (
        one.orders == other.orders
        and one.executions == other.executions
        and one.settled == other.settled
        and one.next_ids == other.next_ids
        and (one.next_perm, one.fills) == (other.next_perm, other.fills)
        and one.working() == other.working()
        and one.ledger.cash == other.ledger.cash
        and one.ledger.known() == other.ledger.known()
    )


def _open(folder: Path) -> Daybook:
    return Daybook(folder, ACCOUNT, 1_000_000.0)


def _read(folder: Path) -> Blotter:
    book = _open(folder)
    book.close()
    return book.blotter


def test_a_book_is_read_back_as_it_was(tmp_path: Path) -> None:
    book = _open(tmp_path)
    floor = _traded(book)
    book.close()
    again = _open(tmp_path)
    assert _same(again.blotter, floor.blotter)
    assert daybook.last_time(tmp_path) == at(FRIDAY, "16:00")
    again.append(1.0, [])
    again.close()
    assert _same(_read(tmp_path), floor.blotter)


def test_what_is_written_after_a_restart_is_read_with_the_rest(tmp_path: Path) -> None:
    book = _open(tmp_path)
    floor = Floor()
    book.append(floor.now, floor.send(CONDOR, limit=-9.0))
    book.close()
    again = _open(tmp_path)
    floor = Floor(restored=again.blotter)
    again.append(floor.now, floor.work())
    again.append(floor.now, floor.exchange.cancel(1, 1, floor.now))
    again.close()
    assert _same(_read(tmp_path), floor.blotter)
    kinds = [json.loads(line)["events"][0][0] for line in (tmp_path / FILE).read_bytes().splitlines()[1:]]
    assert kinds == ["order", "state", "state"]


def test_a_line_that_was_cut_off_never_happened(tmp_path: Path) -> None:
    book = _open(tmp_path)
    floor = Floor()
    book.append(floor.now, floor.send(CONDOR, limit=-7.0))
    whole = (tmp_path / FILE).read_bytes()
    book.append(floor.now, floor.work())
    book.close()
    longer = (tmp_path / FILE).read_bytes()
    for length in (*range(len(whole), len(longer), 97), len(longer) - 1):
        (tmp_path / FILE).write_bytes(longer[:length])
        again = _open(tmp_path)
        assert [order.status for order in again.blotter.working()] == ["PreSubmitted"]
        assert not again.blotter.executions
        again.append(floor.now, [Used(1, 1)])
        again.close()
        assert _read(tmp_path).next_ids == {1: 2}


@pytest.mark.parametrize("damage", [b"{}\n", b"[1]\n", b"x\n", b'{"at":1,"events":[["what",{}]]}\n'])
def test_damage_before_the_end_is_named(tmp_path: Path, damage: bytes) -> None:
    book = _open(tmp_path)
    floor = Floor()
    book.append(floor.now, floor.send(CONDOR, limit=-7.0))
    book.close()
    with (tmp_path / FILE).open("ab") as file:
        file.write(damage)
    with pytest.raises(ValueError, match=FILE):
        _open(tmp_path)


def test_the_book_of_another_account_is_refused(tmp_path: Path) -> None:
    _open(tmp_path).close()
    with pytest.raises(ValueError, match="DU1234567"):
        Daybook(tmp_path, "DU7", 5.0)


def test_market_time_is_never_before_what_is_in_the_book(tmp_path: Path) -> None:
    Journal(12.5).save(tmp_path)
    book = _open(tmp_path)
    floor = Floor()
    assert Journal.load(tmp_path) == Journal(12.5)
    book.append(floor.now, floor.send(CONDOR, limit=-7.0))
    book.close()
    assert Journal.load(tmp_path) == Journal(floor.now)
