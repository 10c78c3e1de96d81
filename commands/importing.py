"""`import`: files of data vendors into a lake, with an account of every row."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

from rich.console import Console
from rich.table import Table

from commands.errors import RefusedError
from commands.options import Options
from commands.settings import settings
from desk.console.jsonable import to_json
from desk.console.tables import grid, import_table
from desk.lake.imports import import_file, profiles


def import_files(
    path: Path | None,
    profile: str | None,
    symbol: str | None,
    config: Path,
    data: Path | None,
    lake: Path | None,
    *,
    list_profiles: bool,
    as_json: bool,
) -> int:
    """Import a file, or every CSV and Parquet file of a folder; 0 if any row is stored, 1 if none."""
    console = Console()
    if list_profiles:
        if as_json:
            sys.stdout.write(to_json(profiles()) + "\n")
        else:
            console.print(_listed(profiles()))
        return 0
    if path is None or profile is None:
        msg = "name a file and its --profile; --list-profiles lists them"
        raise RefusedError(msg)
    root = lake or (data or Path(settings(Options(config)).data)) / "imported"
    reports = []
    for file in _files(path):
        with console.status(f"importing {file.name}") as line:
            reports.append((file, import_file(file, profile, root, symbol, line.update)))
        if not as_json:
            console.print(import_table(str(file), reports[-1][1]))
    if as_json:
        rows = [{"file": str(file), **asdict(report)} for file, report in reports]
        sys.stdout.write(to_json({"lake": str(root), "files": rows}) + "\n")
    else:
        console.print(f"the lake is {root}", style="dim", soft_wrap=True)
    return 0 if any(report.stored for _, report in reports) else 1


def _files(path: Path) -> list[Path]:
    if not path.is_dir():
        return [path]
    files = sorted(each for each in path.iterdir() if each.suffix in {".csv", ".parquet", ".zip"})
    if not files:
        msg = f"{path} holds no .csv, .parquet or .zip file"
        raise RefusedError(msg)
    return files


def _listed(known: Mapping[str, str]) -> Table:
    """Draw profiles under the names by which they are asked for."""
    table = grid("profile", "")
    for name, text in known.items():
        table.add_row(name, text)
    return table
