"""An exception inside each kind of actor in turn, on threads and sockets: it alone restarts, the others go on."""

from dataclasses import dataclass
from pathlib import Path
from queue import Queue
from threading import Event

import pytest

from commands.desk import Desk, up
from commands.folders import open_run
from desk.config.model import Clock, Collector, Config
from messages.data import Slot
from tests.acceptance.simulated import shipped

ACTORS = ("persistence", "broker", "collector-QQQ", "futures-ES", "housekeeper", "backfill", "strategy-dte0_ic")
PATIENCE = 60


@dataclass(frozen=True)
class Poison:
    """A message that no actor knows."""


def config(folder: Path) -> Config:
    collectors = tuple(Collector(symbol=symbol, interval=60.0) for symbol in ("QQQ", "IWM"))
    return shipped(data=str(folder), collectors=collectors, clock=Clock(start="09:29", until="16:00"))


def next_slots(done: Queue[Slot], symbols: set[str]) -> list[Slot]:
    """The next slot of each symbol."""
    found: dict[str, Slot] = {}
    while set(found) != symbols:
        slot = done.get(timeout=PATIENCE)
        found.setdefault(slot.symbol, slot)
    return list(found.values())


def restarts(desk: Desk) -> dict[str, int]:
    return {each.name: each.restarts for each in desk.system.reports()}


@pytest.mark.parametrize("name", ACTORS)
def test_only_that_actor_restarts_and_the_others_go_on(tmp_path: Path, name: str) -> None:
    done: Queue[Slot] = Queue()
    restarted = Event()
    settings = config(tmp_path)
    with up(settings, open_run(settings, named=True), finished=done.put) as desk:
        desk.supervisor.watch(lambda who, _epoch: restarted.set() if who == name else None)
        next_slots(done, {"QQQ", "IWM"})
        desk.system.tell(name, Poison())
        assert restarted.wait(PATIENCE)
        next_slots(done, {"QQQ", "IWM"})
        after = next_slots(done, {"QQQ", "IWM"})
        assert restarts(desk) == {each: int(each == name) for each in restarts(desk)}
        crashed = next(each for each in desk.system.reports() if each.name == name)
        assert crashed.state == "running"
        assert "Poison" in crashed.last_error
    assert {slot.status for slot in after} == {"COMPLETE"}
