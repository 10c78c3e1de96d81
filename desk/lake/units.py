"""Which units (a symbol's cycle, a symbol's day) a table already holds, and the predicate that names some of them."""

from __future__ import annotations

from datetime import date, datetime
from functools import partial
from itertools import starmap

import polars as pl
from deltalake import DeltaTable

from desk.lake.schema import Table

_Unit = tuple[str, date | datetime]
_DAY = "_day"


class Units:
    """The units that a table holds, by date: read from the table once per date, then kept in memory."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self._known: dict[date, set[_Unit]] = {}

    def of(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Return the rows' units, each once, and their dates; nothing for a table that has no units."""
        if self._table.unit is None:
            return pl.DataFrame()
        return rows.select(*self._table.unit, pl.col(self._table.date).alias(_DAY)).unique()

    def held(self, rows: pl.DataFrame, units: pl.DataFrame, source: DeltaTable) -> pl.DataFrame:
        """Return those of the rows, whose units these are, of which the table has the unit already."""
        if self._table.unit is None or rows.is_empty():
            return rows.clear()
        self._load(units.get_column(_DAY).unique().to_list(), source)
        found = [(name, time) in self._known[day] for name, time, day in units.iter_rows()]
        if not any(found):
            return rows.clear()
        return rows.join(units.filter(pl.Series(found, dtype=pl.Boolean)), on=self._table.unit, how="semi")

    def add(self, units: pl.DataFrame) -> None:
        """Note that the table has these units now."""
        for name, time, day in units.iter_rows():
            if day in self._known:
                self._known[day].add((name, time))

    def forget(self) -> None:
        """Read the table again when next asked: somebody else has written to it."""
        self._known.clear()

    def _load(self, days: list[date], source: DeltaTable) -> None:
        new = [day for day in days if day not in self._known]
        if not new:
            return
        assert self._table.unit is not None
        self._known.update((day, set()) for day in new)
        column = pl.col(self._table.date)
        stored = pl.scan_delta(source).filter(column.is_between(min(new), max(new)))
        for name, time, day in stored.select(*self._table.unit, column.alias(_DAY)).unique().collect().iter_rows():
            if day in self._known:
                self._known[day].add((name, time))


def predicate(table: Table, rows: pl.DataFrame) -> str:
    """Return SQL that is true of the units of these rows, and of nothing else.

    Timestamps are written as strings, which delta-rs takes to the microsecond (a `TIMESTAMP` literal is nanoseconds and
    fails). The date's bounds let it skip the files of other days.
    """
    assert table.unit is not None
    name, time = table.unit
    days = rows.get_column(table.date).unique().sort().to_list()
    per_name = rows.select(name, time).unique().sort(name, time).group_by(name, maintain_order=True).agg(time)
    units = " OR ".join(starmap(partial(_unit, name, time), per_name.iter_rows()))
    return f"{table.date} >= {_literal(days[0])} AND {table.date} <= {_literal(days[-1])} AND ({units})"


def _unit(name: str, time: str, value: str, times: list[date | datetime]) -> str:
    return f"({name} = '{_quoted(value)}' AND {time} IN ({', '.join(map(_literal, times))}))"


def _literal(value: date | datetime) -> str:
    return f"'{value:%Y-%m-%d %H:%M:%S.%f}'" if isinstance(value, datetime) else f"'{value:%Y-%m-%d}'"


def _quoted(text: str) -> str:
    return text.replace("'", "''")
