"""Messages as rows: what collectors hand over, in the columns of the lake."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import astuple
from datetime import UTC, datetime, timedelta
from operator import attrgetter

import polars as pl

from desk.lake.quality import judged
from desk.lake.schema import DAILY_BARS, FUTURES, POSITIONS, SCHEDULER_CONFIG, SLOTS, SNAPSHOTS, Table
from desk.market.calendar import EXCHANGE
from desk.market.futures import front_to_next, months
from desk.market.quotes import mid
from messages.contract import Quote
from messages.data import Batch, DailyBars, PositionMark, ScheduleInForce, Slot

Item = Mapping[str, pl.DataFrame]
"""Rows by table name that become durable together or not at all."""

_FIGURES = (
    "bid",
    "ask",
    "last",
    "volume",
    "open_interest",
    "iv",
    "delta",
    "gamma",
    "theta",
    "vega",
    "underlying",
    "greeks_source",
    "venue",
)
"""Fields of a quote that are columns of option_snapshots under the same name."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def of_batch(batch: Batch) -> Item:
    """Return the rows of a batch and of its ledger entry; quotes of futures go into their own table."""
    futures = [quote for quote in batch.quotes if quote.contract.sec_type == "FUT"]
    options = tuple(quote for quote in batch.quotes if quote.contract.sec_type != "FUT")
    item = {SNAPSHOTS.name: _quotes(options, batch.slot.cycle), SLOTS.name: _slot(batch.slot)}
    return {**item, FUTURES.name: _futures(futures, batch.slot)} if futures else item


def of_bars(bars: DailyBars) -> Item:
    """Return the rows of a symbol's daily bars."""
    rows = [(bars.symbol, *astuple(bar)) for bar in bars.bars]
    raw = pl.DataFrame(rows, schema=_raw(DAILY_BARS, {"date": pl.String()}), orient="row")
    return {DAILY_BARS.name: raw.with_columns(pl.col("date").str.to_date("%Y%m%d"))}


def of_positions(marks: Iterable[PositionMark]) -> Item:
    """Return the rows of changes of positions; `mark` is the middle of bid and ask, null without both."""
    rows = [_mark(each) for each in marks]
    known = [name for name in POSITIONS.schema if name != "date"]
    raw = pl.DataFrame(rows, schema={name: POSITIONS.schema[name] for name in known}, orient="row")
    return {POSITIONS.name: raw.with_columns(exchange_day("timestamp").alias("date")).select(POSITIONS.schema.names())}


def of_schedule(schedule: ScheduleInForce, at: float) -> Item:
    """Return the schedule in force from market time `at` (epoch seconds), a row per task."""
    rows = [
        (instant(at), task.task, task.interval, task.market_phase, task.priority, task.timeout)
        for task in schedule.tasks
    ]
    return {SCHEDULER_CONFIG.name: pl.DataFrame(rows, schema=SCHEDULER_CONFIG.schema, orient="row")}


def instant(t: float) -> datetime:
    """Return epoch seconds as an aware UTC datetime, to the microsecond."""
    return _EPOCH + timedelta(microseconds=round(t * 1e6))


def exchange_day(column: str) -> pl.Expr:
    """Return the exchange's date of a UTC timestamp column."""
    return pl.col(column).dt.convert_time_zone(EXCHANGE.key).dt.date()


def derived() -> list[pl.Expr]:
    """Return the columns of a snapshot that follow from others: date, yearmonth, strike_partition."""
    return [
        exchange_day("timestamp").alias("date"),
        pl.col("expiry").str.slice(0, 6).cast(pl.Int32).alias("yearmonth"),
        (pl.col("strike") // 10 * 10).cast(pl.Int32).alias("strike_partition"),
    ]


def _quotes(quotes: tuple[Quote, ...], cycle: float) -> pl.DataFrame:
    """Return snapshots, made column by column: row by row takes three times as long."""
    of = [quote.contract for quote in quotes]
    columns: dict[str, Iterable[object]] = {
        "timestamp": [round(quote.received * 1e6) for quote in quotes],
        "symbol": [each.symbol for each in of],
        "strike": [each.strike for each in of],
        "expiry": [each.expiry for each in of],
        "right": [each.right for each in of],
        **{name: map(attrgetter(name), quotes) for name in _FIGURES},
        "trading_class": [each.trading_class or each.symbol for each in of],
        "missing": [",".join(quote.missing) for quote in quotes],
    }
    raw = pl.DataFrame([_column(SNAPSHOTS, name, values) for name, values in columns.items()])
    began = pl.lit(instant(cycle)).cast(SNAPSHOTS.schema["cycle"])
    whole = raw.with_columns(cycle=began, mid=pl.lit(None, dtype=pl.Float64)).with_columns(*derived())
    return judged(whole).select(SNAPSHOTS.schema.names())


def _column(table: Table, name: str, values: Iterable[object]) -> pl.Series:
    """Return a column of a table; times are given in microseconds since 1970."""
    kind = table.schema[name]
    if isinstance(kind, pl.Datetime):
        return pl.Series(name, list(values), dtype=pl.Int64).cast(kind)
    return pl.Series(name, list(values), dtype=kind)


def _futures(quotes: list[Quote], slot: Slot) -> pl.DataFrame:
    """Return the rows of a root's months, under its trading class; `place` counts from the front (0).

    Places are null for a month that has settled, and as contango for all of them when not every month asked answered:
    the missing one may have been the front.
    """
    whole, cycle = slot.failed == 0, slot.cycle
    places = {expiry: n for n, expiry in enumerate(months((q.contract.expiry for q in quotes), cycle)) if whole}
    above = front_to_next(quotes, cycle) if whole else None
    rows = [
        (
            instant(quote.received),
            quote.contract.trading_class or quote.contract.symbol,
            quote.contract.expiry,
            places.get(quote.contract.expiry),
            quote.bid,
            quote.ask,
            quote.last,
            quote.volume,
            quote.open_interest,
            None,
            instant(cycle),
            above.percent if above else None,
            above.annual if above else None,
            quote.venue,
            ",".join(quote.missing),
        )
        for quote in quotes
    ]
    raw = pl.DataFrame(rows, schema=FUTURES.schema, orient="row")
    return raw.with_columns(exchange_day("timestamp").alias("date"))


def _mark(mark: PositionMark) -> tuple[object, ...]:
    quote, of = mark.quote, mark.quote.contract
    return (
        instant(mark.at),
        mark.strategy,
        mark.position,
        mark.event,
        of.symbol,
        of.trading_class or of.symbol,
        of.expiry,
        of.strike,
        of.right,
        mark.quantity,
        mark.price,
        quote.bid,
        quote.ask,
        mid(quote),
        quote.iv,
        quote.delta,
        quote.gamma,
        quote.theta,
        quote.vega,
        quote.underlying,
    )


def _slot(slot: Slot) -> pl.DataFrame:
    symbol, cycle, *rest = astuple(slot)
    raw = pl.DataFrame([(symbol, instant(cycle), None, *rest)], schema=SLOTS.schema, orient="row")
    return raw.with_columns(exchange_day("cycle").alias("date"))


def _raw(table: Table, instead: dict[str, pl.DataType]) -> dict[str, pl.DataType]:
    return {name: instead.get(name, kind) for name, kind in table.schema.items()}
