"""A week in virtual time: slots without a hole, positions all explained, memory flat (F28).

In a test run it is one day of one collector and the SPX strategies, counted every hour, and the morning after. A whole
week as shipped, with all collectors and strategies, counted at the end of each day, with the figures printed:

    CONDOR_WEEK=1 pytest tests/acceptance/test_simulated_week.py -s

takes some minutes a day; CONDOR_WEEK=2 takes two weeks. `supervisor.py simulate --from 2019-05-13 --to 2019-05-20`
shows the same days uncounted.
"""

import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pytest

from commands.simulate import prepared, sessions
from commands.tally import Day, tally
from desk.config import Config
from desk.market.calendar import at, next_session
from tests.acceptance.memory import Census, census, slope
from tests.acceptance.running import log_of
from tests.acceptance.simulated import DAY, shipped, simulated, warnings

WEEKS = int(os.environ.get("CONDOR_WEEK", "0"))
WHOLE = WEEKS > 0
LAST = DAY + timedelta(days=7 * WEEKS)

pytestmark = pytest.mark.timeout(7200 * WEEKS or 900)

HOURS = ("16:30",) if WHOLE else ("11:00", "12:00", "13:00", "14:00", "15:00", "15:59")
WARM = 2 if WHOLE else 0
"""Counts until every cache is full: what the market keeps of two days."""
MOST = 300 if WHOLE else 50
"""Objects of ours that may be more from one count to the next, by the fitted line: a day has thousands of rows."""


@dataclass(frozen=True)
class Week:
    """What each day came to and what was alive at each count, and both on the morning `after` the last."""

    days: list[Day]
    counts: list[Census]
    folder: Path
    after: Day | None = None
    next: Census | None = None

    @property
    def warm(self) -> list[Census]:
        return self.counts[WARM:]


def config() -> Config:
    whole = prepared(shipped())
    if WHOLE:
        return whole
    spy = whole.collectors[0].model_copy(update={"expiries": "first", "window": 0.03, "interval": 900.0})
    return whole.model_copy(update={"collectors": (spy,), "futures": ()})


@pytest.fixture(scope="module")
def week(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Week]:
    folder = tmp_path_factory.mktemp("week")
    found = Week([], [], folder)
    with simulated(config(), folder, last=LAST) as desk:
        for day in sessions(DAY, LAST):
            for hour in HOURS:
                desk.system.run_until(at(day, hour))
                found.counts.append(census())
            desk.until("16:30", day)
            found.days.append(tally(desk, day, 0.0))
        desk.until("10:15", next_session(LAST).date)
        yield replace(found, after=tally(desk, next_session(LAST).date, 0.0), next=census())


def test_every_slot_of_every_day_is_there(week: Week) -> None:
    assert [day.holes for day in week.days] == [()] * len(week.days)
    assert all(day.slots == day.complete > 20 for day in week.days)


def test_it_traded_and_every_position_is_explained(week: Week) -> None:
    assert week.days[0].orders >= 2
    assert week.days[0].fills >= 1
    assert [day.unexplained for day in week.days] == [()] * len(week.days)


def test_the_morning_after_it_goes_on(week: Week) -> None:
    assert week.after is not None
    assert week.after.unexplained == ()
    assert week.after.complete >= 3
    assert week.after.open >= 1


def test_ib_async_holds_no_more_than_at_first(week: Week) -> None:
    kinds = week.counts[0].ib_async
    counts = [*week.warm, *([week.next] if week.next else [])]
    grown = {kind: [count.ib_async[kind] for count in counts] for kind in kinds}
    for kind in ("tickers", "ticker2ReqId", "pendingTickers", "_futures", "_results", "_reqId2Contract"):
        assert max(grown[kind]) <= 20, kind
    assert max(grown["reqId2Ticker"]) <= 1000
    orders = sum(day.orders for day in week.days)
    assert max(grown["trades"]) <= 2 * orders
    assert max(grown["fills"]) <= 10 * orders


def test_memory_is_flat(week: Week) -> None:
    ours = [sum(count.ours.values()) for count in week.warm]
    all_objects = [count.objects for count in week.warm]
    resident = [count.resident for count in week.warm]
    figures = {"ours": slope(ours), "objects": slope(all_objects), "MiB": slope(resident)}
    sys.stdout.write(f"per count: {figures}, resident: {resident}, more than at first: {grown(week.warm)}\n")
    assert slope(ours) < MOST, (ours, grown(week.warm))


def test_nothing_was_warned_of(week: Week) -> None:
    found = [line for line in warnings(log_of(week.folder)) if "lists nothing" not in str(line.get("reason"))]
    assert found == []


def grown(counts: list[Census]) -> dict[str, tuple[int, int]]:
    """The types of ours that are more at the end than at the beginning."""
    first, last = counts[0].ours, counts[-1].ours
    return {kind: (first.get(kind, 0), number) for kind, number in last.items() if number > first.get(kind, 0) + 5}
