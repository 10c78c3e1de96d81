"""The same run, a line per event: for pipes, log collectors and terminals that cannot draw."""

from __future__ import annotations

from collections.abc import Iterator

from desk.console import words
from desk.console.live import gateway, slot_text
from desk.console.snapshot import Snapshot


class PlainView:
    """Turns successive snapshots into the lines that are new since the last one."""

    def __init__(self) -> None:
        self._last: Snapshot | None = None

    def update(self, snapshot: Snapshot) -> list[str]:
        """Take the next snapshot; give its news, each line beginning with the exchange's time of day."""
        last, self._last = self._last, snapshot
        clock = words.time_of_day(snapshot.time, seconds=True)
        news = [] if last else [_opening(snapshot)]
        news += [f"{clock} {line}" for line in _news(last, snapshot)]
        seen = last.events[-1].number if last and last.events else 0
        news += [
            f"{words.time_of_day(event.time, seconds=True)} {event.level}: {event.text}"
            for event in snapshot.events
            if event.number > seen
        ]
        return news


def _opening(snapshot: Snapshot) -> str:
    lake = f", lake {snapshot.lake.path}" if snapshot.lake else ""
    pace = f"at up to {words.speed(snapshot.speed_asked)}" if snapshot.starts is not None else "in real time"
    return f"condor-desk: {gateway(snapshot.gateway).plain}, {words.moment(snapshot.time)} {pace}{lake}"


def _news(last: Snapshot | None, snapshot: Snapshot) -> Iterator[str]:
    slots = {each.symbol: each.last for each in last.collection} if last else {}
    for row in snapshot.collection:
        if row.last is not None and row.last != slots.get(row.symbol):
            yield f"{row.symbol} slot {slot_text(row.last).plain}"
    notes = {each.name: (each.state, each.note) for each in last.strategies} if last else {}
    for strategy in snapshot.strategies:
        if (strategy.state, strategy.note) != notes.get(strategy.name):
            yield f"{strategy.name} {strategy.state}" + (f": {strategy.note}" if strategy.note else "")
    states = {each.name: (each.state, each.restarts) for each in last.actors} if last else {}
    for actor in snapshot.actors:
        if (actor.state, actor.restarts) != states.get(actor.name):
            restarts = f", restarts {actor.restarts}" if actor.restarts else ""
            error = f": {actor.last_error}" if actor.last_error else ""
            yield f"actor {actor.name} {actor.state}{restarts}{error}"
