"""The kill switch from the command line, with and without a desk that runs."""

import json
from pathlib import Path

import pytest

from commands.errors import RefusedError
from commands.halting import halt_desk, resume_desk
from desk.clock import RealClock
from desk.console import health
from desk.console.health import Health
from desk.orders import halt as switch

NONE = Path("none.toml")


def halt(root: Path, reason: str = "", *, flatten: bool = False) -> None:
    assert halt_desk(NONE, root, reason, flatten=flatten, as_json=False) == 0


def running(root: Path) -> None:
    now = RealClock().time()
    health.write(root / "health.json", Health(now, now, 4711, "running", True, True, 0))


def test_a_halt_is_written_said_and_lifted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    halt(tmp_path / "new", "quotes look wrong")
    said = capsys.readouterr().out
    assert "Halted: no order opens a position any more. Reason: quotes look wrong since 20" in said
    assert "No desk runs in" in said
    standing = switch.read(tmp_path / "new")
    assert standing is not None
    assert (standing.reason, standing.flatten) == ("quotes look wrong", False)
    assert resume_desk(NONE, tmp_path / "new", as_json=False) == 0
    assert "Resumed: this halt is lifted. Reason: quotes look wrong" in capsys.readouterr().out
    assert switch.read(tmp_path / "new") is None


def test_twice_is_harmless_and_only_flatten_is_added(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    halt(tmp_path, "first")
    halt(tmp_path, "second")
    assert "It was halted already. Reason: first" in capsys.readouterr().out
    halt(tmp_path, "third", flatten=True)
    assert "now open positions are closed, too. Reason: first" in capsys.readouterr().out
    halt(tmp_path)
    standing = switch.read(tmp_path)
    assert standing is not None
    assert (standing.reason, standing.flatten) == ("first", True)


def test_it_says_what_a_running_desk_does(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    running(tmp_path)
    halt(tmp_path)
    assert "process 4711) cancels its entry orders and keeps its positions" in capsys.readouterr().out
    halt(tmp_path, flatten=True)
    assert "process 4711) cancels its entry orders and closes its positions at market" in capsys.readouterr().out
    resume_desk(NONE, tmp_path, as_json=False)
    assert "process 4711) may open positions again" in capsys.readouterr().out


def test_nothing_to_resume(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert resume_desk(NONE, tmp_path, as_json=False) == 0
    assert resume_desk(NONE, tmp_path / "nowhere", as_json=False) == 0
    assert capsys.readouterr().out.count("Nothing was halted") == 2


def test_as_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    halt_desk(NONE, tmp_path, "", flatten=True, as_json=True)
    told = json.loads(capsys.readouterr().out)
    assert (told["halted"], told["already"], told["running"], told["process"]) == (True, False, False, None)
    assert (told["halt"]["flatten"], told["halt"]["reason"]) == (True, "halted by hand")
    resume_desk(NONE, tmp_path, as_json=True)
    assert json.loads(capsys.readouterr().out)["halted"] is False


def test_a_config_with_mistakes_does_not_keep_anybody_from_halting(tmp_path: Path) -> None:
    config = tmp_path / "config.toml"
    config.write_text(f'data = "{tmp_path}"\nnonsense = 1\n')
    assert halt_desk(config, None, "", flatten=False, as_json=True) == 0
    assert switch.read(tmp_path) is not None


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(RefusedError, match=r"HALT: .*; give the data folder with --data"):
        halt(tmp_path / "file")
