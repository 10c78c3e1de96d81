"""What daily history says: features from the days before, targets from the days after."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from itertools import pairwise

import polars as pl

from desk.market.calendar import next_session
from desk.market.indicators import DAYS, SLOW, iv_rank, trend, vix_change

HORIZONS = (1, 5, 21)
_TRAILING = 20
_YEAR = 252

FEATURES = {
    "iv_rank": "place of atm_iv between the lowest and highest of the last 60 days before this one, 0 to 100",
    "iv_percentile": "share of these days below it, 0 to 100",
    "iv_rank_sufficient": "whether there were at least 30 of them; both are 50 otherwise",
    "iv_days": "how many of them there were",
    "vix": "the VIX: of the cycle where it was recorded, else the last close before this day",
    "vix_change": "its change since the last close before this day, a fraction",
    "trend": "uptrend, downtrend or neutral by 20 and 50 closes before this day",
    "realised_vol": "volatility of the last 20 daily returns before this day, per year",
}
TARGETS = {
    **{f"return_{n}d": f"log return from the cycle's price to the close {n} sessions later" for n in HORIZONS},
    **{f"realised_vol_{n}d": f"volatility of the {n} daily returns after this day, per year" for n in HORIZONS[1:]},
}


@dataclass(frozen=True, slots=True)
class Daily:
    """Dates (ascending) and their figure."""

    dates: Sequence[date]
    values: Sequence[float]

    def before(self, day: date, count: int) -> Sequence[float]:
        """Return the last `count` figures of dates before that day."""
        end = bisect_left(self.dates, day)
        return self.values[max(0, end - count) : end]

    def at(self, day: date) -> float | None:
        """Return the figure of that date, None where there is none."""
        place = bisect_left(self.dates, day)
        return self.values[place] if place < len(self.dates) and self.dates[place] == day else None


def daily(frame: pl.DataFrame, value: str) -> Daily:
    """Return a frame's column `value` by its column `date`."""
    known = frame.drop_nulls(value).sort("date")
    return Daily(known.get_column("date").to_list(), known.get_column(value).to_list())


def features(cycles: pl.DataFrame, iv: Daily, closes: Daily, vix: Daily) -> pl.DataFrame:
    """Return cycles (date, underlying, atm_iv, vix as recorded) with `FEATURES`, of days strictly before their own."""
    rows = [_before(row, iv, closes, vix) for row in cycles.iter_rows(named=True)]
    kinds = {"iv_rank_sufficient": pl.Boolean, "iv_days": pl.Int64, "trend": pl.String}
    schema = {name: kinds.get(name, pl.Float64) for name in FEATURES}
    return cycles.drop("vix").hstack(pl.DataFrame(rows, schema=schema, orient="row"))


def targets(cycles: pl.DataFrame, closes: Daily) -> pl.DataFrame:
    """Return symbol and cycle with `TARGETS`; null where the future is not known or the cycle has no price."""
    columns = cycles.select("symbol", "date", "cycle", "underlying")
    rows = [_after(row["date"], row["underlying"], closes) for row in columns.iter_rows(named=True)]
    found = pl.DataFrame(rows, schema=dict.fromkeys(TARGETS, pl.Float64), orient="row")
    return columns.drop("underlying").hstack(found)


def _before(row: dict[str, object], iv: Daily, closes: Daily, vix: Daily) -> tuple[object, ...]:
    day, price, current, recorded = (row[name] for name in ("date", "underlying", "atm_iv", "vix"))
    assert isinstance(day, date)
    history = iv.before(day, DAYS)
    rank = iv_rank(history, current if isinstance(current, float) else None)
    past = closes.before(day, SLOW)
    last_vix = next(iter(vix.before(day, 1)), None)
    now = recorded if isinstance(recorded, float) else last_vix
    changed = vix_change(now, last_vix) if isinstance(recorded, float) else None
    direction = trend(past, price) if isinstance(price, float) else None
    volatility = realised(closes.before(day, _TRAILING + 1))
    return rank.value, rank.percentile, rank.sufficient, len(history), now, changed, direction, volatility


def _after(day: date, price: float | None, closes: Daily) -> list[float | None]:
    future = [closes.at(each) for each in (day, *_sessions_after(day, max(HORIZONS)))]
    returns = [math.log(end / price) if price and (end := future[n]) else None for n in HORIZONS]
    known = [[close for close in future[: n + 1] if close is not None] for n in HORIZONS[1:]]
    whole = [realised(some) if len(some) == n + 1 else None for n, some in zip(HORIZONS[1:], known, strict=True)]
    return returns + whole


@lru_cache(maxsize=4096)
def _sessions_after(day: date, count: int) -> tuple[date, ...]:
    found: list[date] = []
    for _ in range(count):
        found.append(next_session(found[-1] if found else day).date)
    return tuple(found)


def realised(closes: Sequence[float]) -> float | None:
    """Return the root of the mean squared daily log return per year; None with fewer than three closes."""
    if len(closes) < 3:
        return None
    squares = [math.log(b / a) ** 2 for a, b in pairwise(closes)]
    return math.sqrt(math.fsum(squares) / len(squares) * _YEAR)
