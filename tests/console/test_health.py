"""The health report as a file, as a verdict from outside, and as a table."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from desk.console.health import Health, read, running, write
from desk.console.jsonable import to_json
from desk.console.status import collect_json, health_json, health_table
from messages.data import Slot
from messages.system import Report

HEALTH = Health(
    written=1_000_000.0,
    market_time=1557758535.0,
    process=4711,
    state="running",
    healthy=False,
    ib_connected=True,
    table_rows=12345,
    errors=("collector.QQQ: backoff: KeyError",),
    actors=(
        Report("broker", "broker", "running", 74.0, 0, "", 2, 99, 0.2, {"connected": True, "lines": 96}),
        Report("collector.QQQ", "collector", "backoff", 3.0, 4, "KeyError: 'VIX'", 0, 5, 1.0),
    ),
)


def test_what_is_written_is_read(tmp_path: Path) -> None:
    path = tmp_path / "logs" / "health.json"
    write(path, HEALTH)
    assert read(path) == HEALTH
    assert [each.name for each in path.parent.iterdir()] == ["health.json"]


def test_written_as_json_without_nan_and_secrets(tmp_path: Path) -> None:
    path = tmp_path / "health.json"
    odd = Report("x", "x", "running", 1.0, 0, "", 0, 0, float("nan"), {"slot": Slot("SPY", 1.0, "MISSED"), "token": 3})
    write(path, replace(HEALTH, actors=(odd,)))
    (actor,) = json.loads(path.read_text(), parse_constant=pytest.fail)["actors"]
    assert actor["idle"] is None
    assert actor["facts"]["slot"]["status"] == "MISSED"
    assert actor["facts"]["token"] == "***"


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"actors": 3}', '{"actors": [], "errors": []}'])
def test_something_else_than_a_report(tmp_path: Path, text: str) -> None:
    path = tmp_path / "health.json"
    path.write_text(text)
    assert read(path) is None


def test_no_file(tmp_path: Path) -> None:
    assert read(tmp_path / "health.json") is None


@pytest.mark.parametrize(
    ("health", "now", "expected"),
    [
        (HEALTH, 1_000_009.0, True),
        (HEALTH, 1_000_011.0, False),
        (replace(HEALTH, state="stopped"), 1_000_001.0, False),
        (None, 1_000_001.0, False),
    ],
)
def test_running_is_a_fresh_report_that_does_not_say_stopped(health: Health | None, now: float, expected: bool) -> None:
    assert running(health, now, limit=10.0) is expected


def test_table(draw: Callable[..., str]) -> None:
    text = draw(health_table(HEALTH, 1.5), 120)
    assert [line.rstrip() for line in text.splitlines()] == [
        "not healthy · connected to IB · 12,345 rows · Mon 2019-05-13 10:42:15 ET",
        "running, process 4711, reported 1.5 s ago",
        "- collector.QQQ: backoff: KeyError",
        "",
        "actor          state            up   idle  restarts  waiting  handled  last error",
        "broker         running  1 min 14 s  0.2 s         0        2       99",
        "collector.QQQ  backoff       3.0 s  1.0 s         4        0        5  KeyError: 'VIX'",
        "",
        "broker  connected yes · lines 96",
    ]
    assert max(map(len, draw(health_table(HEALTH, 1.5), 80).splitlines())) <= 80


def test_json_has_iso_times() -> None:
    found = json.loads(to_json(health_json(HEALTH)))
    assert found["market_time"] == "2019-05-13T14:42:15+00:00"
    assert found["actors"][0]["facts"] == {"connected": True, "lines": 96}


def test_a_cycle_s_result_has_the_names_that_people_know() -> None:
    slot = Slot("SPY", 1557758400.0, "COMPLETE", "", 127, 127, 2, 0, 6.1, 281.0, float("nan"), "neutral", None)
    assert collect_json([slot]) == [
        {
            "symbol": "SPY",
            "cycle": "2019-05-13T14:40:00+00:00",
            "status": "COMPLETE",
            "reason": "",
            "contracts_asked": 127,
            "contracts_written": 127,
            "contracts_partial": 2,
            "contracts_failed": 0,
            "underlying": 281.0,
            "iv_rank": None,
            "iv_rank_sufficient": None,
            "vix": None,
            "underlying_trend": "neutral",
            "seconds": 6.1,
        }
    ]
