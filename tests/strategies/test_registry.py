import importlib
import sys
from pathlib import Path

import pytest

import strategies
from strategies import registry
from strategies.base import Strategy
from strategies.params import ParamsError

PLUGIN = """
from strategies.base import Decision, Strategy
from strategies.params import Params
from strategies.registry import register

@register("dropped_in")
class DroppedIn(Strategy):
    params_type = Params
    poll = 60.0
    def decide(self, view, state):
        return Decision()
"""


def test_both_condors_are_found() -> None:
    found = registry.strategies()
    assert {"dte0_ic", "monthly_ic"} <= set(found)
    assert all(found[name].name == name for name in found)


def test_a_folder_dropped_in_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "dropped_in"
    folder.mkdir()
    (folder / "__init__.py").touch()
    (folder / "strategy.py").write_text(PLUGIN)
    monkeypatch.setattr(strategies, "__path__", [*strategies.__path__, str(tmp_path)])
    monkeypatch.setattr(registry, "_CLASSES", dict(registry._CLASSES))
    registry._discover.cache_clear()
    importlib.invalidate_caches()
    try:
        assert registry.create("dropped_in", {}).poll == 60.0
    finally:
        sys.modules.pop("strategies.dropped_in.strategy", None)
        sys.modules.pop("strategies.dropped_in", None)


def test_a_name_is_one_class_only() -> None:
    registry.strategies()
    with pytest.raises(ValueError, match="registered already"):

        @registry.register("dte0_ic")
        class Other(Strategy):  # type: ignore[type-arg]  # never made
            pass


def test_every_parameter_is_described() -> None:
    for cls in registry.strategies().values():
        assert all(field.description for field in cls.params_type.model_fields.values())


def test_parameters_override_defaults() -> None:
    strategy = registry.create("monthly_ic", {"quantity": 3, "trading_classes": ["SPX"], "min_credit": 4})
    assert (strategy.params.quantity, strategy.params.trading_classes, strategy.params.min_credit) == (3, ("SPX",), 4.0)


def test_every_mistake_is_named_with_its_strategy_its_key_and_the_near_one() -> None:
    with pytest.raises(ParamsError) as caught:
        registry.create("dte0_ic", {"vix_mim": 15, "wing": "10", "quantity": 1.5, "entry_from": "9:45", "poll": 0})
    assert sorted(caught.value.mistakes) == [
        'dte0_ic: entry_from = "9:45": expected a time of day as HH:MM',
        "dte0_ic: poll = 0: expected greater than 0",
        "dte0_ic: quantity = 1.5: expected a whole number",
        'dte0_ic: unknown parameter "vix_mim"; did you mean "vix_min"?',
        'dte0_ic: wing = "10": expected a number',
    ]
    assert str(caught.value).count("\n") == 4


@pytest.mark.parametrize(
    ("name", "params", "message"),
    [
        ("dte0_ic", {"vix_min": 40}, "dte0_ic: vix_min = 40 is above vix_max = 30; swap them"),
        ("dte0_ic", {"entry_from": "11:00"}, "is after entry_until"),
        ("dte0_ic", {"quantity": True}, "quantity = true: expected a whole number"),
        ("dte0_ic", {"short_delta": float("nan")}, "short_delta = NaN"),
        ("dte0_ic", {"zzzzzz": 1}, 'unknown parameter "zzzzzz"; known: symbol, '),
        ("monthly_ic", {"min_dte": 130}, "min_dte = 130 is above max_dte = 120"),
        ("monthly_ic", {"exit_dte": 49}, "exit_dte = 49 must be below min_dte = 49"),
        ("monthly_ic", {"trading_classes": []}, "expected at least one"),
        ("dte_ic", {}, 'unknown strategy "dte_ic"; did you mean "dte0_ic"?'),
        ("xxxxxx", {}, "known: dte0_ic, monthly_ic"),
    ],
)
def test_what_cannot_be_used_is_refused(name: str, params: dict[str, object], message: str) -> None:
    with pytest.raises(ParamsError) as caught:
        registry.create(name, params)
    assert message in str(caught.value)
