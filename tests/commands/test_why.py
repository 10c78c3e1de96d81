"""`why` on a lake that holds what two strategies decided on two days."""

import json
from pathlib import Path

import pytest

from commands.errors import RefusedError
from commands.why import explain_polls
from desk.lake.origin import claim
from desk.lake.views import of_seen
from desk.lake.writer import Writer
from desk.market.calendar import at, previous_session
from messages.contract import Contract, Quote
from messages.data import Seen
from tests.console.conftest import DAY

NINE45 = at(DAY, "09:45")
YESTERDAY = at(previous_session(DAY).date, "09:45")


def seen(strategy: str, t: float, veto: str) -> Seen:
    decision = json.dumps({"vetoes": [{"name": veto, "text": "no", "numbers": {"vix": 20.5}}]})
    vix, spot = (
        Quote(Contract(symbol, "IND", "CBOE"), t, last=last) for symbol, last in (("VIX", 20.5), ("SPX", 2811))
    )
    return Seen("", "", strategy, t, decision, (vix, spot))


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    claim(folder / "lake", "fitted")
    writer = Writer(folder / "lake", "desk")
    for t in (YESTERDAY, NINE45, NINE45 + 45, NINE45 + 90):
        writer.accept(of_seen(seen("dte0_ic", t, "vix_band" if t < NINE45 + 60 else "min_credit")))
    writer.accept(of_seen(seen("other", NINE45, "window")))
    writer.drain()
    writer.close()
    return folder


def why(data: Path, capsys: pytest.CaptureFixture[str], *, last: int | None = None, at: str | None = None) -> list[str]:
    assert explain_polls("dte0_ic", last, at, Path("none.toml"), data, as_json=True) == 0
    return [f"{each['time'][5:16]} {each['vetoes'][0]['name']}" for each in json.loads(capsys.readouterr().out)]


def test_the_newest_day_by_default(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert why(data, capsys) == ["05-13T13:45 vix_band", "05-13T13:45 vix_band", "05-13T13:46 min_credit"]


def test_the_last_polls_reach_into_the_days_before(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert why(data, capsys, last=1) == ["05-13T13:46 min_credit"]
    assert why(data, capsys, last=4)[0] == "05-10T13:45 vix_band"


def test_the_poll_at_a_time_or_the_last_before_it(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert why(data, capsys, at="2019-05-13T09:46:29") == ["05-13T13:45 vix_band"]
    assert why(data, capsys, at="2019-05-13T09:46:30") == ["05-13T13:46 min_credit"]
    assert why(data, capsys, at="2019-05-12T12:00") == ["05-10T13:45 vix_band"]
    assert explain_polls("dte0_ic", None, "2019-05-01", Path("none.toml"), data, as_json=False) == 1
    assert "has not polled up to 2019-05-01" in capsys.readouterr().out


def test_a_strategy_that_nobody_knows(data: Path) -> None:
    with pytest.raises(RefusedError, match=r"unknown strategy dte0; did you mean dte0_ic\? known: dte0_ic, other"):
        explain_polls("dte0", None, None, Path("none.toml"), data, as_json=False)
