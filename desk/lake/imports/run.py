"""One file into a lake: read, judged row by row, stored in one piece."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import polars as pl

from desk.lake.errors import ImportFileError, ProfileError, ReadError, edge
from desk.lake.imports.bars import bar_rows
from desk.lake.imports.chains import chain_rows
from desk.lake.imports.profile import Profile, load
from desk.lake.imports.reading import read
from desk.lake.origin import claim, origin_of
from desk.lake.quality import judged
from desk.lake.schema import SNAPSHOTS, TABLES
from desk.lake.tables import scan
from desk.lake.writer import Writer

_SYMBOL = re.compile(r"[A-Za-z][A-Za-z0-9.]{0,11}")


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What became of a file's rows: `rows_in` = `stored` + all of `refused` (reason to rows).

    Of those stored, `unquoted` are contracts that were listed without a bid and an ask.
    """

    profile: str
    table: str
    rows_in: int
    stored: int
    refused: dict[str, int]
    unquoted: int
    symbols: tuple[str, ...]
    days: tuple[date, ...]


def import_file(
    path: Path | str,
    profile: str | Path,
    lake_root: Path | str,
    symbol: str | None = None,
    progress: Callable[[str], None] | None = None,
) -> ImportReport:
    """Import a CSV or Parquet file with a profile (a shipped one's name, or the path of a TOML file).

    `symbol` names the symbol of files that do not; without it the profile's own, else the file name's first word.
    `progress` is told each stage. The same file again changes nothing; a row stored before with the same key is
    replaced. ProfileError, ImportFileError, OriginError, LakePathError, LakeBusyError, WriteError: then nothing of the
    file is in the lake (after a WriteError it may wait in the lake's spool, and is then stored as a whole).
    """
    tell = progress or (lambda _: None)
    chosen, file, root = load(profile), Path(path), Path(lake_root)
    if origin_of(root) is not None:
        claim(root, "import")
    tell(f"reading {file.name}")
    raw = read(file, chosen)
    tell(f"checking {len(raw):,} rows")
    checked = _judge(raw, chosen, file, symbol)
    good = checked.filter(pl.col("refused").is_null()).drop("refused").select(TABLES[chosen.table].schema.names())
    tell(f"storing {len(good):,} rows")
    if len(good):
        _store(good, chosen.table, root)
    return _report(chosen, checked, good)


def _judge(raw: pl.DataFrame, profile: Profile, file: Path, symbol: str | None) -> pl.DataFrame:
    rows = chain_rows if profile.table == SNAPSHOTS.name else bar_rows
    with edge(ImportFileError, f"cannot import {file} with profile {profile.name}"):
        return rows(raw, profile, _symbol(raw, profile, file, symbol))


def _symbol(raw: pl.DataFrame, profile: Profile, file: Path, symbol: str | None) -> str:
    if "symbol" in raw.columns:
        if symbol:
            raise ProfileError(f"{file} names its symbols itself: leave out {symbol!r}")
        return ""
    if profile.symbols and not symbol:
        return ""
    named = symbol or profile.symbol
    if not named:
        first = _SYMBOL.match(file.stem)
        named = first.group() if first else ""
    if not _SYMBOL.fullmatch(named):
        raise ProfileError(f"{file} does not name its symbol: say which it is")
    return named.upper()


def _store(rows: pl.DataFrame, table: str, root: Path) -> None:
    claim(root, "import")
    with Writer(root, "import") as writer:
        writer.accept({table: judged(_with_stored(rows, root)) if table == SNAPSHOTS.name else rows})
        writer.drain()


def _with_stored(rows: pl.DataFrame, root: Path) -> pl.DataFrame:
    """Add what the lake has of the same chains: vendors split one over files, and a cycle is replaced as a whole.

    A row stored before gives way to one with its key.
    """
    days = rows.get_column("date")
    with edge(ReadError, f"cannot read {root / SNAPSHOTS.name}"):
        there = (
            scan(root, SNAPSHOTS)
            .filter(pl.col("date").is_between(days.min(), days.max()))
            .join(rows.select("symbol", "cycle").unique().lazy(), on=["symbol", "cycle"], how="semi")
            .collect()
        )
    kept = there.join(rows, on=SNAPSHOTS.key, how="anti", maintain_order="left")
    return pl.concat([kept, rows])


def _report(profile: Profile, checked: pl.DataFrame, good: pl.DataFrame) -> ImportReport:
    refused = checked.drop_nulls("refused").group_by("refused").len().sort("len", "refused", descending=[True, False])
    return ImportReport(
        profile=profile.name,
        table=profile.table,
        rows_in=len(checked),
        stored=len(good),
        refused=dict(refused.iter_rows()),
        unquoted=_unquoted(good),
        symbols=tuple(good.get_column("symbol").unique().sort()),
        days=tuple(good.get_column("date").unique().sort()),
    )


def _unquoted(good: pl.DataFrame) -> int:
    if "bid" not in good.columns:
        return 0
    return len(good.filter(pl.col("bid").is_null() & pl.col("ask").is_null()))
