"""The table `daily_iv`: a row per symbol, source and day, made from recorded chains or taken from IB's history.

Sources are `chain` (this lake's own option_snapshots, rolled up when a session is over) and `ib` (daily bars of
OPTION_IMPLIED_VOLATILITY, asked for once: what a first start lacks of a year). A row without figures says that the day
was asked for and the source has nothing of it, so that nobody asks again.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import date

import polars as pl

from desk.lake import volatility
from desk.lake.place import Root
from desk.lake.rows import Item
from desk.lake.schema import DAILY_IV, SNAPSHOTS
from desk.lake.tables import scan
from desk.market.calendar import previous_session
from desk.market.contracts import day
from messages.contract import Bar
from messages.data import DailyVolatility

CHAIN, IB = "chain", "ib"
YEAR = 252


def missing_days(known: Collection[date], today: date, days: int = YEAR) -> list[date]:
    """Return those of the last `days` sessions before `today` that are not known, oldest first."""
    sessions = [today]
    for _ in range(days):
        sessions.append(previous_session(sessions[-1]).date)
    return [session for session in reversed(sessions[1:]) if session not in known]


def backfill(known: Mapping[str, Collection[date]], today: date, days: int = YEAR) -> dict[str, int]:
    """Return how many sessions back each symbol's history must be asked for; symbols that lack nothing are left out.

    One request per symbol reaches back to its oldest missing day. A backfill that was cut off is resumed by asking this
    again: what has been stored is known.
    """
    plan = {}
    for symbol, theirs in known.items():
        missing = missing_days(theirs, today, days)
        if missing:
            plan[symbol] = _sessions_back(missing[0], today)
    return plan


def known_days(root: Root, symbols: Iterable[str], source: str = IB) -> dict[str, set[date]]:
    """Return the days of each symbol that the table has rows of (with figures or without)."""
    names = list(symbols)
    rows = scan(root, DAILY_IV).filter(pl.col("source") == source, pl.col("symbol").is_in(names))
    known: dict[str, set[date]] = {name: set() for name in names}
    for symbol, recorded in rows.select("symbol", "date").collect().rows():
        known[symbol].add(recorded)
    return known


def of_volatility(message: DailyVolatility) -> Item:
    """Return the rows of a broker's answer."""
    return of_bars(message.symbol, message.bars, map(day, message.asked))


def of_bars(symbol: str, bars: Iterable[Bar], asked: Iterable[date] = ()) -> Item:
    """Return the rows of IB's daily volatility bars (average is the close), and of days asked for that have none."""
    found = {day(bar.date): bar for bar in bars if bar.close > 0}
    lacking = [each for each in asked if each not in found]
    rows = pl.DataFrame(
        {
            "date": [*found, *lacking],
            "avg_iv": [*(bar.close for bar in found.values()), *(None for _ in lacking)],
            "min_iv": [*(bar.low for bar in found.values()), *(None for _ in lacking)],
            "max_iv": [*(bar.high for bar in found.values()), *(None for _ in lacking)],
            "iv30": [*(bar.close for bar in found.values()), *(None for _ in lacking)],
            "method": [*("broker" for _ in found), *("" for _ in lacking)],
        },
        schema_overrides={"date": pl.Date, **dict.fromkeys(("avg_iv", "min_iv", "max_iv", "iv30"), pl.Float64)},
    )
    return _item(symbol, IB, rows)


def of_chains(root: Root, recorded: date) -> Item:
    """Return the rows of every symbol that was recorded on a day, from option_snapshots."""
    rows = scan(root, SNAPSHOTS).filter(pl.col("date") == recorded).collect()
    frames = [
        _item(str(symbol), CHAIN, volatility.rollup(theirs.lazy()))[DAILY_IV.name]
        for (symbol,), theirs in rows.group_by("symbol", maintain_order=True)
    ]
    return {DAILY_IV.name: pl.concat([DAILY_IV.empty(), *frames])}


def _item(symbol: str, source: str, rows: pl.DataFrame) -> Item:
    named = rows.with_columns(series=pl.lit(f"{symbol} {source}"), symbol=pl.lit(symbol), source=pl.lit(source))
    return {DAILY_IV.name: DAILY_IV.conform(named).cast(DAILY_IV.schema)}


def _sessions_back(oldest: date, today: date) -> int:
    count, reached = 0, today
    while reached > oldest:
        reached = previous_session(reached).date
        count += 1
    return count
