from pathlib import Path

import pytest

from commands.folders import FolderError, Run, begin_run, discard_run, end_run, latest_run
from commands.folders import open_run as find_run
from desk.config.model import Config, Gateway


def config(data: Path, **gateway: object) -> Config:
    return Config(data=str(data), gateway=Gateway.model_validate(gateway))


def open_run(settings: Config, *, named: bool, fresh: bool = False) -> Run:
    run = find_run(settings, named=named, fresh=fresh)
    begin_run(run)
    return run


def test_a_run_that_could_not_begin_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").write_text("kept")
    discard_run(find_run(config(tmp_path / "mine"), named=True))
    discard_run(find_run(config(tmp_path), named=False))
    assert [each.name for each in tmp_path.rglob("*") if each.is_file()] == ["notes.txt"]


def test_a_killed_run_is_resumed_and_an_ended_one_is_not(tmp_path: Path) -> None:
    first = open_run(config(tmp_path), named=False)
    assert (first.folder.name, first.resumed) == ("2019-05-13-1", False)
    again = open_run(config(tmp_path), named=False)
    assert (again.folder, again.resumed) == (first.folder, True)
    end_run(again)
    fresh = open_run(config(tmp_path), named=False)
    assert (fresh.folder.name, fresh.resumed) == ("2019-05-13-2", False)
    assert latest_run(tmp_path) == fresh.folder


def test_another_market_or_seed_is_another_run(tmp_path: Path) -> None:
    open_run(config(tmp_path), named=False)
    assert not open_run(config(tmp_path, seed=2), named=False).resumed
    assert not open_run(config(tmp_path, market="lake:x"), named=False).resumed


def test_fresh_starts_anew(tmp_path: Path) -> None:
    open_run(config(tmp_path), named=False)
    assert open_run(config(tmp_path), named=False, fresh=True).folder.name == "2019-05-13-2"


def test_a_named_data_folder_is_used_itself(tmp_path: Path) -> None:
    run = open_run(config(tmp_path / "mine"), named=True)
    assert run.folder == tmp_path / "mine"
    assert open_run(config(tmp_path / "mine"), named=True).resumed


def test_more_than_nine_runs_are_counted_as_numbers(tmp_path: Path) -> None:
    for _ in range(11):
        end_run(open_run(config(tmp_path), named=False))
    assert open_run(config(tmp_path), named=False).folder.name == "2019-05-13-12"


def test_a_torn_state_file_does_not_stop_a_start(tmp_path: Path) -> None:
    run = open_run(config(tmp_path), named=False)
    (run.folder / "run.json").write_text("{")
    assert open_run(config(tmp_path), named=False).folder.name == "2019-05-13-2"


def test_a_data_folder_that_is_a_file_is_refused_in_words(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(FolderError, match="is a file; give a folder with --data"):
        open_run(config(tmp_path / "file"), named=True)


def test_without_a_run_the_data_folder_is_looked_into(tmp_path: Path) -> None:
    assert latest_run(tmp_path) == tmp_path
