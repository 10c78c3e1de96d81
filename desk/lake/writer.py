"""The lake's writer: accepted means durable, written means exactly once."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

from desk.lake.errors import LakePathError
from desk.lake.layout import checked
from desk.lake.origin import check_folder
from desk.lake.place import Place, Root, place
from desk.lake.rows import Item
from desk.lake.schema import SNAPSHOTS, TABLES
from desk.lake.spool import Spool
from desk.lake.store import Store


@dataclass(frozen=True, slots=True)
class Committed:
    """What a drain has written: rows by table, and the number of the last item that Delta has now."""

    seq: int
    rows: dict[str, int] = field(default_factory=dict)


class Writer:
    """Takes items into a spool and moves them into the Delta tables under `root`.

    One writer per lake and `app_id` at a time, called from one thread at a time. Whatever a writer that died had
    accepted is written when the next one opens.
    """

    def __init__(
        self, root: Root, app_id: str, partition_by: tuple[str, ...] = ("date",), spool: Path | None = None
    ) -> None:
        """Recover and open the tables, open the spool, and drain it.

        `spool` is the folder of the spool: on a disk of this machine, which a lake in an object store must name. `lost`
        says which files were set aside because a power cut had damaged them (nothing accepted was in them only).
        LakePathError, LayoutError (option_snapshots is partitioned otherwise), LakeBusyError or WriteError.
        """
        self.root = place(root)
        self._spool = Spool(_spool_folder(self.root, spool) / f"{app_id}.spool")
        try:
            self._stores = [
                Store(self.root, table, app_id, partition_by if table is SNAPSHOTS else ()) for table in TABLES.values()
            ]
            self.lost = tuple(name for store in self._stores for name in store.damaged)
            self._spool.start_above(max(store.number() for store in self._stores))
            self.recovered = self.drain()
        except BaseException:
            self._spool.close()
            raise

    def accept(self, item: Item) -> int:
        """Make the item's rows durable as one and return their number; `drain` brings them into the tables.

        LayoutError for rows of other columns, WriteError when the disk refuses: then nothing of it is kept.
        """
        frames = {name: checked(TABLES[name], rows) for name, rows in item.items()}
        return self._spool.accept({name: frame for name, frame in frames.items() if len(frame)})

    @property
    def waiting(self) -> int:
        """How many items are accepted but not in the tables yet."""
        return self._spool.held()[0]

    def drain(self) -> Committed:
        """Write all that waits, one commit per table, sync it, and clear the spool.

        WriteError leaves everything in the spool; what some tables have already is not written to them again.
        """
        _, last = self._spool.held()
        rows = {}
        for store in self._stores:
            frames = self._spool.pending(store.table.name, store.number())
            if frames:
                rows[store.table.name] = store.commit(frames, last)
        if last:
            self._spool.clear()
        return Committed(last, rows)

    def close(self) -> None:
        """Let go of the spool. What it holds is written when the lake is next opened."""
        self._spool.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _spool_folder(at: Place, named: Path | None) -> Path:
    if at.folder is not None:
        check_folder(at.folder)
        return named or at.folder / "_spool"
    if named is None:
        raise LakePathError(f"the lake {at} is in an object store: name a folder of this machine for its spool")
    return named
