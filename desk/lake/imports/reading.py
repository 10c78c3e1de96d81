"""A vendor's file as a frame with our column names, its values still the vendor's."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from desk.lake.errors import ImportFileError, edge
from desk.lake.imports.profile import Profile


def read(path: Path, profile: Profile) -> pl.DataFrame:
    """Return the mapped columns of a CSV or Parquet file. Those of a CSV are text, those of a Parquet file its types.

    ImportFileError names the file, the profile and what was expected.
    """
    what = f"cannot import {path} with profile {profile.name}"
    if not path.is_file():
        raise ImportFileError(f"{what}: no such file")
    if path.stat().st_size == 0:
        raise ImportFileError(f"{what}: it is empty")
    with edge(ImportFileError, what):
        raw = pl.read_parquet(path) if _is_parquet(path) else pl.read_csv(path, infer_schema=False)
    found = {name.strip().lower(): name for name in raw.columns}
    lacking = [profile.columns[name] for name in profile.required if profile.columns[name].lower() not in found]
    if lacking:
        raise ImportFileError(f"{what}: expected columns {', '.join(lacking)}, found {', '.join(raw.columns)}")
    if raw.is_empty():
        raise ImportFileError(f"{what}: it has columns but no rows")
    theirs = {name: found[column.lower()] for name, column in profile.columns.items() if column.lower() in found}
    return raw.select(pl.col(column).alias(name) for name, column in theirs.items())


def _is_parquet(path: Path) -> bool:
    with path.open("rb") as file:
        return path.suffix.lower() in {".parquet", ".pq"} or file.read(4) == b"PAR1"
