"""A lake may be in a folder of any name but one."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from desk.lake import rows
from desk.lake.errors import LakePathError
from desk.lake.housekeeper import Housekeeper
from desk.lake.queries import Lake
from desk.lake.writer import Writer
from desk.market.calendar import at
from tests.lake.batches import NOON, batch

DAY = date(2019, 5, 13)


@pytest.mark.parametrize("name", ["a lake", "Jürgens Daten, 100%", "it's (mine) & yours+"])
def test_blanks_umlauts_and_signs(tmp_path: Path, name: str) -> None:
    root = tmp_path / name
    for cycle in (NOON, NOON + 300):
        with Writer(root, "desk") as writer:
            writer.accept(rows.of_batch(batch(cycle)))
            writer.drain()
    keeper = Housekeeper(root)
    while keeper.step(at(DAY, "20:00")):
        pass
    keeper.close()
    assert len(Lake(root).chains()) == 8
    assert Lake(root).read_latest_chain("SPY")["cycle"].unique().to_list() == [rows.instant(NOON + 300)]
    assert Lake(root).get_snapshot_stats()["total_rows"] == 8


@pytest.mark.parametrize("sign", ["=", "[", "^"])
def test_signs_that_a_library_cannot_take_are_refused(tmp_path: Path, sign: str) -> None:
    with pytest.raises(LakePathError, match="name another folder"):
        Writer(tmp_path / f"run{sign}1", "desk")
