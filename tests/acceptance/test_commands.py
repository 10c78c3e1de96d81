"""The commands, as a person or a script uses them after a run."""

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.acceptance.running import REPO, supervisor


@pytest.fixture(scope="module")
def collected(tmp_path_factory: pytest.TempPathFactory) -> Path:
    data = tmp_path_factory.mktemp("collected")
    done = supervisor("collect", "SPY", "--data", str(data))
    assert done.returncode == 0, done.stderr
    assert "COMPLETE" in done.stdout
    return data


def test_stats_of_a_lake(collected: Path) -> None:
    done = supervisor("stats", "--data", str(collected), "--json")
    stats = json.loads(done.stdout)
    assert (stats["total_rows"], stats["symbols"]) == (90, ["SPY"])
    assert stats["slots"][0]["complete"] == 1
    day = supervisor("stats", "--data", str(collected), "--date", "2019-05-13", "--expiry", "20190628", "--json")
    assert json.loads(day.stdout)


def test_a_chain_as_a_table_and_as_json(collected: Path) -> None:
    table = supervisor("chain", "SPY", "--data", str(collected))
    assert "20190628" in table.stdout
    rows = json.loads(supervisor("chain", "spy", "--data", str(collected), "--expiry", "20190628", "--json").stdout)
    assert {row["right"] for row in rows} == {"P", "C"}
    before = supervisor("chain", "SPY", "--data", str(collected), "--at", "2019-05-13T09:31", "--json")
    assert (before.returncode, json.loads(before.stdout)) == (1, [])


def test_status_of_a_desk_that_does_not_run(collected: Path) -> None:
    done = supervisor("status", "--data", str(collected))
    assert done.returncode == 1
    assert "no desk has run" in done.stdout


def test_list_names_every_strategy_with_its_parameters() -> None:
    names = {each["name"]: each["params"] for each in json.loads(supervisor("list", "--json").stdout)}
    assert names["dte0_ic"]["short_delta"] == 0.06
    assert names["monthly_ic"]["wing"] == 25.0


def test_a_short_run_prints_lines_on_a_pipe_and_json_for_machines(tmp_path: Path) -> None:
    done = supervisor("run", "--data", str(tmp_path / "1"), "--for", "2", "--start", "09:29")
    assert done.returncode == 0, done.stderr
    assert "condor-desk: paper gateway FITTED" in done.stdout
    assert "The run has ended" in done.stdout
    machine = supervisor("run", "--data", str(tmp_path / "2"), "--for", "2", "--start", "09:29", "--json")
    assert json.loads(machine.stdout)["total_rows"] == 190
    status = supervisor("status", "--data", str(tmp_path / "2"), "--json")
    shown = json.loads(status.stdout)
    assert (shown["state"], shown["running"]) == ("stopped", False)
    assert shown["collection"]["collection_interval"] == {"SPY": 300.0, "QQQ": 300.0, "IWM": 300.0}
    assert shown["collection"]["table_stats"]["total_rows"] == 190


def test_a_strategy_alone(tmp_path: Path) -> None:
    done = supervisor("run", "dte0_ic", "--data", str(tmp_path), "--for", "1", "--json")
    assert [each["name"] for each in json.loads(done.stdout)["strategies"]] == ["dte0_ic"]


@pytest.mark.parametrize("command", [[], ["run"], ["collect"], ["import"], ["market", "fit"], ["config", "check"]])
def test_help_needs_nothing_of_the_desk(command: list[str]) -> None:
    """Half a second is for `benchmarks/startup.py`; here: help loads none of what takes long to load."""
    code = (
        "import sys, supervisor; sys.argv = ['supervisor.py', *sys.argv[1:], '--help']\n"
        "try: supervisor.main()\n"
        "except SystemExit: pass\n"
        "heavy = {'polars', 'deltalake', 'numpy', 'scipy', 'ib_async'} & set(sys.modules)\n"
        "print('heavy:', sorted(heavy))"
    )
    done = subprocess.run([sys.executable, "-c", code, *command], cwd=REPO, capture_output=True, text=True, check=True)
    assert "Usage:" in done.stdout
    assert "heavy: []" in done.stdout


def test_ctrl_c_stops_in_order(tmp_path: Path) -> None:
    import signal

    from tests.acceptance.running import read_until, spawn

    with spawn("run", "--data", str(tmp_path), "--start", "09:29") as process:
        read_until(process, lambda line: "SPY slot" in line)
        began = time.monotonic()
        process.send_signal(signal.SIGINT)
        rest = process.stdout.read() if process.stdout else ""
    assert process.returncode == 0
    assert "The run has ended" in rest
    assert time.monotonic() - began < 60
    assert json.loads((tmp_path / "run.json").read_text())["ended"] is False


def test_sigterm_flushes_persistence(tmp_path: Path) -> None:
    import signal

    from desk.lake.queries import Lake
    from tests.acceptance.running import log_of, read_until, spawn

    with spawn("run", "--data", str(tmp_path), "--start", "09:29") as process:
        read_until(process, lambda line: "SPY slot" in line)
        process.send_signal(signal.SIGTERM)
        rest = process.stdout.read() if process.stdout else ""
    assert process.returncode == 0, rest
    acknowledged = sum(line["rows"] for line in log_of(tmp_path) if line["event"] == "stored")
    assert Lake(tmp_path / "lake").get_snapshot_stats()["total_rows"] == acknowledged >= 190
    actors = {each["name"]: each for each in json.loads((tmp_path / "health.json").read_text())["actors"]}
    assert actors["persistence"]["facts"]["spool"] == 0


def test_the_desk_on_a_gateway_of_its_own_port(tmp_path: Path) -> None:
    """What `--port` does with TWS or IB Gateway, on a paper gateway that runs in another process's place."""
    from datetime import UTC, datetime
    from random import Random

    from commands.compose import source_of
    from desk.clock import RealClock
    from desk.config.model import Config
    from desk.gateway.settings import Settings
    from desk.gateway.thread import GatewayThread
    from tests.acceptance.running import log_of

    gateway = GatewayThread(Settings(latency=0.0), source_of(Config()), RealClock(), Random(1))
    port = gateway.start()
    try:
        done = supervisor("run", "--port", str(port), "--data", str(tmp_path), "--for", "0.05", "--json")
    finally:
        gateway.stop()
    assert done.returncode == 0, done.stderr
    summary = json.loads(done.stdout)
    assert summary["gateway"]["kind"] == "ib"
    assert abs(summary["started"] - datetime.now(UTC).timestamp()) < 120
    assert any(line["event"].startswith("connected") for line in log_of(tmp_path))
    assert json.loads((tmp_path / "lake" / "origin.json").read_text())["origin"] == "paper"


def test_the_audit_agrees_and_says_so(collected: Path) -> None:
    done = supervisor("lake", "audit", "--data", str(collected), "--json")
    report = json.loads(done.stdout)
    assert (done.returncode, report["ok"]) == (0, True)
    assert report["symbols"][0]["rows"] == 90
    assert "agree" in supervisor("lake", "audit", "--data", str(collected)).stdout


def test_iv_and_export_of_what_was_collected(collected: Path, tmp_path: Path) -> None:
    (day,) = json.loads(supervisor("iv", "SPY", "--data", str(collected), "--json").stdout)
    assert day["date"] == "2019-05-13"
    done = supervisor("export", "--out", str(tmp_path / "out"), "--data", str(collected), "--json")
    assert json.loads(done.stdout)["rows"] == 1
    assert sorted(file.name for file in (tmp_path / "out").iterdir()) == [
        "card.json",
        "card.md",
        "features.parquet",
        "targets.parquet",
    ]


def test_the_gateway_alone_and_again_after_a_kill(tmp_path: Path) -> None:
    import asyncio
    import signal

    from ib_async import IB

    from tests.acceptance.running import read_until, spawn

    async def time_of(port: int) -> float:
        ib = IB()
        await ib.connectAsync("127.0.0.1", port, clientId=5, raiseSyncErrors=True, timeout=20)
        now = (await ib.reqCurrentTimeAsync()).timestamp()
        ib.disconnect()
        await ib.client.conn.disconnected
        return now

    command = ["gateway", "--port", "0", "--speed", "300", "--journal", str(tmp_path)]
    times = []
    for number in (signal.SIGKILL, signal.SIGINT):
        with spawn(*command) as process:
            line = read_until(process, lambda line: "paper gateway on" in line)[-1]
            times.append(asyncio.run(time_of(int(line.split(":")[1].split(",")[0]))))
            process.send_signal(number)
    assert process.returncode == 0
    assert times[1] > times[0]


def test_a_fault_that_is_none_is_refused_in_words() -> None:
    done = supervisor("gateway", "--port", "0", "--fault", "dropp after=30")
    assert done.returncode == 2
    assert "'dropp' is no fault; there are drop, " in done.stderr
