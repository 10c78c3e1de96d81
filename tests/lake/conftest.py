from __future__ import annotations

from pathlib import Path

import pytest

SHARED = Path(__file__).resolve().parents[2] / "../shared/data"


def shared(name: str) -> Path:
    path = SHARED / name
    if not path.exists():
        pytest.skip(f"real data {name} is not on this machine (../shared/data)")
    return path.resolve()


@pytest.fixture(scope="session")
def cboe() -> Path:
    return shared("chains_eod/spx_cboe_daily_snapshot_2019-04-25_2019-06-13.parquet")


@pytest.fixture(scope="session")
def yahoo() -> Path:
    return shared("chains_eod/yahoo_spy_qqq_iwm_2026-07-14_1555.parquet")


@pytest.fixture(scope="session")
def underlying() -> Path:
    return shared("underlying")
