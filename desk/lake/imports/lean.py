"""Files of QuantConnect's Lean engine: zips of a CSV per contract, daily index bars, and option universes.

A contract's name is that of its CSV (`20210104_spxw_minute_quote_european_put_37000000_20210108.csv`), prices of
options and strikes are in ten-thousandths. A line is a bar: the time of its start (milliseconds since midnight in New
York, or `20210104 00:00` for a day), then open, high, low and close of the bid, its size, and the same of the ask;
trades have one set with the volume; open interest is one figure. What counts is each bar's close, known when the bar is
over.
"""

from __future__ import annotations

import io
import re
import zipfile
from datetime import date, datetime, time, timedelta
from pathlib import Path

import polars as pl

_ENTRY = re.compile(
    r"^(?:(?P<day>\d{8})_)?(?P<root>[a-z]+)_(?:minute_)?(?P<kind>quote|trade|openinterest)_(?:european|american)_"
    r"(?P<right>call|put)_(?P<strike>\d+)_(?P<expiry>\d{8})\.csv$"
)
_PARTS = 10_000.0
_MINUTE = timedelta(minutes=1)
_AT_CLOSE = time(16)
_FIGURES = ("bid", "ask", "last", "volume", "open_interest")
_PLACES = {"quote": {"bid": 4, "ask": 9}, "trade": {"last": 4, "volume": 5}, "openinterest": {"open_interest": 1}}
_PRICES = ("bid", "ask", "last")
_UNIVERSE = {"iv": "implied_volatility", "delta": "delta", "gamma": "gamma", "volume": "volume"}


def options(path: Path) -> pl.DataFrame:
    """Return a row per contract and bar of a zip, or per contract of a universe; times are exchange time.

    ValueError when the file is neither.
    """
    if not zipfile.is_zipfile(path):
        return _universe(path)
    with zipfile.ZipFile(path) as archive:
        entries = [(match, archive.read(name)) for name in archive.namelist() if (match := _ENTRY.match(name))]
    if not entries:
        raise ValueError("no CSV in it is named as Lean names an option's bars")
    return pl.concat([_contract(match, data) for match, data in entries])


def bars(path: Path) -> pl.DataFrame:
    """Return symbol, date, open, high, low, close and volume of a zip of daily bars. ValueError when it is none."""
    if not zipfile.is_zipfile(path):
        raise ValueError("it is no zip")
    with zipfile.ZipFile(path) as archive:
        (name,) = archive.namelist()
        rows = _csv(archive.read(name))
    if " " not in str(rows.item(0, 0)):
        raise ValueError("its bars are of minutes; daily ones are expected")
    names = ("date", "open", "high", "low", "close", "volume")
    named = rows.select(pl.nth(n).alias(column) for n, column in enumerate(names))
    return named.with_columns(pl.col("date").str.slice(0, 8), symbol=pl.lit(Path(name).stem))


def _contract(match: re.Match[str], data: bytes) -> pl.DataFrame:
    rows = _csv(data)
    places = _PLACES[match["kind"]]
    figures = {name: pl.nth(places[name]).cast(pl.Float64) if name in places else None for name in _FIGURES}
    scaled = {
        name: pl.lit(None, dtype=pl.Float64) if column is None else column / (_PARTS if name in _PRICES else 1.0)
        for name, column in figures.items()
    }
    return rows.select(
        timestamp=_times(match["day"], match["kind"]),
        trading_class=pl.lit(match["root"].upper()),
        expiry=pl.lit(match["expiry"]),
        right=pl.lit(match["right"]),
        strike=pl.lit(int(match["strike"]) / _PARTS),
        **scaled,
    )


def _times(day: str | None, kind: str) -> pl.Expr:
    """When a bar's close was known: a minute's at its end, a day's at the close, open interest when it was told."""
    if day is None:
        return pl.nth(0).str.slice(0, 8).str.to_date("%Y%m%d").dt.combine(_AT_CLOSE)
    midnight = datetime.combine(_day(day), time())
    after = timedelta() if kind == "openinterest" else _MINUTE
    return pl.lit(midnight + after) + pl.duration(milliseconds=pl.nth(0).cast(pl.Int64))


def _universe(path: Path) -> pl.DataFrame:
    """Read `<class>/<date>.csv`: the options known on a day with open interest and Greeks, the underlying first."""
    rows = pl.read_csv(path, infer_schema=False)
    if rows.columns[0] != "#expiry":
        raise ValueError("it is no zip, and no universe whose first column is #expiry")
    underlying = rows.filter(pl.col("#expiry").is_null()).get_column("close")
    return rows.select(
        pl.lit(datetime.combine(_day(path.stem), _AT_CLOSE)).alias("timestamp"),
        pl.lit(path.parent.name.upper()).alias("trading_class"),
        pl.col("#expiry").alias("expiry"),
        "right",
        "strike",
        pl.col("open_interest"),
        *(pl.col(theirs).alias(ours) for ours, theirs in _UNIVERSE.items()),
        underlying=pl.lit(underlying[0] if len(underlying) else None, dtype=pl.String),
    )


def _csv(data: bytes) -> pl.DataFrame:
    return pl.read_csv(io.BytesIO(data), has_header=False, infer_schema=False)


def _day(text: str) -> date:
    return datetime.strptime(text, "%Y%m%d").date()  # noqa: DTZ007  # a day of the exchange has no zone
