"""The kill switch: a file `HALT` in the data folder. While it is there, nothing new is entered.

Whatever cannot be read counts as halted. Only `resume` (`clear`) takes it away: restarts do not. Standard library only,
so that the broker's gate depends on nothing that could fail with the rest.
"""

from __future__ import annotations

import json
import os
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from desk.orders.durable import sync_folder, write_aside

FILE = "HALT"


@dataclass(frozen=True, slots=True)
class Halt:
    """Why entries are blocked, since when (epoch seconds, 0 unknown), by whom, and whether positions are to go too."""

    reason: str
    flatten: bool = False
    at: float = 0.0
    by: str = ""


def read(root: Path) -> Halt | None:
    """Return the halt in force in that data folder, None when there is none. Never raises.

    An empty file halts; so do one that is damaged, one that may not be read, and a data folder that is not there.
    """
    path = root / FILE
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return None if root.is_dir() else Halt(f"the data folder {root} is not there")
    except OSError as error:
        return Halt(f"{path} cannot be read: {error}")
    if not content.strip():
        return Halt(f"{path} is there")
    try:
        return _parse(content)
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        return Halt(f"{path} is damaged: {error!r}")


def write(root: Path, halt: Halt) -> Halt:
    """Halt, and return what is in force then, on disk.

    The first halt stays: a second one can only add `flatten` to it, however many are given at once. Raises OSError when
    the disk refuses; even then an empty file is tried, which a full disk still takes and which halts too.
    """
    path = root / FILE
    try:
        aside = write_aside(path, _text(halt))
    except OSError:
        with suppress(OSError):
            path.touch()
        raise
    try:
        os.link(aside, path)
    except FileExistsError:
        standing = read(root)
        return write(root, halt) if standing is None else _strengthen(root, standing, flatten=halt.flatten)
    finally:
        aside.unlink(missing_ok=True)
    sync_folder(root)
    return halt


def clear(root: Path) -> Halt | None:
    """Resume: take the file away and return the halt that ends with it, None when there was none. Raises OSError."""
    halt = read(root)
    (root / FILE).unlink(missing_ok=True)
    sync_folder(root)
    return halt


def _strengthen(root: Path, standing: Halt, *, flatten: bool) -> Halt:
    if flatten and not standing.flatten:
        standing = replace(standing, flatten=True)
        write_aside(root / FILE, _text(standing)).replace(root / FILE)
    sync_folder(root)
    return standing


def _text(halt: Halt) -> bytes:
    at = datetime.fromtimestamp(halt.at, UTC).isoformat()
    return json.dumps({**asdict(halt), "at": at}, indent=2).encode() + b"\n"


def _parse(content: bytes) -> Halt:
    value = json.loads(content)
    at = datetime.fromisoformat(value["at"])
    if at.tzinfo is None or not isinstance(value["flatten"], bool):
        raise ValueError("`at` needs its zone and `flatten` is true or false")
    return Halt(str(value["reason"]), value["flatten"], at.timestamp(), str(value.get("by", "")))
