"""A lake's chains into Parquet for training: features and targets apart, and a card that says what they are."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from desk.lake.errors import LakePathError, ReadError, edge
from desk.lake.export import days, smile
from desk.lake.export.card import card, coverage, markdown
from desk.lake.origin import origin_of
from desk.lake.queries import Lake
from desk.lake.schema import SLOTS
from desk.lake.tables import scan

_EVER = 100_000


@dataclass(frozen=True, slots=True)
class Report:
    """What was written: the files, how many rows (cycles) of which symbols, and the card."""

    files: tuple[Path, ...]
    rows: int
    symbols: tuple[str, ...]
    card: dict[str, Any]


def export(
    lake: Lake,
    out: Path | str,
    symbols: tuple[str, ...] | None = None,
    start: date | None = None,
    end: date | None = None,
    progress: Callable[[str], None] | None = None,
) -> Report:
    """Write `features.parquet`, `targets.parquet`, `card.json` and `card.md` into the folder `out`.

    A row per symbol and recorded cycle from `start` to `end` (both included), of some symbols or all; the two tables
    join on symbol, date and cycle. ReadError; LakePathError when `out` cannot be written to.
    """
    tell, folder = progress or (lambda _: None), Path(out)
    chosen = symbols or tuple(lake.get_snapshot_stats()["symbols"])
    vix = days.daily(lake.daily_bars(("VIX",)), "close")
    found, future, cards = [], [], []
    for symbol in chosen:
        tell(f"reading {symbol}")
        chains, greeks = _chains(lake, symbol, start, end)
        if chains.is_empty():
            continue
        closes = _closes(lake, symbol, chains)
        iv = days.daily(lake.read_historical_iv(symbol, _EVER), "avg_iv")
        rows = days.features(_with_vix(lake, chains), iv, closes, vix)
        after = days.targets(chains, closes)
        cards.append(coverage(symbol, rows, after, greeks))
        found.append(rows)
        future.append(after)
    values = card(str(origin_of(lake.root) or "unknown"), cards)
    tell("writing")
    with edge(LakePathError, f"cannot write to {folder}"):
        files = _write(folder, found, future, values)
    return Report(files, sum(map(len, found)), tuple(each["symbol"] for each in cards), values)


def _chains(lake: Lake, symbol: str, start: date | None, end: date | None) -> tuple[pl.DataFrame, dict[str, int]]:
    """Return what each cycle says by itself, read a day at a time, and the rows by source of their Greeks."""
    parts, greeks = [], dict[str, int]()
    for day in lake.recorded_days(start, end):
        rows = lake.chains(symbol, day, day)
        if len(rows):
            parts.append(smile.of_chains(rows))
            for source, count in rows.group_by("greeks_source").len().sort("greeks_source").iter_rows():
                greeks[source or ""] = greeks.get(source or "", 0) + count
    return (pl.concat(parts) if parts else pl.DataFrame()), greeks


def _closes(lake: Lake, symbol: str, chains: pl.DataFrame) -> days.Daily:
    """Return daily closes: those of daily_bars, or where a day has none the last price of its chains."""
    bars = lake.daily_bars((symbol,)).select("date", "close")
    last = chains.sort("cycle").group_by("date").agg(close=pl.col("underlying").drop_nulls().last())
    return days.daily(pl.concat([bars, last.join(bars, on="date", how="anti").select("date", "close")]), "close")


def _with_vix(lake: Lake, chains: pl.DataFrame) -> pl.DataFrame:
    with edge(ReadError, "cannot read slots"):
        slots = scan(lake.root, SLOTS).select("symbol", "cycle", "vix").collect()
    return chains.join(slots, on=["symbol", "cycle"], how="left", maintain_order="left")


def _write(
    folder: Path, features: list[pl.DataFrame], targets: list[pl.DataFrame], values: dict[str, Any]
) -> tuple[Path, ...]:
    folder.mkdir(parents=True, exist_ok=True)
    names = ("features.parquet", "targets.parquet", "card.json", "card.md")
    files = tuple(folder / name for name in names)
    for file, frames in zip(files, (features, targets), strict=False):
        (pl.concat(frames) if frames else pl.DataFrame()).write_parquet(file)
    files[2].write_text(json.dumps(values, indent=2) + "\n", encoding="utf-8")
    files[3].write_text(markdown(values), encoding="utf-8")
    return files
