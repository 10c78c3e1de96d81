"""The shipped market, and one day of the chains it was made from."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import polars as pl
import pytest

from desk.gateway.model import SHIPPED, FittedMarket, FittedSource
from desk.lake.imports.chains import chain_rows
from desk.lake.imports.profile import load
from desk.lake.imports.reading import read

DAY = date(2019, 5, 13)


@pytest.fixture(scope="session")
def market() -> FittedMarket:
    return FittedMarket.load(SHIPPED)


@pytest.fixture(scope="session")
def source(market: FittedMarket) -> FittedSource:
    return FittedSource(market, 1)


@pytest.fixture(scope="session")
def recorded(shared: Path) -> pl.DataFrame:
    """Every quote of the real chains from 2019-04-25 to 2019-06-13, as rows of the lake."""
    profile = load("cboe_daily")
    raw = read(shared / "data/chains_eod/spx_cboe_daily_snapshot_2019-04-25_2019-06-13.parquet", profile)
    return chain_rows(raw, profile, "SPX").filter(pl.col("refused").is_null() | (pl.col("refused") == "no_session"))


@pytest.fixture(scope="session")
def chain(recorded: pl.DataFrame) -> pl.DataFrame:
    return recorded.filter(pl.col("date") == DAY)
