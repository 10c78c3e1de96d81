"""Daily bars of a vendor's file as rows, and why some of them are refused."""

from __future__ import annotations

import polars as pl

from desk.lake.imports import values
from desk.lake.imports.profile import Profile
from desk.lake.imports.reasons import no_figure, no_session, refuse, unreadable
from desk.lake.schema import DAILY_BARS

_PRICES = ("open", "high", "low", "close")


def bar_rows(raw: pl.DataFrame, profile: Profile, symbol: str) -> pl.DataFrame:
    """Return every row of the file as a daily bar, and in `refused` the reason why it must not be stored, or null.

    Reasons: `unreadable`, `incomplete`, `nan`, `negative`, `high_below_low`, `no_session`, `duplicate`.
    """
    columns = {
        "symbol": values.text(raw.get_column("symbol")).str.to_uppercase()
        if "symbol" in raw.columns
        else pl.lit(symbol),
        "date": values.day(raw.get_column("date"), profile),
        **{
            name: values.number(raw.get_column(name), profile.absent.get(name), profile.scale.get(name, 1.0))
            for name in _PRICES
        },
        "volume": values.count(raw.get_column("volume")) if "volume" in raw.columns else pl.lit(None, dtype=pl.Int64),
    }
    rows = raw.select(**columns)
    return refuse(
        rows,
        DAILY_BARS.key,
        unreadable=unreadable(raw, rows, [name for name in ("date", *_PRICES) if name not in profile.absent]),
        incomplete=pl.any_horizontal(pl.col(name).is_null() for name in ("symbol", "date", *_PRICES)),
        nan=no_figure(*_PRICES),
        negative=pl.min_horizontal(_PRICES) < 0,
        high_below_low=pl.col("high") < pl.col("low"),
        no_session=no_session(rows.get_column("date")),
    )
