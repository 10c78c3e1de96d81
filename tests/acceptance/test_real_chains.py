"""Recorded markets through the whole desk: imported, replayed by the gateway, collected over the socket."""

import asyncio
import json
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import polars as pl
import pytest
from ib_async import IB

from commands.compose import source_of
from desk.clock import SimulatedClock
from desk.config.model import Clock, Gateway
from desk.gateway.settings import Settings
from desk.gateway.thread import GatewayThread
from desk.lake.queries import Lake
from desk.market.calendar import at
from tests.acceptance.running import supervisor
from tests.acceptance.simulated import DAY, shipped

KEY = ["symbol", "strike", "expiry", "right"]


@pytest.fixture(scope="module")
def imported(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    lake = tmp_path_factory.mktemp("imported") / "lake"
    chains = shared / "data" / "chains_eod"
    for profile, name in (
        ("yahoo", "yahoo_spy_qqq_iwm_2026-07-14_1555.parquet"),
        ("cboe_daily", "spx_cboe_daily_snapshot_2019-04-25_2019-06-13.parquet"),
    ):
        done = supervisor("import", "--profile", profile, str(chains / name), "--lake", str(lake), "--json")
        assert done.returncode == 0, done.stderr
        (report,) = json.loads(done.stdout)["files"]
        assert report["rows_in"] == report["stored"] + sum(report["refused"].values())
    return lake


def test_one_cycle_on_the_real_chains_cent_for_cent(imported: Path, shared: Path, tmp_path: Path) -> None:
    command = ["collect", "--market", f"lake:{imported}", "--day", "2026-07-14", "--data", str(tmp_path), "--json"]
    done = supervisor(*command)
    assert done.returncode == 0, done.stderr
    results = {each["symbol"]: each for each in json.loads(done.stdout)["results"]}
    assert {symbol: each["contracts_written"] for symbol, each in results.items()} == {
        "SPY": 127,
        "QQQ": 124,
        "IWM": 34,
    }
    assert {each["status"] for each in results.values()} == {"COMPLETE"}
    collected, recorded = Lake(tmp_path / "lake").chains(), recording(shared)
    both = collected.join(recorded, on=KEY, suffix="_recorded")
    assert len(both) == len(collected) == 285
    same = (pl.col("bid") == pl.col("bid_recorded")) & (pl.col("ask") == pl.col("ask_recorded"))
    unquoted = pl.col("bid").is_null() & pl.col("ask").is_null() & (pl.col("bid_recorded") == 0.0)
    assert both.filter(same).height == 284
    assert both.filter(unquoted).select(KEY).rows() == [("SPY", 805.0, "20260831", "P")]
    assert set(collected["venue"]) == {"REPLAY"}


def recording(shared: Path) -> pl.DataFrame:
    """The vendor's own figures, read without the importer."""
    raw = pl.read_parquet(shared / "data" / "chains_eod" / "yahoo_spy_qqq_iwm_2026-07-14_1555.parquet")
    return raw.select(
        "symbol",
        "strike",
        pl.col("expiration").str.replace_all("-", "").alias("expiry"),
        pl.col("side").replace_strict({"call": "C", "put": "P"}).alias("right"),
        "bid",
        "ask",
    )


def test_on_2019_05_13_it_sees_spx_and_spxw(imported: Path) -> None:
    config = shipped(gateway=Gateway(market=f"lake:{imported}"), clock=Clock(day=DAY))
    clock = SimulatedClock(datetime.fromtimestamp(at(DAY, "15:45"), UTC), 1.0)
    gateway = GatewayThread(Settings(latency=0.0), source_of(config), clock, Random(1))

    async def classes(port: int) -> dict[str, int]:
        ib = IB()
        await ib.connectAsync("127.0.0.1", port, clientId=1, raiseSyncErrors=True)
        chains = await ib.reqSecDefOptParamsAsync("SPX", "", "IND", 416904)
        ib.disconnect()
        await ib.client.conn.disconnected
        return {chain.tradingClass: len(chain.expirations) for chain in chains}

    port = gateway.start()
    try:
        found = asyncio.run(classes(port))
    finally:
        gateway.stop()
    assert found.keys() == {"SPX", "SPXW"}
    assert min(found.values()) >= 10
