from __future__ import annotations

from pathlib import Path

import pytest

from desk.lake.errors import LakePathError, OriginError
from desk.lake.origin import claim, origin_of


def test_a_missing_folder_becomes_a_lake_of_its_origin(tmp_path: Path) -> None:
    root = tmp_path / "deep" / "lake"
    assert origin_of(root) is None
    claim(root, "fitted")
    claim(root, "fitted")
    assert origin_of(root) == "fitted"


def test_origins_do_not_mix(tmp_path: Path) -> None:
    claim(tmp_path, "import")
    with pytest.raises(OriginError, match=r"imported from files.*fitted market.*another folder"):
        claim(tmp_path, "fitted")


def test_a_folder_of_something_else_is_no_lake(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("")
    with pytest.raises(OriginError, match="is no lake"):
        claim(tmp_path, "live")


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"origin": "moon"}', "\x00"])
def test_a_damaged_mark_is_said(tmp_path: Path, text: str) -> None:
    (tmp_path / "origin.json").write_text(text)
    with pytest.raises(OriginError, match=r"origin\.json"):
        claim(tmp_path, "live")


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    path = tmp_path / "lake"
    path.write_text("")
    with pytest.raises(LakePathError, match="is a file"):
        claim(path, "live")


def test_a_folder_under_a_file_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(LakePathError, match="cannot write"):
        claim(tmp_path / "file" / "lake", "live")


def test_a_folder_without_the_right_to_write_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(_: Path) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "touch", refused)
    with pytest.raises(LakePathError, match=r"cannot write .*Permission denied"):
        claim(tmp_path, "live")
