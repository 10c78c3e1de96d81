"""`simulate` over two days, and what it refuses."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from commands.errors import RefusedError
from commands.folders import Run
from commands.options import Options
from commands.settings import settings
from commands.simulate import prepared, report, sessions, simulate_days
from commands.tally import Day

THURSDAY, FRIDAY, TUESDAY = date(2019, 5, 23), date(2019, 5, 24), date(2019, 5, 28)
SMALL = '[[collectors]]\nsymbol = "SPY"\nexpiries = "first"\nwindow = 0.02\ninterval = 3600\n'


@pytest.fixture
def options(tmp_path: Path) -> Options:
    config = tmp_path / "small.toml"
    config.write_text(SMALL)
    return Options(config, tmp_path / "data", day=f"{THURSDAY}")


def test_it_prints_what_each_session_came_to_and_begins_with_nothing(
    options: Options, capsys: pytest.CaptureFixture[str]
) -> None:
    assert simulate_days(options, FRIDAY, 5, as_json=True) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["ok"], told["seed"], told["holes"], told["unexplained"]) == (True, 5, 0, 0)
    assert [(day["day"], day["slots"], day["complete"]) for day in told["days"]] == [
        ("2019-05-23", 7, 7),
        ("2019-05-24", 7, 7),
    ]
    with pytest.raises(RefusedError, match="empty account"):
        simulate_days(options, FRIDAY, 5, as_json=True)


def test_what_cannot_be_simulated_is_refused(options: Options, tmp_path: Path) -> None:
    with pytest.raises(RefusedError, match="before --from"):
        simulate_days(options, date(2019, 5, 22), None, as_json=True)
    with pytest.raises(RefusedError, match="paper gateway"):
        prepared(settings(replace(options, port=7497)))
    assert not (tmp_path / "data").exists()


def test_sessions_leave_out_closed_days() -> None:
    assert list(sessions(FRIDAY, TUESDAY)) == [FRIDAY, TUESDAY]


def test_a_hole_or_an_unexplained_position_is_not_ok(options: Options, tmp_path: Path) -> None:
    fine = Day(FRIDAY, 7, 6, 0, 1, (), 0, 0, 0.0, 0, (), 200.0, 1.0)
    hole, strange = replace(fine, holes=("SPY 13:30",)), replace(fine, unexplained=("contract 1",))
    assert [fine.ok, hole.ok, strange.ok] == [True, False, False]
    run = Run(tmp_path, tmp_path, "fitted", f"{FRIDAY}", 1)
    told = report(settings(options), run, [fine, hole, strange])
    assert (told["ok"], told["holes"], told["unexplained"]) == (False, 1, 1)
