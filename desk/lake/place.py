"""Where a lake is: a folder, or a URI of an object store with its options."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from deltalake import DeltaTable
from deltalake.exceptions import TableNotFoundError


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
        try:
            return DeltaTable(self.table(name), storage_options=self.storage_options)
        except TableNotFoundError:
            return None

    @property
    def storage_options(self) -> dict[str, str] | None:
        """The options as delta-rs takes them."""
        return dict(self.options) or None

    def __str__(self) -> str:
        return self.uri


Root = Path | str | Place
"""What may be given where a lake is asked for."""


def place(root: Root) -> Place:
    """Return the place that a path or a URI means."""
    return root if isinstance(root, Place) else Place(str(root).rstrip("/") or "/")
