"""The live view at the widths and heights that terminals have, and its news as lines."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from desk.console.live import LiveView
from desk.console.plain import PlainView
from desk.console.snapshot import CondorView, Event, GatewayView, OrderView, Snapshot
from messages.data import Slot

Draw = Callable[..., str]
FULL = {"SPY", "QQQ", "IWM", "84/127", "10:35 PARTIAL 101/124", "12,345 rows", "VIX 19.85 +23.8 %", "58x of 60x"}


@pytest.mark.parametrize(("width", "height"), [(80, 24), (120, 40), (200, 60), (60, 20)])
def test_fits_the_terminal(draw: Draw, snapshot: Snapshot, width: int, height: int) -> None:
    lines = draw(LiveView(snapshot), width, height).splitlines()
    assert len(lines) < height
    assert max(map(len, lines)) <= width


@pytest.mark.parametrize(("width", "height"), [(80, 24), (120, 40)])
def test_shows_what_matters_at_once(draw: Draw, snapshot: Snapshot, width: int, height: int) -> None:
    text = draw(LiveView(snapshot), width, height)
    assert {part for part in FULL if part not in text} == set()
    assert "paper gateway FITTED :40123" in text
    assert "RuntimeError: the wire went quiet" in text
    assert "condor 2600/2625 2925/2950 20190719 credit 3.35" in text
    assert "IWM slot 10:40 stored, 34 rows" in text


@pytest.mark.parametrize(("width", "height"), [(80, 24), (120, 40)])
def test_long_reasons_and_names_leave_room_for_the_rest(
    draw: Draw, snapshot: Snapshot, width: int, height: int
) -> None:
    spy, *others = snapshot.collection
    assert spy.last is not None
    wordy = replace(spy, last=replace(spy.last, reason="no security definition has been found " * 3))
    named = replace(snapshot.strategies[0], name="a_strategy_with_a_rather_long_name", note="x" * 300)
    text = draw(LiveView(replace(snapshot, collection=(wordy, *others), strategies=(named,))), width, height)
    assert {part for part in FULL if part not in text} == set()
    assert "+24.40 xxxx" in text
    assert max(map(len, text.splitlines())) <= width


def test_a_short_terminal_keeps_the_actors_in_trouble(draw: Draw, snapshot: Snapshot) -> None:
    text = draw(LiveView(snapshot), 80, 24)
    assert "strategy.monthly_ic backoff" in text
    assert "collector.QQQ" in text
    assert "and 3 more, running" in text


def test_a_tall_terminal_shows_every_actor(draw: Draw, snapshot: Snapshot) -> None:
    text = draw(LiveView(snapshot), 80, 40)
    assert all(actor.name in text for actor in snapshot.actors)
    assert "more, running" not in text


def test_ib_in_real_time_has_no_market_label_and_no_day_bar(draw: Draw, snapshot: Snapshot) -> None:
    live = replace(
        snapshot, gateway=GatewayView("ib", "127.0.0.1", 7497), starts=None, speed_asked=1.0, speed_reached=1.0
    )
    text = draw(LiveView(live), 80, 24)
    assert "IB 127.0.0.1:7497" in text
    assert "real time" in text
    assert "1.0x" in text
    assert "of 1.0x" not in text


def test_before_the_first_snapshot_and_before_the_first_data(draw: Draw, snapshot: Snapshot) -> None:
    assert draw(LiveView()) == "starting …\n"
    bare = Snapshot(snapshot.time, 60.0, 60.0, snapshot.gateway)
    assert draw(LiveView(bare)).startswith("condor-desk  Mon 2019-05-13 10:42:15 ET")


def test_update_replaces_what_is_shown(draw: Draw, snapshot: Snapshot) -> None:
    view = LiveView(snapshot)
    view.update(replace(snapshot, time=snapshot.time + 60))
    assert "10:43:15" in draw(view)


def test_lines_begin_with_what_runs_where(snapshot: Snapshot) -> None:
    lines = PlainView().update(snapshot)
    assert lines[0] == (
        "condor-desk: paper gateway FITTED :40123, Mon 2019-05-13 10:42:15 ET at up to 60x, "
        "lake data/sim/2019-05-13-1/lake"
    )
    assert "10:42:15 QQQ slot 10:35 PARTIAL 101/124 in 1 min 1 s deadline" in lines
    assert "10:42:15 actor collector.QQQ running, restarts 1: RuntimeError: the wire went quiet in the middle" in lines
    assert lines[-1] == "10:40:50 info: IWM slot 10:40 stored, 34 rows"


def test_lines_are_news_only(snapshot: Snapshot) -> None:
    view = PlainView()
    view.update(snapshot)
    assert view.update(replace(snapshot, time=snapshot.time + 1)) == []
    spy, *others = snapshot.collection
    assert spy.last is not None
    slot = Slot("SPY", spy.last.cycle + 300, "COMPLETE", "", 127, 127, 0, 0, 5.0)
    later = replace(
        snapshot,
        collection=(replace(spy, last=slot), *others),
        events=(*snapshot.events[1:], Event(6, snapshot.time, "warning", "late")),
    )
    assert view.update(later) == [
        "10:42:15 SPY slot 10:40 COMPLETE 127/127 in 5.0 s",
        "10:42:15 warning: late",
    ]


CONDORS = (
    CondorView("dte0_ic", "20190513", (2755, 2765, 2840, 2850), 1, 0.55, 0.31, 24.0, 945.0),
    CondorView("monthly_ic", "20190705", (2600, 2625, 2925, 2950), 2, 3.35, None, None, 4330.0),
)
ORDERS = (
    OrderView("dte0_ic-20190513T134545-1", "dte0_ic", "close", 2, 1, 0.28, "WORKING", "profit"),
    OrderView("dte0_ic-20190513T134545-2", "dte0_ic", "close", 1, 0, None, "UNKNOWN", "stop"),
)


@pytest.mark.parametrize(("width", "height"), [(80, 40), (120, 40)])
def test_open_condors_and_orders_under_way(draw: Draw, snapshot: Snapshot, width: int, height: int) -> None:
    text = draw(LiveView(replace(snapshot, condors=CONDORS, orders=ORDERS)), width, height)
    rows = [line.split() for line in text.splitlines()]
    assert [*("dte0_ic", "May", "13", "2755/2765/2840/2850", "1", "0.55", "0.31", "+24.00", "945")] in rows
    assert [*("monthly_ic", "Jul", "05", "2600/2625/2925/2950", "2", "3.35", "-", "-", "4,330")] in rows
    assert [*("dte0_ic", "close:", "profit", "1/2", "0.28", "WORKING", "dte0_ic-20190513T134545-1")] in rows
    assert [*("dte0_ic", "close:", "stop", "0/1", "market", "UNKNOWN", "dte0_ic-20190513T134545-2")] in rows


def test_what_keeps_entries_from_being_made_is_at_the_top(draw: Draw, snapshot: Snapshot) -> None:
    troubled = replace(snapshot, halted="quotes look wrong", trouble=("SPX: IB holds 1 that no log explains",))
    lines = draw(LiveView(troubled)).splitlines()
    assert [line.rstrip() for line in lines[3:5]] == [
        "HALTED: quotes look wrong",
        "SPX: IB holds 1 that no log explains",
    ]
