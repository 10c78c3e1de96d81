"""`preflight` against the embedded gateway, and against gateways that a run would not get along with."""

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random

import pytest

from commands.compose import source_of
from commands.options import Options
from commands.preflight import check_today
from desk.clock import RealClock
from desk.config.model import Config
from desk.console import health
from desk.console.health import Health
from desk.gateway.settings import Settings
from desk.gateway.thread import GatewayThread
from desk.lake.origin import claim
from desk.orders import halt
from tests.acceptance.running import REPO

Preflight = Callable[..., dict[str, str]]
SHIPPED = (REPO / "config.toml").read_text(encoding="utf-8")


@pytest.fixture
def preflight(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Preflight:
    """Run it; what each check came to, as `verdict: text`."""

    def run(*changes: tuple[str, str], expected: int, **options: object) -> dict[str, str]:
        text = SHIPPED
        for before, after in changes:
            assert before in text
            text = text.replace(before, after, 1)
        config = tmp_path / "config.toml"
        config.write_text(text, encoding="utf-8")
        given = Options(config, **{"data": tmp_path / "data", **options})  # type: ignore[arg-type]  # as in Options
        assert check_today(given, as_json=True) == expected
        told = json.loads(capsys.readouterr().out)
        assert told["ready"] == (expected == 0)
        return {each["name"]: f"{each['verdict']}: {each['text']}" for each in told["checks"]}

    return run


@contextmanager
def other_gateway(**settings: object) -> Iterator[int]:
    """A gateway in the place of IB's, on the wall's time."""
    gateway = GatewayThread(Settings(latency=0.0, **settings), source_of(Config()), RealClock(), Random(1))  # type: ignore[arg-type]  # as in Settings
    port = gateway.start()
    try:
        yield port
    finally:
        gateway.stop()


def test_the_default_run_would_work_and_nothing_is_left_behind(preflight: Preflight, tmp_path: Path) -> None:
    checks = preflight(expected=0)
    del checks["data folder"]  # it warns where the disk is nearly full
    assert all(each.startswith("ok: ") for each in checks.values()), checks
    assert checks["account"] == "ok: orders go to DU1234567, paper mode"
    assert checks["dte0_ic SPXW"].startswith("ok: 20190513 ")
    assert checks["monthly_ic SPX what-if"].endswith(" USD of margin")
    assert {"quote VIX", "quote SPX", "quote SPY", "quote QQQ", "quote IWM"} <= set(checks)
    assert not (tmp_path / "data").exists()


def test_before_the_open_missing_quotes_only_warn_and_the_margin_is_asked_all_the_same(preflight: Preflight) -> None:
    checks = preflight(expected=0, start="08:30")
    assert checks["calendar"].endswith("opens in 1 h")
    assert checks["dte0_ic SPXW"].startswith("warning: ")
    assert checks["dte0_ic SPXW"].endswith("; the exchange is closed")
    assert checks["dte0_ic SPXW what-if"].startswith("ok: ")


def test_people_get_lines_and_a_verdict(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    halt.write(tmp_path, halt.Halt("storm"))
    options = Options(REPO / "config.toml", tmp_path)
    assert check_today(options, as_json=False) == 1
    shown = capsys.readouterr().out
    assert "session on Mon 2019-05-13, 09:30 to 16:00 ET" in shown
    assert "halted: storm" in shown
    assert "`resume` lifts it." in shown
    assert "Today's run would NOT work: 1 failed." in shown


def test_every_mistake_of_the_config(preflight: Preflight) -> None:
    checks = preflight(("client_id = 1 ", 'client_id = "one"'), ("speed = 60.0", "speed = 0"), expected=1)
    assert list(checks) == ["config"]
    assert "client_id" in checks["config"]
    assert "speed" in checks["config"]


def test_a_data_folder_that_is_a_file_and_a_lake_of_another_origin(preflight: Preflight, tmp_path: Path) -> None:
    (tmp_path / "data").write_text("")
    assert preflight(expected=1)["data folder"].startswith("failed: ")
    (tmp_path / "data").unlink()
    claim(tmp_path / "data" / "lake", "live")
    assert "rows of another origin: live" in preflight(expected=1)["lake"]


def test_data_that_is_not_subscribed_to(preflight: Preflight) -> None:
    checks = preflight(("#faults = []", 'faults = ["unsubscribed symbol=VIX"]'), expected=1)
    assert checks["quote VIX"].startswith("failed: ")
    assert "354" in checks["quote VIX"]
    assert checks["quote SPX"].startswith("ok: ")


def test_expiries_that_are_not_listed(preflight: Preflight) -> None:
    checks = preflight(("#dte = 0 ", "dte = 1000 "), expected=1)
    assert checks["dte0_ic SPXW"].startswith("failed: SPX lists nothing 1000 to 1000 days out")


def test_beside_a_running_desk_it_takes_another_client_id(preflight: Preflight, tmp_path: Path) -> None:
    now = RealClock().time()
    health.write(tmp_path / "data" / "health.json", Health(now, now, 4711, "running", True, True, 0))
    checks = preflight(expected=0)
    assert checks["other desk"].startswith("warning: a desk runs there already (process 4711)")
    found = re.search(r"client (\d+),", checks["gateway"])
    assert found is not None
    assert 100 <= int(found[1]) <= 999


def test_nobody_listens(preflight: Preflight) -> None:
    with other_gateway() as port:
        pass
    checks = preflight(expected=1, port=port)
    assert checks["gateway"].startswith(f"failed: cannot connect to 127.0.0.1:{port} as client 1")
    assert "account" not in checks


def test_an_account_that_orders_may_not_go_to(preflight: Preflight) -> None:
    with other_gateway(account="DU7654321") as port:
        checks = preflight(('account = "" ', 'account = "DU1234567" '), expected=1, port=port)
    assert checks["account"].startswith("failed: [trading] account is DU1234567, but the session is that of DU7654321")


def test_live_money_without_both_keys(preflight: Preflight) -> None:
    with other_gateway(account="U1234567") as port:
        checks = preflight(expected=1, port=port)
        assert "U1234567, which is no paper account" in checks["gateway"]
        checks = preflight(('mode = "paper"', 'mode = "live" '), expected=1, port=port)
        assert checks["account"] == "failed: U1234567 is live money, and [trading] enabled is false"


def test_a_client_id_in_use(preflight: Preflight) -> None:
    import asyncio

    from ib_async import IB

    from tests.gateway.serving import run

    async def main() -> dict[str, str]:
        ib = IB()
        await ib.connectAsync("127.0.0.1", port, clientId=1, timeout=20)
        checks = await asyncio.to_thread(preflight, expected=1, port=port)
        ib.disconnect()
        return checks

    with other_gateway() as port:
        assert "client id 1 is in use" in run(main())["gateway"]
