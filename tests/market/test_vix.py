"""VIX from a chain: against a volatility that is known, and against VIX itself."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from desk.market.pricing import black76
from desk.market.vix import Expiry, implied

DAY = 86_400.0
STRIKES = np.arange(1500.0, 4500.0, 5.0)


def flat(days: float, vol: float, forward: float = 2880.0) -> Expiry:
    years = days / 365
    call = black76(forward, STRIKES, years, vol, 1.0, np.ones(len(STRIKES), dtype=bool))
    put = black76(forward, STRIKES, years, vol, 1.0, np.zeros(len(STRIKES), dtype=bool))
    return Expiry(days * DAY, STRIKES, call, call, put, put)


@pytest.mark.parametrize("vol", [0.12, 0.20, 0.45])
def test_a_chain_of_one_volatility_is_that_volatility(vol: float) -> None:
    assert implied([flat(24, vol), flat(31, vol)]) == pytest.approx(100 * vol, rel=2e-3)


def test_two_expiries_are_mixed_in_total_variance_at_thirty_days() -> None:
    expected = math.sqrt((0.4 * 0.15**2 * 24 + 0.6 * 0.25**2 * 34) / 30)
    assert implied([flat(34, 0.25), flat(24, 0.15)]) == pytest.approx(100 * expected, rel=2e-3)


def test_the_nearest_expiries_on_either_side_count() -> None:
    around = [flat(17, 0.9), flat(25, 0.2), flat(32, 0.2), flat(39, 0.9), flat(60, 0.9)]
    assert implied(around) == pytest.approx(20.0, rel=2e-3)


def test_a_wing_ends_at_two_zero_bids_in_a_row() -> None:
    near, far = flat(25, 0.2), flat(32, 0.2)
    lonely = near.put_bid.copy()
    lonely[STRIKES == 2700.0] = 0.0
    assert implied([replace(near, put_bid=lonely), far]) == pytest.approx(20.0, rel=0.01)
    bare = near.put_bid.copy()
    bare[STRIKES <= 2700.0] = 0.0
    assert implied([replace(near, put_bid=bare), far]) < implied([near, far]) - 0.05


def test_without_expiries_on_both_sides_there_is_none() -> None:
    assert math.isnan(implied([]))
    assert math.isnan(implied([flat(24, 0.2)]))
    assert math.isnan(implied([flat(24, 0.2), flat(60, 0.2)]))
    few = flat(31, 0.2)
    few = Expiry(few.seconds, *(column[:5] for column in (few.strike, few.call_bid, few.call_ask)), *[STRIKES[:5]] * 2)
    assert math.isnan(implied([flat(24, 0.2), few]))


def test_on_every_recorded_day_of_2019_it_lies_within_the_range_of_vix(shared: Path) -> None:
    raw = pl.read_parquet(shared / "data/chains_eod/spx_cboe_daily_snapshot_2019-04-25_2019-06-13.parquet")
    known = pl.read_csv(shared / "data/underlying/vix_daily_1990_2026_pddl.csv", try_parse_dates=True)
    bars = {row["DATE"]: row for row in known.to_dicts()}
    seen = 0
    for (quoted,), rows in raw.filter(pl.col("optionroot").str.starts_with("SPXW")).group_by("quotedate"):
        fridays = rows.filter(pl.col("expiration").dt.weekday() == 5)
        level, bar = (
            implied([expiry(part, quoted) for _, part in fridays.group_by("expiration")]),
            bars.get(quoted.date()),
        )
        if bar is not None and not math.isnan(level):
            seen += 1
            assert bar["LOW"] <= level <= bar["HIGH"], quoted
    assert seen == 33


def expiry(rows: pl.DataFrame, quoted: object) -> Expiry:
    calls, puts = (rows.filter(type=kind).select("strike", "bid", "ask") for kind in ("call", "put"))
    both = calls.join(puts, on="strike", suffix="_put").sort("strike")
    left = (rows["expiration"][0] + timedelta(hours=16)) - (quoted + timedelta(hours=15, minutes=45))  # type: ignore[operator]  # datetimes of the file
    return Expiry(
        left.total_seconds(), *(both[name].to_numpy() for name in ("strike", "bid", "ask", "bid_put", "ask_put"))
    )
