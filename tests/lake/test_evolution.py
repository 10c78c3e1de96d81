"""A lake that an earlier version made, before option_snapshots had its newest column."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from desk.lake import rows, schema
from desk.lake import writer as writing
from desk.lake.layout import merged
from desk.lake.queries import Lake
from desk.lake.schema import SNAPSHOTS, TABLES
from desk.lake.writer import Writer
from tests.lake.batches import NOON, batch

OLD = replace(SNAPSHOTS, schema=pl.Schema({n: t for n, t in SNAPSHOTS.schema.items() if n != "quality"}))


def old(item: rows.Item) -> rows.Item:
    return {name: frame.drop("quality", strict=False) for name, frame in item.items()}


@pytest.fixture
def earlier(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A lake with one cycle in its table and one in its spool, both of the earlier version."""
    with monkeypatch.context() as then:
        then.setattr(writing, "SNAPSHOTS", OLD)
        then.setitem(schema.TABLES, SNAPSHOTS.name, OLD)
        with Writer(tmp_path, "desk") as writer:
            writer.accept(old(rows.of_batch(batch())))
            writer.drain()
            writer.accept(old(rows.of_batch(batch(NOON + 300))))
    assert TABLES[SNAPSHOTS.name] is SNAPSHOTS
    return tmp_path


def test_an_earlier_lake_reads_as_if_it_had_the_column(earlier: Path) -> None:
    chain = Lake(earlier).read_latest_chain("SPY")
    assert chain.schema == SNAPSHOTS.schema
    assert chain["quality"].to_list() == [None] * 4


@pytest.mark.parametrize("again", [NOON + 600, NOON], ids=["a new cycle", "an old cycle again"])
def test_an_earlier_lake_is_written_on(earlier: Path, again: float) -> None:
    with Writer(earlier, "desk") as writer:
        assert writer.recovered.rows[SNAPSHOTS.name] == 4
        writer.accept(rows.of_batch(batch(again, bid=9.0)))
        writer.drain()
    chains = Lake(earlier).chains()
    assert chains.schema == SNAPSHOTS.schema
    now = chains.filter(pl.col("cycle") == rows.instant(again))
    assert (len(now), now["quality"].null_count(), now["bid"].min()) == (4, 0, 9.0)
    before = chains.filter(pl.col("cycle") != rows.instant(again))
    assert before["quality"].null_count() == len(before) == (8 if again > NOON + 300 else 4)


def test_rows_of_both_versions_merge() -> None:
    first, second = rows.of_batch(batch()), rows.of_batch(batch(NOON + 300))
    both = merged(SNAPSHOTS, [old(first)[SNAPSHOTS.name], second[SNAPSHOTS.name]])
    assert both.schema == SNAPSHOTS.schema
    assert both["quality"].null_count() == 4
