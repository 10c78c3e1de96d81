"""What can go wrong in the lake, as one tree, and the edge at which libraries' own errors become ours."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

import polars as pl
from deltalake.exceptions import DeltaError


class LakeError(Exception):
    """The lake cannot do what was asked; the message says what a person can do about it."""


class LakePathError(LakeError):
    """The lake's path is no folder, or nothing can be written there."""


class OriginError(LakeError):
    """The lake holds data of another origin."""


class LayoutError(LakeError):
    """A table is partitioned or shaped otherwise than asked."""


class LakeBusyError(LakeError):
    """Another writer with the same name has the lake's spool open."""


class WriteError(LakeError):
    """Rows could not be written; what was accepted stays in the spool."""


class ReadError(LakeError):
    """A table could not be read."""


class ProfileError(LakeError):
    """An import profile is unknown or makes no sense."""


class ImportFileError(LakeError):
    """A file cannot be imported with the profile named."""


@contextmanager
def edge(kind: type[LakeError], what: str) -> Iterator[None]:
    """Raise whatever a library throws within as `kind`, its message led by `what`.

    A Rust panic arrives as a `PanicException`, which is a BaseException and would end the thread that met it.
    """
    try:
        yield
    except (DeltaError, pl.exceptions.PolarsError, sqlite3.Error, OSError, ValueError, OverflowError) as error:
        raise kind(f"{what}: {error}") from error
    except BaseException as error:
        if type(error).__name__ == "PanicException":
            raise kind(f"{what}: {error}") from error
        raise
