"""The fit against the real chains it was made from."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from desk.gateway.model import SHIPPED, FittedMarket
from desk.gateway.model.fit import Fitted, coverage, fit
from desk.gateway.model.knots import places

BARS = pl.DataFrame(
    {
        "symbol": ["SPX", "SPX", "VIX"],
        "date": [date(2019, 5, 10), date(2019, 5, 13), date(2019, 5, 13)],
        "open": [2863.1, 2840.19, 18.62],
        "high": [2891.31, 2840.19, 21.32],
        "low": [2825.39, 2801.43, 18.35],
        "close": [2881.4, 2811.87, 20.55],
        "volume": pl.Series([None, None, None], dtype=pl.Int64),
    }
)


def test_shipped_prices_of_13_may_lie_inside_the_recorded_spreads(market: FittedMarket, chain: pl.DataFrame) -> None:
    counted, inside = coverage(market.snapshot(date(2019, 5, 13)), chain)
    assert counted == 4163
    assert inside / counted >= 0.995


def test_so_they_do_on_each_of_the_33_days(market: FittedMarket, recorded: pl.DataFrame) -> None:
    assert len(market.days) == 33
    assert date(2019, 5, 27) not in market.days
    for day in market.days:
        counted, inside = coverage(market.snapshot(day), recorded.filter(pl.col("date") == day))
        assert counted > 3800
        assert inside / counted >= 0.995, day


def test_prices_counted_by_hand_agree_with_the_report(market: FittedMarket, chain: pl.DataFrame) -> None:
    """The same share from the file's probabilities alone: no surface, no interpolation in between."""
    counted = inside = 0
    snapshot = market.snapshot(date(2019, 5, 13))
    for s in snapshot.slices:
        rows = chain.filter(
            (pl.col("trading_class") == s.trading_class)
            & (pl.col("expiry") == s.expiry)
            & (pl.col("bid") > 0)
            & (pl.col("delta").abs() >= 0.02 - 1e-6)
            & ((pl.col("right") == "C") == (pl.col("strike") > snapshot.spot))
        )
        if s.smile is None:
            continue
        strike, call = rows["strike"].to_numpy(), (rows["right"] == "C").to_numpy()
        settlement = places(s.smile.knot) * s.forward
        away = (settlement[None, :] - strike[:, None]) * np.where(call, 1.0, -1.0)[:, None]
        price = s.discount * np.maximum(away, 0.0) @ s.smile.mass
        counted += len(rows)
        inside += int(((price >= rows["bid"].to_numpy() - 1e-4) & (price <= rows["ask"].to_numpy() + 1e-4)).sum())
    assert counted == 4163
    assert inside / counted >= 0.995


def test_a_day_is_fitted_anew_and_a_holiday_is_refused(recorded: pl.DataFrame, tmp_path: Path) -> None:
    heard: list[Fitted] = []
    two = recorded.filter(pl.col("date").is_in([date(2019, 5, 13), date(2019, 5, 27)]))
    market = fit(two, BARS, heard.append)
    assert [(h.day, h.refused) for h in heard] == [
        (date(2019, 5, 13), ""),
        (date(2019, 5, 27), "the exchange was closed"),
    ]
    assert heard[0].inside / heard[0].counted >= 0.995
    market.save(tmp_path / "market.npz")
    again = FittedMarket.load(tmp_path / "market.npz")
    assert again.days == (date(2019, 5, 13),)
    assert again.daily["SPX"].close.tolist() == [2881.4, 2811.87]


def test_the_same_chains_give_the_same_file(chain: pl.DataFrame, tmp_path: Path) -> None:
    for name in ("one", "two"):
        fit(chain, BARS, lambda _: None).save(tmp_path / name)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


def test_no_chains_are_refused_in_words(recorded: pl.DataFrame) -> None:
    with pytest.raises(ValueError, match="no SPX chain"):
        fit(recorded.clear(), BARS, lambda _: None)


def test_the_shipped_file_is_small() -> None:
    assert SHIPPED.stat().st_size < 2_000_000


def test_another_file_is_refused_in_words(tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.npz"
    wrong.write_text("figures")
    with pytest.raises(ValueError, match="no fitted market"):
        FittedMarket.load(wrong)
