"""What a Delta commit wrote, forced to the disk: delta-rs itself never calls fsync."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote


def sync_commits(table: Path, after: int, upto: int, named: set[Path]) -> None:
    """Sync the data files, their folders, the log entries and the log's folder of the versions after..upto.

    `table` is the table's folder; `after` is -1 for a table that has just been made. Entries that a clean-up has taken
    away were synced before. `named` folders have their own names on disk already; those met here are added to them.
    Raises OSError.
    """
    log = table / "_delta_log"
    entries = [entry(log, version) for version in range(after + 1, upto + 1)]
    entries = [each for each in entries if each.exists()]
    files = [file for file in (table / path for each in entries for path in _added(each)) if file.exists()]
    folders = {file.parent for file in files} | {log}
    unnamed = {parent for folder in folders for parent in (folder, *folder.parents) if _within(parent, table)} - named
    for path in (*files, *entries, *sorted(folders | {folder.parent for folder in unnamed})):
        sync(path)
    named |= unnamed


def sync_checkpoint(table: Path, version: int) -> None:
    """Sync the checkpoint of that version and the pointer to it. Raises OSError."""
    log = table / "_delta_log"
    for path in (log / f"{version:020}.checkpoint.parquet", log / "_last_checkpoint", log):
        sync(path)


def entry(log: Path, version: int) -> Path:
    """Return the path of a version's log entry."""
    return log / f"{version:020}.json"


def sync(path: Path) -> None:
    """Force a file or a folder to the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _within(folder: Path, table: Path) -> bool:
    return folder == table or table in folder.parents


def _added(log_entry: Path) -> Iterator[str]:
    for line in log_entry.read_text(encoding="utf-8").splitlines():
        added = json.loads(line).get("add")
        if added:
            yield unquote(added["path"])
