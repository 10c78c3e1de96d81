"""Where a run writes: a folder of its own for every simulated day, resumed after a kill, fresh after an end."""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from desk.config.model import Config
from desk.lake.place import Place

_STATE = "run.json"
_LATEST = "latest"


class FolderError(Exception):
    """A data folder cannot be used; the message says which and what to do."""


@dataclass(frozen=True, slots=True)
class Run:
    """A run's folder and what identifies it.

    `ended` is set when its window is over; `resumed` says that an earlier process began it, `made` that the folder was
    not there before. `root` is the data folder.
    """

    root: Path
    folder: Path
    market: str
    day: str
    seed: int
    ended: bool = False
    resumed: bool = False
    made: bool = False

    @property
    def health(self) -> Path:
        """File of the health report."""
        return self.folder / "health.json"

    @property
    def logs(self) -> Path:
        """Folder of the logs."""
        return self.folder / "logs"


def open_run(config: Config, *, named: bool, fresh: bool = False, prefix: str = "") -> Run:
    """Find or make the folder of a run.

    On the paper gateway that is `data/sim/<day>-<n>/` (the newest that has not ended is resumed), or the data folder
    itself when it was `named` on the command line. On IB it is the data folder. `begin_run` or `discard_run` follows.
    """
    root = Path(config.data)
    market = "ib" if config.gateway.kind == "ib" else config.gateway.market
    wanted = Run(root, root, market, f"{config.clock.day}", config.gateway.seed)
    if named or config.gateway.kind == "ib":
        earlier = _read(root, root)
    else:
        runs = sorted((root / "sim").glob(f"{prefix}{wanted.day}-[0-9]*"), key=_number)
        earlier = _read(root, runs[-1]) if runs else None
        number = _number(runs[-1]) + 1 if runs else 1
        wanted = replace(wanted, folder=root / "sim" / f"{prefix}{wanted.day}-{number}")
    if earlier is not None and not earlier.ended and _same(earlier, wanted) and not fresh:
        wanted = replace(wanted, folder=earlier.folder, resumed=True)
    return replace(wanted, made=_make(wanted.folder))


def begin_run(run: Run) -> None:
    """Note that a run has begun: its folder is what `status`, `stats` and `chain` look into."""
    _write(run)
    if run.folder != run.root:
        write_atomically(run.root / _LATEST, str(run.folder.relative_to(run.root)))


def end_run(run: Run) -> None:
    """Mark that the run's window is over: the next start is a fresh one."""
    _write(replace(run, ended=True))


def discard_run(run: Run) -> None:
    """Remove the folder of a run that could not begin, if it was made for it."""
    if run.made:
        shutil.rmtree(run.folder, ignore_errors=True)


def lake_place(config: Config, folder: Path) -> Place:
    """Where the lake of a run in that folder is: a URI as it stands, a path from that folder on, else its `lake/`."""
    path = config.lake.path
    return Place(path, config.lake.storage) if "://" in path else Place(str(folder / (path or "lake")))


def latest_run(data: Path) -> Path:
    """The folder that `status`, `stats` and `chain` look into: the latest run's, or the data folder itself."""
    try:
        folder = data / (data / _LATEST).read_text(encoding="utf-8").strip()
    except OSError:
        return data
    return folder if folder.is_dir() else data


def write_atomically(path: Path, text: str) -> None:
    """Replace a small file so that a reader, or a start after a crash, sees the old text or the new."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    with temporary.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)


def _make(folder: Path) -> bool:
    """Make a folder; whether it was not there before."""
    made = not folder.exists()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError):
        msg = f"data folder {folder} is a file; give a folder with --data"
        raise FolderError(msg) from None
    except OSError as error:
        msg = f"data folder {folder} cannot be written ({error.strerror}); give another with --data"
        raise FolderError(msg) from error
    return made


def _write(run: Run) -> None:
    fields = {"market": run.market, "day": run.day, "seed": run.seed, "ended": run.ended}
    write_atomically(run.folder / _STATE, json.dumps(fields, indent=1) + "\n")


def _read(root: Path, folder: Path) -> Run | None:
    try:
        fields: dict[str, Any] = json.loads((folder / _STATE).read_text(encoding="utf-8"))
        return Run(root, folder, fields["market"], fields["day"], fields["seed"], ended=fields["ended"])
    except (OSError, ValueError, KeyError):
        return None


def _same(one: Run, other: Run) -> bool:
    return (one.market, one.day, one.seed) == (other.market, other.day, other.seed)


def _number(folder: Path) -> int:
    tail = folder.name.rsplit("-", 1)[-1]
    return int(tail) if tail.isdigit() else 0
