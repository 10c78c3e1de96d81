"""The shipped config.toml and its schema say what the model says."""

from __future__ import annotations

import re
import tomllib
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from desk.config import load, schema
from desk.config.model import Collector, Config, Future, Strategy
from desk.config.schema import schema_text
from strategies.registry import strategies as registered

ROOT = Path(__file__).resolve().parents[2]
SHIPPED = ROOT / "config.toml"
STRATEGIES = {name: partial(cls.params_type.read, name) for name, cls in registered().items()}


def uncommented(text: str) -> str:
    return re.sub(r"^#(?=[a-z_]+ = )", "", text, flags=re.MULTILINE)


def without_params(config: Config) -> Config:
    return config.model_copy(
        update={"strategies": tuple(each.model_copy(update={"params": {}}) for each in config.strategies)}
    )


@pytest.fixture
def whole(tmp_path: Path) -> Path:
    path = tmp_path / "config.toml"
    path.write_text(uncommented(SHIPPED.read_text()))
    return path


def test_is_the_default_topology() -> None:
    config = load(SHIPPED, strategies=STRATEGIES)
    assert [each.symbol for each in config.collectors] == ["SPY", "QQQ", "IWM"]
    assert [each.name for each in config.strategies] == ["dte0_ic", "monthly_ic", "swing_ic"]
    assert config == Config(
        collectors=tuple(Collector(symbol=symbol) for symbol in ("SPY", "QQQ", "IWM")),
        futures=(
            Future(symbol="ES", multiplier=50),
            Future(symbol="NQ", multiplier=20),
            Future(symbol="VX", ib_symbol="VIX", exchange="CFE", multiplier=1000),
        ),
        strategies=(Strategy(name="dte0_ic"), Strategy(name="monthly_ic"), Strategy(name="swing_ic", enabled=False)),
    )


def test_uncommented_it_says_the_same(whole: Path) -> None:
    config = load(whole, strategies=STRATEGIES)
    assert without_params(config) == load(SHIPPED, strategies=STRATEGIES)
    for each in config.strategies:
        assert STRATEGIES[each.name](each.params) == STRATEGIES[each.name]({}), each.name


def test_uncommented_it_has_every_parameter(whole: Path) -> None:
    for each in load(whole, strategies=STRATEGIES).strategies:
        assert set(each.params) == keys(registered()[each.name].params_type), each.name


def keys(model: type[BaseModel]) -> set[str]:
    return set(model.model_fields)


def test_uncommented_it_has_every_key(whole: Path) -> None:
    data: dict[str, Any] = tomllib.loads(whole.read_text())
    assert set(data) == keys(Config)
    for name, table in data.items():
        if isinstance(table, dict):
            assert set(table) == keys(type(getattr(Config(), name))), name
    assert set(data["collectors"][0]) == keys(Collector)
    assert set(data["futures"][0]) == keys(Future)
    assert set(data["strategies"][0]) == keys(Strategy)


def test_every_key_has_a_comment() -> None:
    bare = [
        line
        for line in uncommented(SHIPPED.read_text()).splitlines()
        if re.match(r"[a-z_]+ = ", line) and "  # " not in line
    ]
    assert bare == [
        *(f'symbol = "{symbol}"' for symbol in ("QQQ", "IWM", "NQ", "VX")),
        *(f'name = "{name}"' for name in ("monthly_ic", "swing_ic")),
    ]


def test_first_line_names_the_schema() -> None:
    assert SHIPPED.read_text().startswith("#:schema ./config.schema.json\n")


def test_schema_file_is_up_to_date() -> None:
    stored = (ROOT / "config.schema.json").read_text()
    assert stored == schema_text(), "make it anew: .venv/bin/python -m desk.config > config.schema.json"


def test_schema_describes_every_key_and_allows_no_other() -> None:
    for name, table in {"Config": schema(), **schema()["$defs"]}.items():
        assert table["additionalProperties"] is False, name
        for key, value in table["properties"].items():
            assert "description" in value or "$ref" in value or "items" in value, f"{name}.{key}"
