"""Names and contents that are on the disk when a call returns. Standard library only."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from threading import get_ident


def sync_folder(folder: Path) -> None:
    """Return when the names in the folder are on disk. Raises OSError."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def make_folder(folder: Path) -> None:
    """Make the folder and those above it, each with its name on disk. Raises OSError."""
    missing = [each for each in (folder, *folder.parents) if not each.exists()]
    for each in reversed(missing):
        each.mkdir(exist_ok=True)
        sync_folder(each.parent)


def write_aside(path: Path, content: bytes) -> Path:
    """Write a file of this thread's own beside `path`, synced, to be moved there whole. Raises OSError."""
    aside = path.with_name(f".{path.name}.{os.getpid()}.{get_ident()}")
    handle = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
    try:
        write_all(handle, content, 0)
        os.fsync(handle)
    except OSError:
        with suppress(OSError):
            aside.unlink()
        raise
    finally:
        os.close(handle)
    return aside


def write_all(handle: int, content: bytes, offset: int) -> None:
    """Write the whole content at an offset; the system may take several turns for it. Raises OSError."""
    view = memoryview(content)
    while view:
        written = os.pwrite(handle, view, offset)
        view, offset = view[written:], offset + written
