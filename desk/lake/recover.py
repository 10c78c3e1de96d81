"""Putting a local table's log back to its last whole state after a power cut.

What had been synced is never touched. Of what came after it, all from the first damaged version on is set aside, good
commits above it too: a log has no gaps. Nothing accepted is lost by that, for the spool keeps items until the commit
that has them is synced, and `Transaction` numbers, which go aside with their commits, tell it where to go on.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from desk.lake.damage import Entry, is_whole, read_entry
from desk.lake.sync import entry, sync

_ENTRY = re.compile(r"(\d{20})\.json")
_CHECKPOINT = re.compile(r"(\d{20})\.checkpoint\.parquet")


def last_version(table: Path) -> int:
    """Return the newest version in a table's log, -1 when there is none."""
    log = table / "_delta_log"
    return max([*_versions(log, _ENTRY), *_versions(log, _CHECKPOINT)], default=-1)


def recover(table: Path, synced: int, aside: Path) -> list[str]:
    """Set aside what is damaged above version `synced`; return the names of the files moved to a folder in `aside`.

    Nobody else may be at work on the table. Raises OSError.
    """
    log = table / "_delta_log"
    if not log.is_dir():
        return []
    bad = _first_bad(table, synced)
    moved = list(_bad_checkpoints(log, bad))
    if bad is not None:
        for version in sorted(v for v in _versions(log, _ENTRY) if v >= bad):
            path = entry(log, version)
            whole = read_entry(path)
            moved += [path, *(table / name for name in (whole.adds if whole else ()))]
    if _points_nowhere(log, {path.name for path in moved}):
        moved.append(log / "_last_checkpoint")
    return _set_aside([path for path in moved if path.exists()], aside, log)


def _first_bad(table: Path, synced: int) -> int | None:
    """Return the lowest version above `synced` that cannot stay, None when all can."""
    log = table / "_delta_log"
    present = sorted(version for version in _versions(log, _ENTRY) if version > synced)
    entries: dict[int, Entry] = {}
    for expected, version in enumerate(present, start=synced + 1):
        whole = read_entry(entry(log, version))
        if version != expected or whole is None:
            return _cut(table, entries, expected)
        entries[version] = whole
    return _cut(table, entries, None)


def _cut(table: Path, entries: dict[int, Entry], bad: int | None) -> int | None:
    """Lower `bad` until all files that the versions below it added are whole, or removed again by one of them.

    What a vacuum took away is such a file: the version that removed it was synced before.
    """
    damaged = {
        (version, name)
        for version, each in entries.items()
        for name, size in each.adds.items()
        if not is_whole(table / name, size)
    }
    while True:
        removed = {name for version, each in entries.items() if bad is None or version < bad for name in each.removes}
        worse = [version for version, name in damaged if name not in removed and (bad is None or version < bad)]
        if not worse:
            return bad
        bad = min(worse)


def _bad_checkpoints(log: Path, bad: int | None) -> Iterator[Path]:
    """Yield the checkpoints of versions that go, and the newest of the others until one is whole."""
    for version in sorted(_versions(log, _CHECKPOINT), reverse=True):
        path = log / f"{version:020}.checkpoint.parquet"
        if (bad is None or version < bad) and is_whole(path):
            return
        yield path


def _points_nowhere(log: Path, gone: Iterable[str]) -> bool:
    """Tell whether `_last_checkpoint` is there and does not name a checkpoint that stays."""
    pointer = log / "_last_checkpoint"
    try:
        name = f"{json.loads(pointer.read_bytes())['version']:020}.checkpoint.parquet"
    except FileNotFoundError:
        return False
    except (ValueError, LookupError, TypeError):
        return True
    return name in gone or not (log / name).exists()


def _set_aside(paths: list[Path], aside: Path, log: Path) -> list[str]:
    if not paths:
        return []
    aside.mkdir(parents=True, exist_ok=True)
    folder = aside / str(sum(1 for _ in aside.iterdir()) + 1)
    folder.mkdir()
    for path in paths:
        path.rename(folder / path.name)
    for touched in {path.parent for path in paths} | {log, folder, aside}:
        sync(touched)
    return [path.name for path in paths]


def _versions(log: Path, name: re.Pattern[str]) -> Iterator[int]:
    if log.is_dir():
        for path in log.iterdir():
            if found := name.fullmatch(path.name):
                yield int(found[1])
