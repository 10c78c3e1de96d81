"""The log: lines for machines, warnings for people, events for the view, and no secrets."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from desk.clock import ManualClock
from desk.console.log import DeskLog

ENV: dict[str, str] = {}


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(datetime(2019, 5, 13, 14, 40, tzinfo=UTC))


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def log(tmp_path: Path, clock: ManualClock, said: list[str]) -> Iterator[DeskLog]:
    desk_log = DeskLog(tmp_path / "log", clock, said.append)
    yield desk_log
    desk_log.close()


def lines(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "log" / "desk.jsonl").read_text().splitlines()]


def test_a_line_per_event_at_market_time(tmp_path: Path, log: DeskLog, clock: ManualClock, said: list[str]) -> None:
    log.logger.bind(actor="broker").info("connected", port=4002)
    clock.advance(2.5)
    log.logger.warning("late", seconds=1.5)
    log.logger.debug("only in the file")
    assert [event.level for event in log.events()] == ["info", "warning"]
    assert lines(tmp_path)[-1]["event"] == "only in the file"
    assert lines(tmp_path)[:-1] == [
        {
            "time": "2019-05-13T14:40:00+00:00",
            "machine": 0.0,
            "actor": "broker",
            "port": 4002,
            "event": "connected",
            "level": "info",
        },
        {
            "time": "2019-05-13T14:40:02.500000+00:00",
            "machine": 2.5,
            "seconds": 1.5,
            "event": "late",
            "level": "warning",
        },
    ]
    assert said == ["10:40:02 warning: late · seconds 1.5"]
    assert [(each.number, each.level, each.text) for each in log.events()] == [
        (1, "info", "broker: connected · port 4002"),
        (2, "warning", "late · seconds 1.5"),
    ]


def test_an_exception_keeps_its_traceback_and_shows_its_last_line(
    tmp_path: Path, log: DeskLog, said: list[str]
) -> None:
    try:
        str(ENV["VIX"])
    except KeyError:
        log.logger.exception("crashed", actor="broker")
    (line,) = lines(tmp_path)
    assert line["exception"].startswith("Traceback")
    assert said == ["10:40:00 error: broker: crashed · KeyError: 'VIX'"]


def test_secrets_are_hidden_everywhere(tmp_path: Path, log: DeskLog, said: list[str]) -> None:
    log.logger.error(
        "sent to smtp://me:hunter2@mail.example",
        api_key="hunter2",
        options={"AWS_SECRET_ACCESS_KEY": "hunter2", "region": "x", "urls": ["s3://id:hunter2@bucket"]},
    )
    (line,) = lines(tmp_path)
    assert "hunter2" not in json.dumps(line) + "".join(said) + log.events()[0].text
    assert line["options"]["region"] == "x"
    assert line["event"] == "sent to smtp://***@mail.example"


def test_odd_values_do_not_break_the_log(tmp_path: Path, log: DeskLog) -> None:
    log.logger.info("odd", nan=float("nan"), thing=Path("x"), when=datetime(2019, 5, 13, tzinfo=UTC), ids=(1, 2))
    (line,) = lines(tmp_path)
    assert (line["nan"], line["when"], line["ids"]) == (None, "2019-05-13T00:00:00+00:00", [1, 2])
    assert "x" in line["thing"]


def test_the_view_s_events_are_bounded(log: DeskLog) -> None:
    for number in range(500):
        log.logger.info("event", number=number)
    assert len(log.events()) == 200
    assert log.events()[-1].number == 500


def test_a_torn_last_line_stays_alone(tmp_path: Path, clock: ManualClock) -> None:
    path = tmp_path / "desk.jsonl"
    path.write_text('{"event": "whole"}\n{"event": "to')
    log = DeskLog(tmp_path, clock)
    log.logger.info("next")
    log.close()
    assert [line[:12] for line in path.read_text().splitlines()] == ['{"event": "w', '{"event": "t', '{"time": "20']


def test_after_the_close_it_still_reaches_people(log: DeskLog, said: list[str]) -> None:
    log.close()
    log.logger.error("late news")
    assert said == ["10:40:00 error: late news"]


def test_threads_do_not_mix_lines(tmp_path: Path, log: DeskLog) -> None:
    def speak(name: str) -> None:
        for _ in range(50):
            log.logger.info("said", by=name, padding="x" * 500)

    threads = [Thread(target=speak, args=(name,)) for name in "abc"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(lines(tmp_path)) == 150
