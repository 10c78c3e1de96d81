"""What a power cut may leave of files that were never synced, and how it is told from what is whole.

Such a file may be missing, empty, shorter than it was, or of its full length with NULs in it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import polars as pl

from desk.lake.errors import LakeError, edge

MARK = "application"
"""Our commits name their application in their first line: its transaction, the last line, must then be there too."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A whole log entry: the size in bytes of each file that it adds, and the files that it removes."""

    adds: dict[str, int]
    removes: frozenset[str]


def read_entry(path: Path) -> Entry | None:
    """Return a log entry, None when it is missing, torn, empty, or not all that its first line announces."""
    try:
        actions = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        info = actions[0]["commitInfo"]
        entry = Entry(
            {unquote(each["add"]["path"]): each["add"]["size"] for each in actions if "add" in each},
            frozenset(unquote(each["remove"]["path"]) for each in actions if "remove" in each),
        )
        applications = {each["txn"]["appId"] for each in actions if "txn" in each}
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        return None
    if _count(info, "num_added_files", "numFilesAdded") not in {None, len(entry.adds)}:
        return None
    if _count(info, "num_removed_files", "numFilesRemoved") not in {None, len(entry.removes)}:
        return None
    return entry if MARK not in info or info[MARK] in applications else None


def is_whole(file: Path, size: int | None = None) -> bool:
    """Tell whether a Parquet file is there, of that size, and can be read to its end."""
    try:
        with edge(LakeError, ""):
            if size is not None and file.stat().st_size != size:
                return False
            pl.read_parquet(file, hive_partitioning=False)
    except LakeError:
        return False
    return True


def _count(info: dict[str, Any], *names: str) -> int | None:
    metrics = info.get("operationMetrics", {})
    return next((metrics[name] for name in names if name in metrics), None)
