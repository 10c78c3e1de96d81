"""A vendor's file as a frame with our column names, its values still the vendor's."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from desk.lake.errors import ImportFileError, edge
from desk.lake.imports import lean, quotedata
from desk.lake.imports.profile import Profile
from desk.lake.schema import DAILY_BARS


def read(path: Path, profile: Profile) -> pl.DataFrame:
    """Return the mapped columns of a file, a row per contract and time. Those of a CSV are text.

    ImportFileError names the file, the profile and what was expected.
    """
    what = f"cannot import {path} with profile {profile.name}"
    if not path.is_file():
        raise ImportFileError(f"{what}: no such file")
    if path.stat().st_size == 0:
        raise ImportFileError(f"{what}: it is empty")
    with edge(ImportFileError, what):
        raw = _table(path, profile)
    if raw.is_empty():
        raise ImportFileError(f"{what}: it has columns but no rows")
    return raw if profile.format == "lean" else _mapped(raw, profile, what)


def _table(path: Path, profile: Profile) -> pl.DataFrame:
    match profile.format:
        case "lean" if profile.table == DAILY_BARS.name:
            return lean.bars(path)
        case "lean":
            return lean.options(path)
        case "cboe_quotedata":
            return quotedata.table(path.read_text(encoding="utf-8-sig"))
        case _:
            return pl.read_parquet(path) if _is_parquet(path) else pl.read_csv(path, infer_schema=False)


def _mapped(raw: pl.DataFrame, profile: Profile, what: str) -> pl.DataFrame:
    """Return our columns of the file's; of a file with both sides on a line, the calls first, then the puts."""
    found = {name.strip().lower(): name for name in raw.columns}
    sided = [*profile.call.values(), *profile.put.values()]
    needed = [*(profile.columns[name] for name in profile.required), *sided, *filter(None, [profile.clock])]
    lacking = [name for name in needed if name.lower() not in found]
    if lacking:
        raise ImportFileError(f"{what}: expected columns {', '.join(lacking)}, found {', '.join(raw.columns)}")
    theirs = {name: found[column.lower()] for name, column in profile.columns.items() if column.lower() in found}
    columns = {name: pl.col(column) for name, column in theirs.items()}
    if profile.clock:
        columns["timestamp"] = pl.concat_str(columns["timestamp"], pl.col(found[profile.clock.lower()]), separator=" ")
    if not profile.call:
        return raw.select(**columns)
    sides = {
        right: {name: pl.col(found[column.lower()]) for name, column in side.items()}
        for right, side in (("C", profile.call), ("P", profile.put))
    }
    return pl.concat([raw.select(**columns, **side, right=pl.lit(right)) for right, side in sides.items()])


def _is_parquet(path: Path) -> bool:
    with path.open("rb") as file:
        return path.suffix.lower() in {".parquet", ".pq"} or file.read(4) == b"PAR1"
