"""Option chains of a vendor's file as snapshot rows, and why some of them are refused."""

from __future__ import annotations

from datetime import datetime

import polars as pl

from desk.lake.imports import values
from desk.lake.imports.profile import Profile
from desk.lake.imports.reasons import no_figure, no_session, refuse, unreadable
from desk.lake.rows import derived, exchange_day, instant
from desk.lake.schema import SNAPSHOTS
from desk.market import calendar
from desk.market.contracts import last_trading_day

_OSI_ROOT = r"^(.+?)\s*\d{6}[CPcp]\d{8}$"
_RIGHTS = {"c": "C", "call": "C", "calls": "C", "p": "P", "put": "P", "puts": "P"}
_FIGURES = ("strike", "bid", "ask", "mid", "last", "iv", "delta", "gamma", "theta", "vega", "underlying")
_COUNTS = ("volume", "open_interest")


def chain_rows(raw: pl.DataFrame, profile: Profile, symbol: str) -> pl.DataFrame:
    """Return every row of the file as a snapshot, and in `refused` the reason why it must not be stored, or null.

    `raw` has our names and the vendor's values; `symbol` is for files without such a column. Reasons: `unreadable`,
    `incomplete`, `unknown_right`, `nan`, `negative`, `no_session`, `expired`, `zero_ask`, `crossed`, `duplicate`.
    A bid and an ask of zero together are how vendors say that nobody quoted: the contract was listed, its bid and ask
    are null, and `missing` names them. `quality` is null here: a chain is judged when it is whole.
    """
    typed = _at_last_close(_typed(raw, profile, symbol), profile)
    rows = _with_expiry(typed).with_columns(*derived(), cycle=pl.col("timestamp"))
    given = [name for name in ("timestamp", "expiry", "strike", "bid", "ask") if name in raw.columns]
    parsed = [name for name in given if name not in profile.absent]
    judged = refuse(
        rows,
        SNAPSHOTS.key,
        unreadable=unreadable(raw, rows, parsed),
        incomplete=pl.any_horizontal(pl.col(name).is_null() for name in ("timestamp", "symbol", "expiry", "strike")),
        unknown_right=pl.col("right").is_null(),
        nan=no_figure("strike", "bid", "ask", "mid"),
        negative=(pl.col("strike") <= 0) | (pl.min_horizontal("bid", "ask", "mid", "last", "volume") < 0),
        no_session=no_session(rows.get_column("date")),
        expired=pl.col("expiry") < pl.col("date").dt.strftime("%Y%m%d"),
        zero_ask=(pl.col("ask") == 0) & (pl.col("bid").is_null() | (pl.col("bid") != 0)),
        crossed=pl.col("bid") > pl.col("ask"),
    )
    quotes = judged.with_columns(_no_quote_is_null("bid"), _no_quote_is_null("ask"))
    marked = quotes.with_columns(*_marks(profile), quality=pl.lit(None, dtype=pl.Int32))
    return marked.select(*SNAPSHOTS.schema.names(), "refused")


def _typed(raw: pl.DataFrame, profile: Profile, symbol: str) -> pl.DataFrame:
    columns = {
        "symbol": values.text(_column(raw, "symbol", symbol or None)).str.to_uppercase(),
        "timestamp": values.moment(raw.get_column("timestamp"), profile),
        "expiry": values.day(_column(raw, "expiry", None), profile),
        "right": values.text(raw.get_column("right"))
        .str.to_lowercase()
        .replace_strict(_RIGHTS, default=None, return_dtype=pl.String),
        "trading_class": values.text(_column(raw, "trading_class", None)),
        **{name: _figure(raw, name, profile) for name in _FIGURES},
        **{name: values.count(_column(raw, name, None), profile.absent.get(name)) for name in _COUNTS},
    }
    root = pl.col("trading_class").str.extract(_OSI_ROOT)
    of_symbol = pl.col("symbol").replace(profile.classes)
    named = pl.DataFrame(columns).with_columns(trading_class=pl.coalesce(root, "trading_class", of_symbol))
    of_class = pl.col("trading_class").replace(profile.symbols)
    known = named.with_columns(symbol=pl.coalesce("symbol", of_class))
    return known.with_columns(expiry=exchange_day("timestamp")) if profile.same_day else known


def _figure(raw: pl.DataFrame, name: str, profile: Profile) -> pl.Series:
    return values.number(_column(raw, name, None), profile.absent.get(name), profile.scale.get(name, 1.0))


def _at_last_close(rows: pl.DataFrame, profile: Profile) -> pl.DataFrame:
    """Take stamps outside of sessions for the close before them, if the profile says so; `_moved` marks them."""
    moved: dict[datetime, datetime] = {}
    if profile.closed == "last_close":
        stamps = rows.get_column("timestamp").unique().drop_nulls().to_list()
        moved = {stamp: instant(close) for stamp in stamps if (close := _close_before(stamp.timestamp())) is not None}
    target = pl.col("timestamp").replace_strict(moved, default=None, return_dtype=rows.schema["timestamp"])
    return rows.with_columns(timestamp=pl.coalesce(target, "timestamp"), _moved=target.is_not_null())


def _close_before(t: float) -> float | None:
    """Return the last close before a time outside of sessions, None within one."""
    if calendar.session_at(t):
        return None
    day = calendar.exchange_date(t)
    today = calendar.session(day)
    return today.closes if today and t >= today.closes else calendar.previous_session(day).closes


def _with_expiry(rows: pl.DataFrame) -> pl.DataFrame:
    """Turn the vendor's expiration dates into IB's last trading days."""
    vendor = ["trading_class", "expiry"]
    distinct = rows.select(vendor).unique().drop_nulls()
    ours = [last_trading_day(name, expiration) for name, expiration in distinct.rows()]
    known = distinct.with_columns(pl.Series("_expiry", ours, dtype=pl.String))
    joined = rows.join(known, on=vendor, how="left", maintain_order="left")
    return joined.with_columns(expiry=pl.col("_expiry")).drop("_expiry")


def _no_quote_is_null(name: str) -> pl.Expr:
    return pl.when((pl.col("bid") == 0) & (pl.col("ask") == 0)).then(None).otherwise(name).alias(name)


def _marks(profile: Profile) -> list[pl.Expr]:
    """Return greeks_source, venue and missing, the last with `time` where the time of day is not the vendor's."""
    missing: list[pl.Expr] = [pl.when(pl.col(name).is_null()).then(pl.lit(name)) for name in ("bid", "ask")]
    missing.append(pl.when(pl.col("_moved") | profile.guessed_time).then(pl.lit("time")))
    source = pl.when(pl.col("delta").is_not_null()).then(pl.lit(profile.greeks_source)).otherwise(pl.lit(""))
    return [
        source.alias("greeks_source"),
        pl.lit("").alias("venue"),
        pl.concat_str(missing, separator=",", ignore_nulls=True).alias("missing"),
    ]


def _column(raw: pl.DataFrame, name: str, instead: str | None) -> pl.Series:
    if name in raw.columns:
        return raw.get_column(name)
    return pl.Series(name, [instead], dtype=pl.String).new_from_index(0, len(raw))
