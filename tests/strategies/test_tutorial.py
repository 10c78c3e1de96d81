"""The strategy that docs/strategies.md writes: taken from the page, found, configured, and deciding."""

import importlib
import re
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

import strategies
from desk.config import load
from desk.config.errors import ConfigError
from desk.market.contracts import index
from messages.contract import Quote
from messages.orders import Enter, Exit
from strategies import registry
from strategies.base import Phase, View
from tests.strategies.made import chain, clock, holding, knowing, marks, strikes

PAGE = Path(__file__).resolve().parents[2] / "docs" / "strategies.md"
BLOCK = re.compile(r'^```\w+ title="([^"]+)"\n(.*?)^```$', re.MULTILINE | re.DOTALL)
NOON = clock("12:00")


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The page's files in a folder, its strategy beside the others for as long as this module's tests run."""
    folder = tmp_path_factory.mktemp("page")
    for name, text in BLOCK.findall(PAGE.read_text()):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    (folder / "strategies" / "noon_ic" / "__init__.py").touch()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(strategies, "__path__", [*strategies.__path__, str(folder / "strategies")])
        patch.setattr(registry, "_CLASSES", dict(registry.strategies()))
        registry._discover.cache_clear()
        importlib.invalidate_caches()
        yield folder
    for name in [name for name in sys.modules if name.startswith("strategies.noon_ic")]:
        del sys.modules[name]
    registry._discover.cache_clear()


def test_it_is_found_beside_the_others(page: Path) -> None:
    assert page.is_dir()
    assert list(registry.strategies()) == ["dte0_ic", "monthly_ic", "noon_ic", "swing_ic"]


def test_its_config_is_checked_like_any_other(page: Path) -> None:
    checks = {name: partial(registry.create, name) for name in registry.strategies()}
    (entry,) = load(page / "config.toml", strategies=checks).strategies
    assert registry.create(entry.name, entry.params).params.distance == 50.0
    (page / "wrong.toml").write_text((page / "config.toml").read_text().replace("distance", "distanse"))
    with pytest.raises(ConfigError, match='did you mean "distance"'):
        load(page / "wrong.toml", strategies=checks)


def test_it_enters_at_noon_and_closes_in_time(page: Path) -> None:
    assert page.is_dir()
    strategy = registry.create("noon_ic", {})
    spx = index("SPX")
    assert strategy.decide(View(clock("11:59:59")), knowing()).vetoes[0].name == "window"
    spot_wanted, chain_wanted = strategy.decide(View(NOON), knowing()).wants
    assert spot_wanted == spx
    answer = chain(chain_wanted, NOON, expiry="20190513", delta=0.06, at_delta=50.0, credit=0.6, wing=10.0)  # type: ignore[arg-type]  # a selection
    view = View(NOON, (Quote(spx, NOON, last=2800.0),)).plus(answer)
    (entry,) = strategy.decide(view, knowing()).actions
    assert isinstance(entry, Enter)
    assert strikes(entry.condor) == (2760, 2750, 2840, 2850)
    assert (entry.limit, entry.worst) == (0.6, 0.2)
    held = holding(NOON, expiry="20190513", at=(2760, 2750, 2840, 2850), credit=0.6)
    state = knowing(holdings=(held,), entries=(NOON,))
    assert strategy.decide(View(NOON + 60), state).wants == held.condor.legs
    for debit, reasons in ((1.79, []), (1.80, ["stop"])):
        actions = strategy.decide(View(NOON + 60, marks(held, NOON + 60, debit)), state).actions
        assert [each.reason for each in actions if isinstance(each, Exit)] == reasons
    assert strategy.decide(View(clock("15:50")), state).actions == (Exit("p", 1, "end_of_day"),)
    flatten = knowing(Phase.STOPPING, flatten=True, holdings=(held,))
    assert strategy.decide(View(NOON), flatten).actions == (Exit("p", 1, "shutdown"),)
