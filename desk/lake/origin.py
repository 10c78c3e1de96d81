"""Where a lake's rows come from: a lake has one origin, and nothing of another is written into it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Literal, get_args

import polars as pl
from deltalake import write_deltalake

from desk.lake.errors import LakePathError, OriginError, WriteError, edge
from desk.lake.place import Place, Root, place
from desk.lake.sync import sync

Origin = Literal["live", "paper", "replay", "fitted", "import"]

_FILE = "origin.json"
_TABLE = "origin"
_MEANING = {
    "live": "recorded from a live IB account",
    "paper": "recorded from an IB paper account",
    "replay": "recorded from a replayed market",
    "fitted": "recorded from the fitted market",
    "import": "imported from files",
}


def claim(root: Root, origin: Origin) -> None:
    """Make sure that the lake at `root` is of that origin; an empty or missing folder becomes one, durably.

    OriginError when the lake is of another, or the folder holds something that is no lake; LakePathError when `root` is
    a file or cannot be written to, WriteError when an object store cannot.
    """
    at = place(root)
    if at.folder is not None:
        check_folder(at.folder)
    found = origin_of(at)
    if found is None:
        found = _mark_remotely(at, origin) if at.folder is None else _mark(at.folder, origin)
    if found != origin:
        raise OriginError(
            f"the lake {at} is {_MEANING[found]}, and this run's rows would be {_MEANING[origin]}: "
            "name another folder for them"
        )


def origin_of(root: Root) -> Origin | None:
    """Return a lake's origin, None when the folder is missing or empty.

    OriginError when the folder holds something else, or its mark cannot be read; LakePathError when `root` is a file.
    """
    at = place(root)
    found = _read_remotely(at) if at.folder is None else _read(at.folder)
    if found is not None and found not in get_args(Origin):
        mark = f"the table {_TABLE}" if at.folder is None else _FILE
        raise OriginError(f"{mark} of {at} names the origin {found!r}; known are {', '.join(get_args(Origin))}")
    return found  # type: ignore[return-value]  # one of Origin's values, by the test above


def check_folder(root: Path) -> None:
    """Make the lake's folder if need be. LakePathError when it is a file or nothing can be written into it."""
    _check_kind(root)
    try:
        root.mkdir(parents=True, exist_ok=True)
        probe = root / ".writable"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise LakePathError(f"cannot write to the lake's folder {root}: {error.strerror}") from error


def _check_kind(root: Path) -> None:
    if root.exists() and not root.is_dir():
        raise LakePathError(f"{root} is a file; the lake needs a folder: set [lake] path to one")


def _read(folder: Path) -> object:
    _check_kind(folder)
    mark = folder / _FILE
    try:
        return json.loads(mark.read_text(encoding="utf-8"))["origin"]
    except FileNotFoundError:
        if folder.is_dir() and any(not entry.name.startswith(".") for entry in folder.iterdir()):
            raise OriginError(
                f"{folder} is not empty and is no lake (it has no {_FILE}): name another folder"
            ) from None
        return None
    except (ValueError, KeyError, TypeError, OSError) as error:
        raise OriginError(f"{mark} cannot be read ({error}): restore it, or name another folder") from error


def _mark(folder: Path, origin: Origin) -> Origin:
    draft = folder / f".{_FILE}"
    draft.write_text(json.dumps({"origin": origin}) + "\n", encoding="utf-8")
    sync(draft)
    draft.replace(folder / _FILE)
    sync(folder)
    sync(folder.parent)
    return origin


def _read_remotely(at: Place) -> object:
    """Return what the table `origin` says: only the first of several hosts can make that, unlike a mere object."""
    with edge(OriginError, f"cannot tell the origin of {at}"):
        delta = at.open(_TABLE)
        return None if delta is None else pl.scan_delta(delta).collect().item()


def _mark_remotely(at: Place, origin: Origin) -> Origin:
    try:
        with edge(WriteError, f"cannot write to {at}"):
            write_deltalake(at.table(_TABLE), pl.DataFrame({"origin": [origin]}), storage_options=at.storage_options)
    except WriteError:
        found = origin_of(at)  # another host was first
        if found is None:
            raise
        return found
    return origin
