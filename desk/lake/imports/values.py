"""A vendor's values as ours: numbers, dates and times, whatever type they came as; what cannot be read is null."""

from __future__ import annotations

from datetime import date, datetime

import polars as pl

from desk.lake.imports.profile import Profile
from desk.lake.rows import instant
from desk.market import calendar

_BEFORE_CLOSE = 15 * 60
_REGULAR_CLOSE = "16:00"
_TIMES = ("%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%d %H:%M", "%m/%d/%Y %H:%M:%S", "%m/%d/%Y %H:%M")


def text(values: pl.Series) -> pl.Series:
    """Return text without blanks around it, null where nothing is left."""
    stripped = values.cast(pl.String).str.strip_chars()
    return stripped.replace("", None)


def number(values: pl.Series, absent: float | None = None, scale: float = 1.0) -> pl.Series:
    """Return f64, times `scale`; text may carry thousands commas. `absent` and below is null, NaN is kept."""
    if values.dtype == pl.String:
        values = text(values).str.replace_all(",", "", literal=True)
    figures = values.cast(pl.Float64, strict=False)
    if absent is not None:
        column = pl.col(values.name)
        figures = figures.to_frame().select(pl.when(column > absent).then(column)).to_series()
    return figures if scale == 1.0 else figures * scale


def count(values: pl.Series, absent: float | None = None) -> pl.Series:
    """Return whole numbers as i64, null where there is none."""
    return number(values, absent).fill_nan(None).round().cast(pl.Int64, strict=False)


def day(values: pl.Series, profile: Profile) -> pl.Series:
    """Return dates, of text in one of the profile's formats, of dates, or of the date part of times."""
    if values.dtype != pl.String:
        return values.cast(pl.Date, strict=False)
    column = pl.col(values.name)
    formats = [column.str.to_date(form, strict=False) for form in profile.date_formats]
    return _by_distinct(text(values), pl.coalesce(formats))


def moment(values: pl.Series, profile: Profile) -> pl.Series:
    """Return the UTC instants at which figures were known: as stamped (plus `shift`), or the assumed time of a date."""
    shifted = _stamped(values, profile)
    return shifted.dt.offset_by(f"{round(profile.shift * 1e6)}us") if profile.shift else shifted


def _stamped(values: pl.Series, profile: Profile) -> pl.Series:
    if profile.assumed_time:
        days = day(values, profile)
        assumed = {one: _assumed(one, profile.assumed_time) for one in days.unique().drop_nulls().to_list()}
        return days.replace_strict(assumed, default=None, return_dtype=pl.Datetime("us", "UTC"))
    column = pl.col(values.name)
    if isinstance(values.dtype, pl.Datetime):
        stamps = values.dt.cast_time_unit("us").to_frame()
        return (
            stamps.select(column if values.dtype.time_zone else _local(column, profile))
            .to_series()
            .dt.convert_time_zone("UTC")
        )
    formats = (*profile.time_formats, *_TIMES)
    offset = column.str.to_datetime("%+", time_unit="us", time_zone="UTC", strict=False)
    naive = pl.coalesce(column.str.to_datetime(form, time_unit="us", strict=False) for form in formats)
    return _by_distinct(text(values), pl.coalesce(offset, _local(naive, profile).dt.convert_time_zone("UTC")))


def _local(column: pl.Expr, profile: Profile) -> pl.Expr:
    return column.dt.replace_time_zone(profile.time_zone, ambiguous="earliest", non_existent="null")


def _assumed(day: date, time: str) -> datetime:
    """Return that time of a regular day's; on an early close what is left until the close, a quarter hour at most."""
    session = calendar.session(day)
    t = calendar.at(day, time)
    if session and session.early:
        left = calendar.at(day, _REGULAR_CLOSE) - t
        t = min(t, session.closes - min(left, _BEFORE_CLOSE))
    return instant(t)


def _by_distinct(values: pl.Series, expression: pl.Expr) -> pl.Series:
    """Evaluate on each distinct value once: a file repeats its dates thousands of times."""
    parsed = values.unique().to_frame().with_columns(expression.alias("_parsed"))
    joined = values.to_frame().join(parsed, on=values.name, how="left", maintain_order="left", nulls_equal=True)
    return joined.get_column("_parsed").alias(values.name)
