"""What can go wrong in the lake, as one tree, and the edge at which libraries' own errors become ours."""

from __future__ import annotations

import errno
import re
from collections.abc import Iterator
from contextlib import contextmanager

import polars as pl
from deltalake.exceptions import DeltaError

# delta-rs passes the system's error on as text only.
_FULL = ("os error 28", "os error 122", "os error 27", "No space left")
_READ_ONLY = ("os error 30", "Read-only file system")
_DRAWN = re.compile(r"\x1b\[[0-9;]*m|↳|^Help: .*$", re.MULTILINE)


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


class DiskFullError(WriteError):
    """There is no room left where rows are to be written; what was accepted stays, and goes on when there is."""


class ReadOnlyError(WriteError):
    """Nothing may be written where rows are to be written; what was accepted stays, and goes on when it may be."""


class ReadError(LakeError):
    """A table could not be read."""


class ProfileError(LakeError):
    """An import profile is unknown or makes no sense."""


class ImportFileError(LakeError):
    """A file cannot be imported with the profile named."""


@contextmanager
def edge(kind: type[LakeError], what: str) -> Iterator[None]:
    """Raise whatever a library throws within as `kind`, its message led by `what`.

    A `WriteError` becomes the one that names the reason where there is such. A Rust panic arrives as a
    `PanicException`, which is a BaseException and would end the thread that met it.
    """
    try:
        yield
    except (DeltaError, pl.exceptions.PolarsError, OSError, ValueError, OverflowError) as error:
        raise _kind_of(kind, error)(f"{what}: {_plain(error)}") from error
    except BaseException as error:
        if type(error).__name__ == "PanicException":
            raise _kind_of(kind, error)(f"{what}: {_plain(error)}") from error
        raise


def _plain(error: BaseException) -> str:
    """Return a message in one line: delta-rs draws trees of causes, in colours."""
    return " ".join(_DRAWN.sub(" ", str(error)).split())


def _kind_of(kind: type[LakeError], error: BaseException) -> type[LakeError]:
    if not issubclass(kind, WriteError):
        return kind
    text = str(error)
    number = error.errno if isinstance(error, OSError) else None
    if number in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG} or any(each in text for each in _FULL):
        return DiskFullError
    if number == errno.EROFS or any(each in text for each in _READ_ONLY):
        return ReadOnlyError
    return kind
