"""`lake audit`: whether the ledger and the rows of a day agree, slot by slot, and how much of the chain was quoted.

A day passes when every slot that the calendar and the schedule make due has an entry, every entry has exactly the rows
that it says were written, every row belongs to an entry, no contract is there twice in one slot, and every quote was
received within its slot's window.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import polars as pl

from desk.lake import quality
from desk.lake.errors import ReadError, edge
from desk.lake.place import Root
from desk.lake.rows import instant
from desk.lake.schema import FUTURES, SCHEDULER_CONFIG, SLOTS, SNAPSHOTS
from desk.lake.tables import newest, scan
from desk.market.calendar import session
from desk.market.slots import COMPLETE, MISSED, PARTIAL, slots_of

_SLOT = ["symbol", "cycle"]
_TIMEOUT = 300.0
_MARGIN = 10.0
"""Market seconds past a cycle's time limit within which its last quotes may still be on their way."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong: of which symbol and slot (start in UTC), what (a fixed name), and the figures."""

    symbol: str
    cycle: datetime
    what: str
    detail: str


@dataclass(frozen=True, slots=True)
class SymbolAudit:
    """A symbol's day.

    Of `expected` slots, `accounted` have an entry; `extra` entries are of no slot that was due (`collect`). Of `asked`
    contracts, `two_sided` had a bid and an ask above zero; `share` is null when none were asked. `doubts` counts rows
    by quality bit.
    """

    symbol: str
    expected: int
    accounted: int
    extra: int
    complete: int
    partial: int
    missed: int
    asked: int
    rows: int
    two_sided: int
    share: float | None
    doubts: dict[str, int]


@dataclass(frozen=True, slots=True)
class AuditReport:
    """The verdict on a day, `until` the time (UTC) up to which slots were due; `kept` whether there is a ledger."""

    day: date
    until: datetime | None
    kept: bool
    symbols: tuple[SymbolAudit, ...]
    findings: tuple[Finding, ...]

    @property
    def ok(self) -> bool:
        """Whether there was something to audit and nothing is wrong."""
        return bool(self.symbols) and not self.findings

    @property
    def exit_code(self) -> int:
        """0 if ok, else 1."""
        return 0 if self.ok else 1

    def frame(self) -> pl.DataFrame:
        """Return a row per symbol, without the doubts."""
        names = [name for name in SymbolAudit.__slots__ if name != "doubts"]
        return pl.DataFrame([{name: getattr(each, name) for name in names} for each in self.symbols])


def days(root: Root) -> list[date]:
    """Return the exchange dates that have an entry in the ledger or a row, ascending. ReadError."""
    with edge(ReadError, f"cannot audit {root}"):
        found = {day for table in (SLOTS, SNAPSHOTS, FUTURES) for day in newest(root, table).dates()}
    return sorted(found)


def audit(root: Root, day: date, until: float | None = None) -> AuditReport:
    """Audit a day of a lake; slots are due before `until` (epoch seconds).

    Without it, on the newest day of the ledger (the desk may be running) slots are due whose time was up when the
    newest entry was made, and rows that are newer than their symbol's last entry are left alone; on other days slots
    are due up to the close. In a lake without a ledger (imported chains) only rows are looked at. ReadError.
    """
    with edge(ReadError, f"cannot audit {root}"):
        slots = scan(root, SLOTS).filter(date=day).collect()
        tables = [scan(root, table).filter(date=day).collect() for table in (SNAPSHOTS, FUTURES)]
        last = scan(root, SLOTS).select(pl.col("date").max()).collect().item()
        schedule = scan(root, SCHEDULER_CONFIG).collect()
    rows = pl.concat(tables, how="diagonal")
    kept = last is not None
    running = until is None and day == last
    limit = _until(day, slots, until, running=running)
    terms = {symbol: _terms(symbol, day, slots, schedule) for symbol in slots.get_column("symbol").unique().to_list()}
    grid = _grid(day, terms)
    due = _due(grid, slots, limit, running=running)
    if running:
        rows = _accounted_for(rows, slots)
    findings = list(_duplicates(rows))
    if kept:
        windows = {symbol: timeout for symbol, (_, timeout) in terms.items()}
        for found in (_holes(due, slots), _disagreements(slots, rows), _off_time(rows, windows)):
            findings.extend(found)
    names = sorted({*slots.get_column("symbol"), *rows.get_column("symbol")})
    summed = tuple(
        _of(
            name,
            due.filter(symbol=name),
            slots.filter(symbol=name),
            rows.filter(symbol=name),
            len(slots.filter(symbol=name).join(grid, on=_SLOT, how="anti")),
        )
        for name in names
    )
    ordered = sorted(findings, key=lambda found: (found.symbol, found.cycle, found.what))
    return AuditReport(day, instant(limit) if kept and limit is not None else None, kept, summed, tuple(ordered))


def _until(day: date, slots: pl.DataFrame, until: float | None, *, running: bool) -> float | None:
    if until is not None:
        return until
    if running:
        ended = pl.col("cycle").dt.epoch("us") / 1e6 + pl.col("seconds").fill_null(0.0)
        return float(slots.select(ended.max()).item())
    today = session(day)
    return today.closes if today else None


def _terms(symbol: str, day: date, slots: pl.DataFrame, schedule: pl.DataFrame) -> tuple[float | None, float]:
    """Return a symbol's interval and time limit, as scheduled on that day, or as the ledger's spacing shows."""
    task = schedule.filter(pl.col("task").str.ends_with(f" {symbol}")).sort("timestamp")
    known = task.filter(pl.col("timestamp").dt.date() <= day)
    if len(chosen := known.tail(1) if len(known) else task.head(1)):
        return chosen.item(0, "interval"), chosen.item(0, "timeout")
    cycles = slots.filter(symbol=symbol).get_column("cycle").sort()
    spacing = cycles.diff().drop_nulls().min()
    return (spacing.total_seconds() if isinstance(spacing, timedelta) else None), _TIMEOUT


def _grid(day: date, terms: dict[str, tuple[float | None, float]]) -> pl.DataFrame:
    """Return every slot of the day, with the time at which an entry must have been made."""
    today = session(day)
    found = [
        (symbol, instant(start), instant(start + timeout + _MARGIN))
        for symbol, (interval, timeout) in terms.items()
        if today and interval
        for start in slots_of(today, interval)
    ]
    kinds = SLOTS.schema
    schema = {"symbol": kinds["symbol"], "cycle": kinds["cycle"], "by": kinds["cycle"]}
    return pl.DataFrame(found, schema=schema, orient="row")


def _due(grid: pl.DataFrame, slots: pl.DataFrame, until: float | None, *, running: bool) -> pl.DataFrame:
    """Return the slots that should have an entry, and those that have."""
    if until is None:
        return grid.clear()
    over = pl.col("by") <= instant(until) if running else pl.col("cycle") < instant(until)
    entered = slots.select(*_SLOT, entered=pl.lit(value=True))
    return grid.join(entered, on=_SLOT, how="left").filter(over | pl.col("entered")).select(_SLOT)


def _accounted_for(rows: pl.DataFrame, slots: pl.DataFrame) -> pl.DataFrame:
    """Leave out rows that are newer than their symbol's last entry: rows are committed before the ledger."""
    last = slots.group_by("symbol").agg(_last=pl.col("cycle").max())
    known = rows.join(last, on="symbol", how="left", maintain_order="left")
    return known.filter(pl.col("_last").is_null() | (pl.col("cycle") <= pl.col("_last"))).drop("_last")


def _holes(due: pl.DataFrame, slots: pl.DataFrame) -> Iterator[Finding]:
    for symbol, cycle in due.join(slots, on=_SLOT, how="anti").rows():
        yield Finding(symbol, cycle, "no entry", "the slot was due and the ledger has nothing of it")


def _disagreements(slots: pl.DataFrame, rows: pl.DataFrame) -> Iterator[Finding]:
    there = rows.group_by(_SLOT).agg(found=pl.len().cast(pl.Int64))
    for symbol, cycle, count in there.join(slots, on=_SLOT, how="anti").rows():
        yield Finding(symbol, cycle, "rows without a slot", f"{count} rows, and no entry in the ledger")
    both = slots.join(there, on=_SLOT, how="left").with_columns(pl.col("found").fill_null(0))
    for entry in both.filter(pl.col("found") != pl.col("written")).iter_rows(named=True):
        detail = f"the ledger says {entry['written']} rows ({entry['status']}), the table has {entry['found']}"
        yield Finding(entry["symbol"], entry["cycle"], "rows differ", detail)
    wrong = (
        (pl.col("written") + pl.col("failed") != pl.col("asked"))
        | ((pl.col("status") == COMPLETE) & ((pl.col("failed") > 0) | (pl.col("written") == 0)))
        | ((pl.col("status") == MISSED) & (pl.col("written") > 0))
    )
    for entry in slots.filter(wrong).iter_rows(named=True):
        detail = "{status}: {asked} asked, {written} written, {failed} failed".format(**entry)
        yield Finding(entry["symbol"], entry["cycle"], "entry contradicts itself", detail)


def _duplicates(rows: pl.DataFrame) -> Iterator[Finding]:
    again = rows.group_by(SNAPSHOTS.key).agg(n=pl.len()).filter(pl.col("n") > 1)
    for symbol, cycle, count in again.group_by(_SLOT).agg(n=pl.len()).rows():
        yield Finding(symbol, cycle, "twice", f"{count} contracts have more than one row")


def _off_time(rows: pl.DataFrame, windows: dict[str, float]) -> Iterator[Finding]:
    after = (pl.col("timestamp") - pl.col("cycle")).dt.total_microseconds() / 1e6
    limit = pl.col("symbol").replace_strict(windows, default=_TIMEOUT, return_dtype=pl.Float64) + _MARGIN
    outside = rows.with_columns(after=after).filter((pl.col("after") < 0) | (pl.col("after") > limit))
    for symbol, cycle, count, low, high in (
        outside.group_by(_SLOT).agg(n=pl.len(), low=pl.col("after").min(), high=pl.col("after").max()).rows()
    ):
        detail = f"{count} rows were received {low:+.1f} to {high:+.1f} s from the slot's start"
        yield Finding(symbol, cycle, "outside the slot", detail)


def _of(symbol: str, due: pl.DataFrame, slots: pl.DataFrame, rows: pl.DataFrame, extra: int) -> SymbolAudit:
    status = slots.get_column("status")
    quoted = len(rows.filter(pl.col("bid") > 0, pl.col("ask") > 0))
    asked = int(slots.get_column("asked").sum()) or len(rows)
    accounted = len(due.join(slots, on=_SLOT, how="semi"))
    return SymbolAudit(
        symbol=symbol,
        expected=len(due),
        accounted=accounted,
        extra=extra,
        complete=int((status == COMPLETE).sum()),
        partial=int((status == PARTIAL).sum()),
        missed=int((status == MISSED).sum()),
        asked=asked,
        rows=len(rows),
        two_sided=quoted,
        share=quoted / asked if asked else None,
        doubts=quality.counts(rows),
    )
