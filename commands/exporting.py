"""`export`: features and targets for model training, with a data card."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from commands.look import lake_of, to_day
from desk.console.jsonable import to_json
from desk.lake.export import export


def export_lake(
    out: Path,
    symbols: Sequence[str],
    start: str | None,
    end: str | None,
    config: Path,
    data: Path | None,
    lake: Path | None,
    *,
    as_json: bool,
) -> int:
    """Write features, targets and the data card; 0 if there was anything to export."""
    store = lake_of(config, data, lake)
    first, last = (to_day(text) if text else None for text in (start, end))
    console = Console(stderr=as_json)
    with console.status("exporting") as line:
        report = export(store, out, tuple(symbol.upper() for symbol in symbols) or None, first, last, line.update)
    if as_json:
        files = [str(file) for file in report.files]
        sys.stdout.write(to_json({"files": files, "rows": report.rows, "card": report.card}) + "\n")
    else:
        console.print(f"{report.rows:,} rows of {', '.join(report.symbols) or 'nothing'}")
        for file in report.files:
            console.print(str(file), soft_wrap=True)
    return 0 if report.rows else 1
