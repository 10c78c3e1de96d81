"""Chains for the lake's benchmark, histories of any age made from them, and the seeds' way of keeping one.

A day is 78 cycles of 2,400 rows: SPY, QQQ and IWM with 10 expiries, 40 strikes and both rights each. The strikes are a
point apart near the money and two further out, which are six of the seeds' strike partitions per symbol: 18 files a
cycle and 1,404 a day, as many as the measurements have that the issue's targets come from.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
import polars as pl
from deltalake import DeltaTable, PostCommitHookProperties, write_deltalake
from deltalake.transaction import AddAction

from desk.lake import daily_iv
from desk.lake.layout import configuration, normal, properties
from desk.lake.rows import exchange_day
from desk.lake.schema import SNAPSHOTS
from desk.lake.writer import Writer
from desk.market.calendar import at, next_session

SYMBOLS = {"SPY": 600.0, "QQQ": 520.0, "IWM": 230.0}
CYCLES = 78
ROWS = 2_400
FIRST = date(2023, 1, 3)
SEEDS_COLUMNS = SNAPSHOTS.schema.names()[:18]
_STEPS = (*range(-30, -10, 2), *range(-10, 10), *range(10, 30, 2))
_SEEDS_PARTITIONS = ["strike_partition", "symbol"]
_SEEDS_KEY = ["timestamp", "symbol", "strike", "expiry", "right"]
_NO_HOOKS = PostCommitHookProperties(create_checkpoint=False, cleanup_expired_logs=False)


def sessions(count: int) -> list[date]:
    """The first trading days of a history."""
    days = [FIRST]
    while len(days) < count:
        days.append(next_session(days[-1]).date)
    return days


def contracts(day: date) -> pl.DataFrame:
    """The 2,400 contracts that a day's cycles record."""
    expiries = [f"{day + timedelta(days=14 + 7 * n):%Y%m%d}" for n in range(10)]
    names = pl.DataFrame({"symbol": list(SYMBOLS), "underlying": list(SYMBOLS.values())})
    strikes = pl.DataFrame({"step": _STEPS})
    crossed = names.join(pl.DataFrame({"expiry": expiries}), how="cross").join(strikes, how="cross")
    sides = crossed.join(pl.DataFrame({"right": ["C", "P"]}), how="cross")
    return sides.with_columns(strike=(pl.col("underlying") + pl.col("step")).round(0)).drop("step")


class Day:
    """A trading day: open interest stands, volume grows, last prices change now and then, quotes move by cents."""

    def __init__(self, day: date, chance: np.random.Generator) -> None:
        self._day = day
        self._chance = chance
        self._of = contracts(day)
        self._bid = np.round(chance.gamma(2.0, 3.0, len(self._of)), 2) + 0.05
        self._spread = chance.integers(1, 12, len(self._of)) / 100
        self._last = self._bid.copy()
        self._volume = chance.integers(0, 500, len(self._of))
        self._interest = chance.integers(0, 20_000, len(self._of))

    def cycle(self, n: int) -> pl.DataFrame:
        """The rows of cycle `n`, each received within 5 s of its start; Greeks of full entropy."""
        chance, count = self._chance, len(self._of)
        began = datetime.fromtimestamp(at(self._day, "09:30") + 300 * n, UTC)
        self._bid = np.maximum(0.05, np.round(self._bid + chance.integers(-3, 4, count) / 100, 2))
        traded = chance.random(count) < 0.1
        self._last = np.where(traded, self._bid, self._last)
        self._volume += traded * chance.integers(1, 20, count)
        return self._of.with_columns(
            timestamp=pl.lit(began).dt.cast_time_unit("us")
            + pl.Series((chance.random(count) * 5e6).astype(np.int64)).cast(pl.Duration("us")),
            bid=pl.Series(self._bid),
            ask=pl.Series(np.round(self._bid + self._spread, 2)),
            last=pl.Series(self._last),
            volume=pl.Series(self._volume),
            open_interest=pl.Series(self._interest),
            cycle=pl.lit(began).dt.cast_time_unit("us"),
            trading_class=pl.col("symbol"),
            greeks_source=pl.lit("model"),
            venue=pl.lit("SMART"),
            missing=pl.lit(""),
            **{name: pl.Series(chance.random(count)) for name in SNAPSHOTS.narrow},
        )


def stored(rows: pl.DataFrame) -> pl.DataFrame:
    """Rows in the columns of option_snapshots."""
    derived = rows.with_columns(
        exchange_day("cycle").alias("date"),
        pl.col("expiry").str.slice(0, 6).cast(pl.Int32).alias("yearmonth"),
        (pl.col("strike") // 10 * 10).cast(pl.Int32).alias("strike_partition"),
    )
    return SNAPSHOTS.conform(derived).cast(SNAPSHOTS.schema)


class History:
    """A lake as it is after some closed days: a sorted file per day, a checkpoint, and the IV rolled up."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.table = root / SNAPSHOTS.name
        self.chance = np.random.default_rng(7)
        first = Day(FIRST, self.chance)
        self._template = stored(pl.concat([first.cycle(n) for n in range(CYCLES)]))

    def grow(self, days: list[date]) -> None:
        """Add the days."""
        for number, day in enumerate(days):
            write_deltalake(
                self.table,
                self._day(day),
                mode="append",
                partition_by=["date"],
                writer_properties=properties(SNAPSHOTS),
                configuration=configuration(SNAPSHOTS, ("date",)),
                post_commithook_properties=_NO_HOOKS,
                schema_mode="merge" if number else None,
            )
            if number % 20 == 19:
                DeltaTable(self.table).create_checkpoint()
        DeltaTable(self.table).create_checkpoint()
        with Writer(self.root, "history") as writer:
            for day in days[-60:]:
                writer.accept(daily_iv.of_chains(self.root, day))
            writer.drain()

    def _day(self, day: date) -> pl.DataFrame:
        """The template's day again, later, with other noise."""
        shift = timedelta(seconds=at(day, "09:30") - at(FIRST, "09:30"))
        count = len(self._template)
        noise = {name: pl.Series(name, self.chance.random(count)) for name in SNAPSHOTS.narrow}
        moved = self._template.with_columns(
            pl.col("timestamp", "cycle") + shift, pl.lit(day).alias("date"), *noise.values()
        )
        return normal(SNAPSHOTS, moved).sort(SNAPSHOTS.sort)


def seeds_history(root: Path, days: list[date], chance: np.random.Generator) -> Path:
    """The seeds' table after some days: a file per cycle, strike partition and symbol; a commit per day."""
    table = root / "table"
    for day in days:
        part, today = root / "part", Day(day, chance)
        for n in range(CYCLES):
            rows = stored(today.cycle(n)).select(SEEDS_COLUMNS)
            write_deltalake(
                part, rows, mode="append", partition_by=_SEEDS_PARTITIONS, post_commithook_properties=_NO_HOOKS
            )
        _take_over(table, part)
        shutil.rmtree(part)
    return table


def _take_over(table: Path, part: Path) -> None:
    """Move a table's files into another, in one commit."""
    source = DeltaTable(part)
    actions = [
        AddAction(
            add["path"],
            add["size"],
            add["partitionValues"],
            add["modificationTime"],
            data_change=True,
            stats=add["stats"],
        )
        for add in _adds(part)
    ]
    for action in actions:
        (table / action.path).parent.mkdir(parents=True, exist_ok=True)
        (part / action.path).rename(table / action.path)
    if not (table / "_delta_log").exists():
        DeltaTable.create(table, source.schema(), partition_by=_SEEDS_PARTITIONS)
    DeltaTable(table).create_write_transaction([*actions], "append", source.schema(), _SEEDS_PARTITIONS)


def _adds(table: Path) -> Iterator[dict[str, Any]]:
    for entry in sorted((table / "_delta_log").glob("*.json")):
        for line in entry.read_text().splitlines():
            if add := json.loads(line).get("add"):
                yield add


def seeds_read(table: Path) -> pl.DataFrame:
    """The whole table as the seeds read it: through pandas, from the dependency group `bench`."""
    return pl.from_pandas(DeltaTable(table).to_pandas())


def seeds_write(table: Path, rows: pl.DataFrame) -> float:
    """Seconds to write a cycle the seeds' way: read all, anti-join on the key, append by strike partition."""
    began = perf_counter()
    existing = seeds_read(table).with_columns(pl.col("timestamp").cast(SNAPSHOTS.schema["timestamp"]))
    new = rows.select(SEEDS_COLUMNS).join(existing, on=_SEEDS_KEY, how="anti")
    write_deltalake(table, new, mode="append", partition_by=_SEEDS_PARTITIONS)
    return perf_counter() - began


def seeds_latest(table: Path, symbol: str) -> float:
    """Seconds to the latest chain the seeds' way: read all, keep the newest time."""
    began = perf_counter()
    chain = seeds_read(table).filter(pl.col("symbol") == symbol)
    newest = chain.filter(pl.col("timestamp") == pl.col("timestamp").max())
    assert len(newest)
    return perf_counter() - began


def bytes_per_row(table: Path) -> float:
    """Bytes of the live files per row."""
    actions = pl.DataFrame(DeltaTable(table).get_add_actions())
    return float(actions["size_bytes"].sum()) / float(actions["num_records"].sum())
