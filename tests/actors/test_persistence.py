"""PersistenceActor in virtual time: what it answers, and that it answers only for what is on disk."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from actors.persistence import PersistenceActor
from desk.config.model import Supervision
from desk.lake.errors import DiskFullError
from desk.lake.queries import Lake
from desk.lake.rows import Item
from desk.lake.writer import Writer
from desk.market.contracts import option
from desk.runtime.actor import Actor, Context
from desk.runtime.child import ChildSpec
from desk.runtime.simulation import SimulatedSystem
from desk.runtime.supervision import Supervisor
from messages.contract import Quote
from messages.data import (
    Batch,
    PositionMark,
    PositionUpdates,
    Recorded,
    RecordedWanted,
    Rung,
    Rungs,
    Seen,
    Slot,
    Stored,
)

START = datetime(2019, 5, 13, 13, 30, tzinfo=UTC)
NOW = START.timestamp()
OPTION = option("SPY", "20190628", 280.0, "C", "SPY")


class Inbox(Actor):
    """Keeps what it is told."""

    got: list[object]

    def started(self) -> None:
        Inbox.got = []

    def receive(self, message: object) -> object:
        Inbox.got.append(message)
        return None


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[SimulatedSystem]:
    system = SimulatedSystem(START, Supervision(), 1)
    supervisor = Supervisor(system)

    def persistence(context: Context) -> PersistenceActor:
        return PersistenceActor(context, lambda: Writer(tmp_path, "desk"), 2.0)

    supervisor.start([ChildSpec("persistence", persistence), ChildSpec("me", Inbox)])
    system.run_for(0.1)
    yield system
    supervisor.stop()
    system.run_for(60)
    system.close()


def quote(received: float, bid: float) -> Quote:
    return Quote(OPTION, received, bid=bid, ask=bid + 0.1)


def batch(cycle: float, bid: float) -> Batch:
    slot = Slot("SPY", cycle, "COMPLETE", asked=1, written=1)
    return Batch("me", f"SPY {cycle}", slot, (quote(cycle + 2, bid),))


def test_a_chain_is_seen_as_soon_as_it_is_acknowledged_and_never_a_later_one(desk: SimulatedSystem) -> None:
    for cycle, bid in ((NOW, 1.0), (NOW + 300, 2.0)):
        desk.tell("persistence", batch(cycle, bid))
    desk.tell("persistence", RecordedWanted("me", "latest", "SPY"))
    desk.tell("persistence", RecordedWanted("me", "then", "SPY", NOW + 299))
    desk.tell("persistence", RecordedWanted("me", "before", "SPY", NOW + 1))
    desk.run_for(0.1)
    assert [type(each) for each in Inbox.got[:2]] == [Stored, Stored]
    answers = {each.correlation: each.quotes for each in Inbox.got if isinstance(each, Recorded)}
    assert [each.bid for each in answers["latest"]] == [2.0]
    assert [each.bid for each in answers["then"]] == [1.0]
    assert answers["before"] == ()


def test_positions_views_and_rungs_are_stored(desk: SimulatedSystem, tmp_path: Path) -> None:
    mark = PositionMark("dte0_ic", "ref", "fill", NOW, -1.0, quote(NOW, 1.0), 1.05)
    desk.tell("persistence", PositionUpdates("me", "p", (mark,)))
    desk.tell("persistence", Seen("me", "s", "dte0_ic", NOW, "{}", (quote(NOW, 1.0),)))
    legs = (quote(NOW, 1.0),) * 4
    desk.tell("persistence", Rungs("me", "r", (Rung("ref", "dte0_ic", "ref", "open", "entry", 0, NOW, 1, 1.0, legs),)))
    desk.run_for(5)
    assert Inbox.got == [Stored("p", 1), Stored("s", 1), Stored("r", 1)]
    for table in ("position_updates", "views", "rungs"):
        assert any((tmp_path / table / "_delta_log").glob("*.json"))


def test_a_crash_gives_the_lake_back_to_the_next_incarnation(desk: SimulatedSystem, tmp_path: Path) -> None:
    desk.tell("persistence", batch(NOW, 1.0))
    desk.run_for(0.1)
    desk.tell("persistence", object())
    desk.run_for(5)
    (report,) = (each for each in desk.reports() if each.name == "persistence")
    assert (report.state, report.restarts) == ("running", 1)
    assert Lake(tmp_path).get_snapshot_stats()["total_rows"] == 1


class FullDisk(Writer):
    """Refuses the first item, as a disk does that is full for a while."""

    refuse = True

    def accept(self, item: Item) -> int:
        if self.refuse:
            self.refuse = False
            raise DiskFullError("no space left")
        return super().accept(item)


def test_a_full_disk_is_told_and_the_actor_lives_on(tmp_path: Path) -> None:
    system = SimulatedSystem(START, Supervision(), 1)
    supervisor = Supervisor(system)

    def persistence(context: Context) -> PersistenceActor:
        return PersistenceActor(context, lambda: FullDisk(tmp_path, "desk"), 2.0)

    supervisor.start([ChildSpec("persistence", persistence), ChildSpec("me", Inbox)])
    system.run_for(0.1)
    system.tell("persistence", batch(NOW, 1.0))
    system.run_for(1)
    system.reports()  # has idle actors read their facts
    system.run_for(1)
    (report,) = (each for each in system.reports() if each.name == "persistence")
    assert [each.error for each in Inbox.got if isinstance(each, Stored)] == ["no space left"]
    assert (report.restarts, report.facts["degraded"]) == (0, "no space left")
    system.tell("persistence", batch(NOW, 1.0))
    system.run_for(5)
    assert Inbox.got[-1] == Stored(f"SPY {NOW}", 1)
    assert Lake(tmp_path).get_snapshot_stats()["total_rows"] == 1
    supervisor.stop()
    system.run_for(60)
    system.close()
