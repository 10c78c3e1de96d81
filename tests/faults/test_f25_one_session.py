"""F25: every job connects for itself, with client ids that shift and collide."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from desk.ib.session import Session
from tests.faults.drill import Drill, agree, drilled
from tests.faults.protection import protected_by

IDS = {1}
"""`[broker] client_id`."""


@dataclass(frozen=True)
class Poison:
    """A message that no actor knows."""


def shifting_ids(patch: pytest.MonkeyPatch) -> None:
    make, ids = Session.__init__, count(1)

    def made(self: Session, *given: Any, **named: Any) -> None:
        make(self, *given, **named)
        self.client_id = next(ids)

    patch.setattr(Session, "__init__", made)


def connected(drill: Drill) -> list[int | None]:
    """The client ids of everybody who is connected to the gateway."""
    return [client.client_id for client in drill.desk.gateway.clients()]


@protected_by("the broker alone has a session, under one client id, and ends it before it begins another", shifting_ids)
def test_f25_one_connection_whoever_starts_again(tmp_path: Path) -> None:
    with drilled(tmp_path) as drill:
        actors = [each.name for each in drill.desk.system.reports()]
        for name in actors:
            started = restarts(drill)[name]
            drill.desk.system.tell(name, Poison())
            drill.until(lambda name=name, n=started: restarts(drill)[name] == n + 1, 120.0)  # type: ignore[misc]  # bound early
            drill.always(lambda: len(connected(drill)) <= 1, 10.0)
            drill.until(lambda: drill.ready and set(connected(drill)) == IDS)
        assert {"broker", "trader", "persistence", "strategy-one"} <= set(actors)
        hellos = [each.fields[2] for each in drill.sent("startApi")]
        assert set(hellos) == {"1"}
        assert len(hellos) == 1 + restarts(drill)["broker"]
        drill.open()
        drill.pass_by(5.0)
        agree(drill)


def restarts(drill: Drill) -> dict[str, int]:
    """How often each actor was started again."""
    return {each.name: each.restarts for each in drill.desk.system.reports()}
