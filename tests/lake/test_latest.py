"""The newest cycle from few files is the newest cycle from all of them."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from desk.lake import rows
from desk.lake.latest import latest
from desk.lake.queries import Lake
from desk.lake.schema import SNAPSHOTS
from desk.lake.tables import Version, newest
from desk.lake.writer import Writer
from tests.lake.batches import NOON, batch

DAY = date(2019, 5, 13)


def write(root: Path, commits: list[list[tuple[str, float]]]) -> None:
    """A file per commit (and date) with the cycles named."""
    with Writer(root, "desk") as writer:
        for commit in commits:
            for symbol, cycle in commit:
                writer.accept(rows.of_batch(batch(cycle, symbol=symbol)))
            writer.drain()


def by_hand(root: Path, symbol: str) -> pl.DataFrame:
    chain = Lake(root).chains(symbol)
    return chain.filter(pl.col("cycle") == pl.col("cycle").max()).sort(SNAPSHOTS.sort)


@pytest.mark.parametrize("seed", range(6))
def test_it_is_what_all_rows_say(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    cycles = [NOON + 300 * n + chance.random() for n in range(-300, 40, 20)]
    units = [(symbol, cycle) for symbol in ("SPY", "QQQ", "IWM") for cycle in chance.sample(cycles, 6)]
    chance.shuffle(units)
    write(tmp_path, [units[n : n + 3] for n in range(0, len(units), 3)])
    for symbol in ("SPY", "QQQ", "IWM"):
        found = Lake(tmp_path).read_latest_chain(symbol)
        assert len(found) == 4
        assert found.equals(by_hand(tmp_path, symbol))
    assert Lake(tmp_path).read_latest_chain("DIA").equals(SNAPSHOTS.empty())


def test_files_of_other_cycles_and_symbols_are_not_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, [[(symbol, NOON + 300 * n)] for n in range(5) for symbol in ("SPY", "QQQ")])
    opened: list[int] = []
    read = Version.read

    def told(self: Version, files: pl.DataFrame, day: date) -> pl.LazyFrame:
        opened.append(len(files))
        return read(self, files, day)

    monkeypatch.setattr(Version, "read", told)
    assert Lake(tmp_path).read_latest_chain("SPY")["cycle"].unique().to_list() == [rows.instant(NOON + 1200)]
    assert opened == [1, 1]


def test_a_log_without_statistics_is_read_whole(tmp_path: Path) -> None:
    write(tmp_path, [[("SPY", NOON)], [("QQQ", NOON + 300)], [("SPY", NOON + 600)]])

    class Silent(Version):
        def files(self, day: date) -> pl.DataFrame | None:
            found = super().files(day)
            return None if found is None else found.select("path", pl.lit(None, dtype=pl.String).alias("min.symbol"))

    table = newest(tmp_path, SNAPSHOTS)
    found = latest(Silent(table.table, table.delta, table.folder), "SPY")
    assert found is not None
    assert found.sort(SNAPSHOTS.sort).equals(by_hand(tmp_path, "SPY"))


def test_files_that_need_the_log_are_read_through_it(tmp_path: Path) -> None:
    write(tmp_path, [[("SPY", NOON)], [("SPY", NOON + 300)]])
    table = newest(tmp_path, SNAPSHOTS)
    assert table.files(DAY) is not None
    elsewhere = replace(table, folder=None)
    assert elsewhere.files(DAY) is None
    found = latest(elsewhere, "SPY")
    assert found is not None
    assert found.sort(SNAPSHOTS.sort).equals(by_hand(tmp_path, "SPY"))
