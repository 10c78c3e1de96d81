import shutil
from datetime import date
from pathlib import Path

import pytest

from commands.folders import Run
from commands.premises import premises
from desk.clock import RealClock
from desk.config.model import Config
from desk.console import health
from desk.console.health import Health
from desk.market.calendar import at


def calendar(folder: Path, now: float) -> str:
    run = Run(folder, folder, "fitted", "2019-05-13", 1)
    (check,) = (each for each in premises(Config(), run, now) if each.name == "calendar")
    return f"{check.verdict}: {check.text}"


@pytest.mark.parametrize(
    ("day", "time", "expected"),
    [
        ("2026-11-25", "09:00", "ok: session on Wed 2026-11-25, 09:30 to 16:00 ET, opens in 30 min"),
        ("2026-11-25", "10:00", "ok: session on Wed 2026-11-25, 09:30 to 16:00 ET"),
        ("2026-11-25", "16:00", "warning: today's session is over; the next opens Fri 2026-11-27 09:30:00 ET"),
        ("2026-11-26", "10:00", "warning: no session today; the next opens Fri 2026-11-27 09:30:00 ET"),
        ("2026-11-27", "10:00", "ok: session on Fri 2026-11-27, 09:30 to 13:00 ET, an early close"),
        ("2026-11-28", "10:00", "warning: no session today; the next opens Mon 2026-11-30 09:30:00 ET"),
    ],
)
def test_the_calendar_of_the_exchange(tmp_path: Path, day: str, time: str, expected: str) -> None:
    assert calendar(tmp_path, at(date.fromisoformat(day), time)) == expected


def test_a_desk_that_runs_there_already(tmp_path: Path) -> None:
    now = RealClock().time()
    health.write(tmp_path / "health.json", Health(now, now, 4711, "running", True, True, 0))
    run = Run(tmp_path, tmp_path, "fitted", "2019-05-13", 1)
    (check,) = (each for each in premises(Config(), run, now) if each.name == "other desk")
    assert check.verdict == "warning"
    assert "process 4711" in check.text


@pytest.mark.parametrize(
    ("free", "expected"), [(2 * 2**40, "ok"), (5 * 2**30, "ok"), (2 * 2**30, "warning"), (100 * 2**20, "failed")]
)
def test_room_on_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, free: int, expected: str) -> None:
    usage = type(shutil.disk_usage("/"))
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(2**50, 2**50, free))
    run = Run(tmp_path, tmp_path, "fitted", "2019-05-13", 1)
    (check,) = (each for each in premises(Config(), run, 0.0) if each.name == "data folder")
    assert check.verdict == expected
    assert check.text.endswith(" free")
