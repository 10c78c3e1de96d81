"""An option chain as people read it: calls to the left, puts to the right, strikes between them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Any

import polars as pl
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from desk.console import words
from desk.console.tables import cell

_SIDE = ("bid", "ask", "iv", "delta")


def chain_table(rows: pl.DataFrame, symbol: str) -> RenderableType:
    """Draw rows of `option_snapshots` that form one chain, a table per expiry and trading class."""
    if not rows.height:
        return Text(f"no rows of {symbol}", style="dim")
    parts: list[RenderableType] = [_heading(rows, symbol)]
    for (expiry, trading_class), expiring in _by_expiry(rows):
        parts += [Text(), _title(expiry, trading_class, expiring), _table(expiring)]
    return Group(*parts)


def _by_expiry(rows: pl.DataFrame) -> Iterator[tuple[tuple[str, str], pl.DataFrame]]:
    keys = ["expiry", "trading_class"] if "trading_class" in rows.columns else ["expiry"]
    for key, group in rows.sort([*keys, "strike"]).group_by(keys, maintain_order=True):
        yield (str(key[0]), str(key[1]) if len(key) > 1 and key[1] else ""), group


def _heading(rows: pl.DataFrame, symbol: str) -> Text:
    newest: datetime = rows["timestamp"].max()  # type: ignore[assignment]  # the column's type, which stubs cannot know
    text = Text.assemble((symbol, "bold"), f" · {cell(newest)} · {words.number(rows.height)} contracts")
    if "underlying" in rows.columns:
        known = rows["underlying"].drop_nulls()
        if len(known):
            text.append(f" · underlying {words.number(known[-1], 2)}")
    return text


def _title(expiry: str, trading_class: str, rows: pl.DataFrame) -> Text:
    seen: date = rows["date"].max()  # type: ignore[assignment]  # see above
    days = (datetime.strptime(expiry, "%Y%m%d").date() - seen).days  # noqa: DTZ007 (a date has no zone)
    name = f"{trading_class} {expiry}" if trading_class else expiry
    return Text.assemble((name, "bold cyan"), (f"  {days} DTE", "dim"))


def _table(rows: pl.DataFrame) -> Table:
    table = Table(box=None, padding=(0, 1), pad_edge=False, header_style="dim")
    for side, names in (("C", _SIDE), ("", ("strike",)), ("P", _SIDE)):
        for name in names:
            table.add_column(f"{side} {name}".strip(), justify="right", no_wrap=True)
    both: dict[float, dict[str, Mapping[str, Any]]] = {}
    for row in rows.iter_rows(named=True):
        both.setdefault(row["strike"], {})[row["right"]] = row
    for strike, sides in both.items():
        shown = Text(words.number(strike, 2).removesuffix(".00"), style="bold")
        table.add_row(*_side(sides.get("C", {})), shown, *_side(sides.get("P", {})))
    return table


def _side(row: Mapping[str, Any]) -> list[str]:
    return [
        words.number(row.get("bid"), 2),
        words.number(row.get("ask"), 2),
        words.percent(row.get("iv")),
        words.number(row.get("delta"), 3),
    ]
