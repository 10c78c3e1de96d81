"""Where a lake is: a folder, or a URI of an object store with its options."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from deltalake import DeltaTable
from deltalake.exceptions import TableNotFoundError

from desk.lake.errors import LakePathError

_REFUSED = frozenset("=[]^|")
"""Polars takes a folder with an equals sign for a partition; delta-rs makes no URL of the others."""


@dataclass(frozen=True, slots=True)
class Place:
    """The root of a lake; its tables are below it.

    `uri` is a folder's path, or such as `s3://bucket/lake`. `options` are the object store's, under the names of its
    environment variables (`AWS_ENDPOINT_URL`, ...); what is not named is taken from the environment.
    """

    uri: str
    options: Mapping[str, str] = field(default_factory=dict)

    @property
    def folder(self) -> Path | None:
        """The folder, or None for an object store."""
        return None if "://" in self.uri else Path(self.uri)

    def table(self, name: str) -> str:
        """Return the URI or the path of a table."""
        return f"{self.uri}/{name}" if self.folder is None else str(self.folder / name)

    def open(self, name: str) -> DeltaTable | None:
        """Return the newest version of a table, None while there is none."""
        kind = DeltaTable if self.folder is None else _LocalTable
        try:
            return kind(self.table(name), storage_options=self.storage_options)
        except TableNotFoundError:
            return None

    @property
    def storage_options(self) -> dict[str, str] | None:
        """The options as delta-rs takes them."""
        return dict(self.options) or None

    def __str__(self) -> str:
        return self.uri


class _LocalTable(DeltaTable):
    """A table whose folder may have blanks and umlauts: delta-rs escapes them, and polars takes that for the path."""

    def file_uris(self, *arguments: Any, **named: Any) -> list[str]:
        """Return the paths of the files as they are on the disk."""
        escaped = self.table_uri.removeprefix("file://")
        return [unquote(escaped) + each.removeprefix(escaped) for each in super().file_uris(*arguments, **named)]


Root = Path | str | Place
"""What may be given where a lake is asked for."""


def place(root: Root) -> Place:
    """Return the place that a path or a URI means. LakePathError for a folder whose name a library cannot take."""
    found = root if isinstance(root, Place) else Place(str(root).rstrip("/") or "/")
    if found.folder is not None and (signs := _REFUSED & set(str(found.folder.absolute()))):
        raise LakePathError(f"the lake's path {found} has {' '.join(sorted(signs))} in it: name another folder")
    return found
