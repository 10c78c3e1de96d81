"""Bad input ends with exit code 2, a message a person can act on, and nothing half-started."""

import json
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from desk.orders.journal import Journals
from tests.acceptance.running import REPO, supervisor

CONFIG = (REPO / "config.toml").read_text(encoding="utf-8")


def config(tmp_path: Path, *changes: tuple[str, str]) -> str:
    text = CONFIG
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new, 1)
    path = tmp_path / "config.toml"
    path.write_text(text, encoding="utf-8")
    return str(path)


def refused(tmp_path: Path, *arguments: str) -> str:
    data = tmp_path / "data"
    before = sorted(tmp_path.rglob("*"))
    done = supervisor(*arguments, *([] if "--data" in arguments else ["--data", str(data)]), folder=tmp_path)
    assert done.returncode == 2, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    leftover = [each for each in sorted(tmp_path.rglob("*")) if each not in before and "lake" in each.parts]
    assert not leftover
    return done.stderr


Change = tuple[str, str]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (("#interval = 300.0 ", "intervall = 300.0 "), ["intervall", 'did you mean "interval"']),
        (("#interval = 300.0 ", "interval = 59 "), ["interval", "59", "60"]),
        (("#interval = 300.0 ", 'interval = "often" '), ["interval", "often", "number"]),
        (("#dte_min = 45 ", "dte_min = 80 "), ["dte_min", "80", "75"]),
        (('name = "dte0_ic"', 'name = "dte0_i"'), ["dte0_i", 'did you mean "dte0_ic"']),
        (('kind = "paper"', 'kind = "papier"'), ["gateway.kind", "papier"]),
        (("[gateway]", "[gatewya]"), ["gatewya", "gateway"]),
        (("[gateway]", "[gateway"), ["TOML", "line"]),
    ],
)
def test_a_mistake_in_the_config(tmp_path: Path, change: Change, words: list[str]) -> None:
    text = refused(tmp_path, "run", "--config", config(tmp_path, change))
    for word in [*words, "config.toml"]:
        assert word in text


def test_every_mistake_is_listed(tmp_path: Path) -> None:
    path = config(tmp_path, ("#interval = 300.0 ", "interval = 59 "), ('kind = "paper"', 'kind = "papier"'))
    text = refused(tmp_path, "run", "--config", path)
    assert "papier" in text
    assert "59" in text


def test_a_missing_config(tmp_path: Path) -> None:
    assert "there is no such file" in refused(tmp_path, "run", "--config", str(tmp_path / "none.toml"))


def test_an_unknown_strategy_on_the_command_line(tmp_path: Path) -> None:
    text = refused(tmp_path, "run", "dte0_iic", "--config", config(tmp_path))
    assert "dte0_iic" in text
    assert "did you mean dte0_ic?" in text


def test_a_port_in_use(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        text = refused(tmp_path, "run", "--config", config(tmp_path, ("port = 0", f"port = {port}")))
    assert str(port) in text
    assert "choose another port" in text


def test_a_lake_path_that_is_a_file(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    (data / "lake").write_text("not a folder")
    text = refused(tmp_path, "run", "--data", str(data), "--config", config(tmp_path))
    assert "is a file" in text


def test_a_data_folder_that_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    text = refused(tmp_path, "run", "--data", str(tmp_path / "file"), "--config", config(tmp_path))
    assert "is a file" in text


def test_a_damaged_log_of_orders_is_not_traded_upon(tmp_path: Path) -> None:
    log = tmp_path / "data" / "logs" / "dte0_ic" / "trades.jsonl"
    log.parent.mkdir(parents=True)
    log.write_text('{"event": "ORDER", "order_id"\n{"event": "END"}\n', encoding="utf-8")
    before = log.read_bytes()
    text = refused(tmp_path, "run", "--config", config(tmp_path))
    assert "trades.jsonl" in text
    assert "line 1" in text
    assert log.read_bytes() == before


def test_the_logs_of_another_desk(tmp_path: Path) -> None:
    logs = tmp_path / "data" / "logs"
    with Journals(logs):
        assert "a desk writes the logs" in refused(tmp_path, "run", "--config", config(tmp_path))


def test_a_lake_of_another_origin(tmp_path: Path) -> None:
    lake = tmp_path / "data" / "lake"
    lake.mkdir(parents=True)
    (lake / "origin.json").write_text(json.dumps({"origin": "live"}))
    text = refused(tmp_path, "run", "--data", str(tmp_path / "data"), "--config", config(tmp_path))
    assert "live" in text


@pytest.mark.parametrize("damage", [lambda raw: raw[: len(raw) // 2], lambda _raw: b"", lambda _raw: b"nonsense" * 99])
def test_a_damaged_import_file(tmp_path: Path, damage: Callable[[bytes], bytes]) -> None:
    import polars as pl

    whole = tmp_path / "whole.parquet"
    pl.DataFrame({"symbol": ["SPY"] * 1000, "strike": [1.0] * 1000}).write_parquet(whole)
    damaged = tmp_path / "damaged.parquet"
    damaged.write_bytes(damage(whole.read_bytes()))
    text = refused(tmp_path, "import", "--profile", "yahoo", str(damaged), "--config", config(tmp_path))
    assert "damaged.parquet" in text


def test_an_unknown_profile(tmp_path: Path) -> None:
    text = refused(tmp_path, "import", "--profile", "yaho", "x.parquet", "--config", config(tmp_path))
    assert "yahoo" in text


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (("--market", "lake:nowhere"), "there is no lake at nowhere"),
        (("--market", "fitted:nowhere.npz"), "there is no fitted market at nowhere.npz"),
        (("--market", "moon"), "fitted:PATH, or lake:PATH"),
        (("--day", "2019-05-12"), "2019-05-12"),
        (("--day", "yesterday"), "yesterday"),
        (("--speed", "0"), "clock.speed"),
    ],
)
def test_an_option_that_cannot_be_used(tmp_path: Path, arguments: tuple[str, ...], word: str) -> None:
    assert word in refused(tmp_path, "run", *arguments, "--config", config(tmp_path))


def test_config_check_says_what_run_would_say(tmp_path: Path) -> None:
    path = config(tmp_path, ("#interval = 300.0 ", "interval = 59 "))
    done = supervisor("config", "check", path)
    assert done.returncode == 2
    assert "59" in done.stderr
    assert supervisor("config", "check", str(REPO / "config.toml")).returncode == 0
