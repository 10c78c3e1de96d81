"""Every mistake of a config.toml, each as a line that a person can act on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from desk.config import Config, ConfigError, load, overrides

Try = Callable[..., list[str]]


def wings(params: dict[str, Any]) -> None:
    """A strategy's check of its parameters: knows only `wings`, a number above 0."""
    wrong = [f'"{key}": unknown parameter; known is wings' for key in params if key != "wings"]
    if params.get("wings", 10) <= 0:
        wrong.append(f"wings = {params['wings']}: expected a number above 0")
    if wrong:
        raise ValueError("\n".join(wrong))


KNOWN = {"dte0_ic": wings, "monthly_ic": wings}


def read(folder: Path, text: str, options: Mapping[str, Any] | None = None) -> Config:
    path = folder / "config.toml"
    path.write_text(text, encoding="utf-8")
    return load(path, options, strategies=KNOWN)


@pytest.fixture
def mistakes(tmp_path: Path) -> Try:
    """Give the lines that a file's text yields, without its name in front."""

    def attempt(text: str, options: Mapping[str, Any] | None = None) -> list[str]:
        with pytest.raises(ConfigError) as caught:
            read(tmp_path, text, options)
        return [line.removeprefix(f"{tmp_path / 'config.toml'}: ") for line in str(caught.value).splitlines()]

    return attempt


def test_an_empty_file_is_the_defaults(tmp_path: Path) -> None:
    assert read(tmp_path, "") == Config()


def test_whole_numbers_stand_for_numbers(tmp_path: Path) -> None:
    assert read(tmp_path, "clock.speed = 5").clock.speed == 5.0


ONE = {
    'gateway.port = "7497"': 'gateway.port = "7497": expected a whole number from 0 to 65535 (7497 TWS paper',
    "gateway.port = true": "gateway.port = true: expected a whole number from 0 to 65535",
    "gateway.latency = nan": "gateway.latency = nan: expected a number at least 0",
    'gateway.kind = "Paper"': 'gateway.kind = "Paper": expected "paper" or "ib"; did you mean "paper"?',
    'gateway.market = "lakes:x"': 'gateway.market = "lakes:x": expected text in quotes, such as "fitted" or "lake:',
    "gateway = 5": "gateway = 5: expected a table",
    'broker.client_id = "any"': 'broker.client_id = "any": expected a whole number at least 0 or "random"',
    "broker.messages_per_second = 2.5": "broker.messages_per_second = 2.5: expected a whole number from 1 to 1000",
    "health.every = 0": "health.every = 0: expected a number above 0",
    'lake.partition_by = ["day"]': 'lake.partition_by = ["day"]: expected ["date"], ["strike_partition", "symbol"] or',
    'lake.partition_by = ["date", 3]': 'lake.partition_by = ["date", 3]: expected ["date"]',
    'clock.day = "2019-05-13"': 'clock.day = "2019-05-13": expected a date without quotes, such as 2019-05-13',
    "clock.day = 2019-05-12": "clock.day = 2019-05-12: expected a trading day: Sunday 2019-05-12 has no session; "
    "nearest are 2019-05-10 and 2019-05-13",
    'clock.start = "9:25"': 'clock.start = "9:25": expected text in quotes, such as "09:25"',
    'clock.until = "09:00"': 'clock.until = "09:00": expected a time after start = 09:25',
    "collectors = 5": "collectors = 5: expected an array of tables",
    "collectors = [5]": "collectors[0] = 5: expected a table",
    "[[collectors]]": 'collectors[0].symbol: missing; expected text in quotes, such as "SPY"',
    '[[collectors]]\nsymbol = "spy"': 'collectors[0] (spy).symbol = "spy": expected text in quotes, such as "SPY"',
    '[[collectors]]\nsymbol = "SPY"\ninterval = 59': "collectors[0] (SPY).interval = 59: expected a number at least 60",
    '[[collectors]]\nsymbol = "SPY"\nwindow = 1.5': "collectors[0] (SPY).window = 1.5: expected a number above 0 and "
    "below 1",
    '[[collectors]]\nsymbol = "SPY"\ndte_min = 80': "collectors[0] (SPY).dte_min = 80: expected at most dte_max = 75; "
    "swap them",
    '[[collectors]]\nsymbol = "SPY"\ndte_min = 80\ndte_mx = 90': "collectors[0] (SPY).dte_mx = 90: unknown key; "
    'did you mean "dte_max"?',
    '[[collectors]]\nsymbol = "SPX"\nsec_type = "IND"\nexchange = "CBOE"': "collectors[0] (SPX).trading_class: "
    "expected the class",
    '[[collectors]]\nsymbol = "SPX"\nsec_type = "IND"\ntrading_class = "SPXW"': "collectors[0] (SPX).exchange: "
    "expected the index's own exchange",
    '[[collectors]]\nsymbol = "SPY"\ntrading_class = "SPY"': 'collectors[0] (SPY).trading_class = "SPY": expected '
    "nothing",
    '[[collectors]]\nsymbol = "SPY"\n[[collectors]]\nsymbol = "SPY"': 'collectors[1] (SPY).symbol = "SPY": named twice',
    "[[futures]]": 'futures[0].symbol: missing; expected text in quotes, such as "ES"',
    '[[futures]]\nsymbol = "es"': 'futures[0] (es).symbol = "es": expected text in quotes, such as "ES"',
    '[[futures]]\nsymbol = "ES"\nmonths = 0': "futures[0] (ES).months = 0: expected a whole number from 1 to 12",
    '[[futures]]\nsymbol = "ES"\nmultiplier = "50"': 'futures[0] (ES).multiplier = "50": expected a whole number',
    '[[futures]]\nsymbol = "ES"\nmonth = 3': 'futures[0] (ES).month = 3: unknown key; did you mean "months"?',
    '[[futures]]\nsymbol = "ES"\n[[futures]]\nsymbol = "ES"': 'futures[1] (ES).symbol = "ES": named twice: futures[0]',
    '[[collectors]]\nsymbol = "ES"\n[[futures]]\nsymbol = "ES"': 'futures[0] (ES).symbol = "ES": named twice: '
    "collectors[0]",
    '[[strategies]]\nname = "dte0_icc"': 'strategies[0] (dte0_icc).name = "dte0_icc": unknown strategy; did you mean '
    '"dte0_ic"?',
    '[[strategies]]\nname = "straddle"': 'strategies[0] (straddle).name = "straddle": unknown strategy; known are '
    "dte0_ic, monthly_ic",
    '[[strategies]]\nname = "dte0_ic"\n[[strategies]]\nname = "dte0_ic"': "strategies[1] (dte0_ic).name = "
    '"dte0_ic": named twice: strategies[0] is called so too',
    '[[strategies]]\nname = "dte0_ic"\nenabled = "yes"': 'strategies[0] (dte0_ic).enabled = "yes": expected true or '
    "false",
    '[[strategies]]\nname = "dte0_ic"\nid = "a"\nparams.wings = 0': "strategies[0] (a).params = {wings = 0}: wings = "
    "0: expected a number above 0",
    'broker.client_id = "random"\ntrading.enabled = true': 'broker.client_id = "random": expected a number, because',
    'broker.mode = "live"\ntrading.enabled = true': "trading.account: expected the account that orders may go to",
    'trading.enabled = true\ntrading.account = "U123"': 'trading.account = "U123": expected a paper account',
    '[gateway]\nkind = "ib"': "gateway.port: expected the port to connect to",
    '[gateway]\nkind = "ib"\nport = 7496\n[trading]\nenabled = true': "gateway.port = 7496: expected a paper port",
    '[gateway]\nkind = "ib"\nport = 7497\n[clock]\nkind = "simulated"': 'clock.kind = "simulated": expected "auto"',
    "supervision.backoff_min = 40": "supervision.backoff_min = 40: expected at most backoff_max = 30",
    "[brokr]": 'brokr = {}: unknown key; did you mean "broker"?',
    "xyz = 1": "xyz = 1: unknown key; expected one of data, gateway, broker",
    "health.stale = 1": 'health.stale = 1: unknown key; did you mean "stale_after"?',
    "broker.dte_min = 3": "broker.dte_min = 3: unknown key here; it belongs to [[collectors]]",
}


@pytest.mark.parametrize(("text", "line"), ONE.items(), ids=[line.split(":")[0] for line in ONE.values()])
def test_one_mistake_one_line(mistakes: Try, text: str, line: str) -> None:
    (found,) = mistakes(text)
    assert found.startswith(line)


def test_every_mistake_is_listed_in_the_file_s_order(mistakes: Try) -> None:
    text = """
        trade = 1
        [gateway]
        port = "x"
        [clock]
        speed = -1
        day = 2019-05-12
        [[collectors]]
        symbol = "SPY"
        interval = 5
        dte_min = 90
        [[collectors]]
        symbol = 3
        [[collectors]]
        symbol = "SPY"
        [[strategies]]
        name = "dte_ic"
        [[strategies]]
        name = "dte0_ic"
        params = { wings = -1, short = 3 }
    """
    assert [line.partition(": ")[0] for line in mistakes(text)] == [
        "trade = 1",
        'gateway.port = "x"',
        "clock.speed = -1",
        "clock.day = 2019-05-12",
        "collectors[0] (SPY).interval = 5",
        "collectors[1].symbol = 3",
        "collectors[0] (SPY).dte_min = 90",
        'collectors[2] (SPY).symbol = "SPY"',
        'strategies[0] (dte_ic).name = "dte_ic"',
        "strategies[1] (dte0_ic).params = {wings = -1, short = 3}",
        "strategies[1] (dte0_ic).params = {wings = -1, short = 3}",
    ]


def test_a_rule_is_silent_where_a_value_it_needs_is_wrong(mistakes: Try) -> None:
    found = mistakes('[[collectors]]\nsymbol = "SPY"\ndte_min = 90\ndte_max = "far"')
    assert [line.partition(" = ")[0] for line in found] == ["collectors[0] (SPY).dte_max"]


def test_two_instances_of_a_strategy_under_two_names(tmp_path: Path) -> None:
    text = '[[strategies]]\nname = "dte0_ic"\n[[strategies]]\nname = "dte0_ic"\nid = "wide"\nparams = { wings = 20 }'
    assert [each.instance for each in read(tmp_path, text).strategies] == ["dte0_ic", "wide"]


def test_missing_file(tmp_path: Path) -> None:
    path = tmp_path / "none.toml"
    with pytest.raises(ConfigError, match="there is no such file") as caught:
        load(path, strategies=KNOWN)
    assert str(caught.value).startswith(f"{path}: ")


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read: Is a directory"):
        load(tmp_path, strategies=KNOWN)


def test_not_utf_8(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_bytes(b'data = "\xff"')
    with pytest.raises(ConfigError, match="expected text in UTF-8: byte 8 is not"):
        load(tmp_path / "config.toml", strategies=KNOWN)


def test_syntax_error_names_and_quotes_the_line(mistakes: Try) -> None:
    assert mistakes("[clock]\nspeed = \n") == ["line 2: not valid TOML: Invalid value: speed ="]


def test_syntax_error_at_the_end(mistakes: Try) -> None:
    (found,) = mistakes('a = 1\ndata = ["x"')
    assert found.startswith("line 2: not valid TOML: Unclosed array")


def test_long_values_are_shortened(mistakes: Try) -> None:
    (found,) = mistakes(f"data = [{', '.join(['1'] * 100)}]")
    assert found.startswith("data = [1, 1, ")
    assert "...: expected text in quotes" in found


def test_options_stand_in_for_keys(tmp_path: Path) -> None:
    options = overrides(
        data="d", host="h", port=4002, market="lake:x", client_id="7", day="2019-05-14", until="12:00", speed=5
    )
    config = read(tmp_path, "clock.speed = 3\nclock.start = '10:00'", options)
    assert (config.data, config.gateway.host, config.gateway.port) == ("d", "h", 4002)
    assert (config.gateway.market, config.broker.client_id) == ("lake:x", 7)
    assert (config.clock.day, config.clock.until, config.clock.speed) == (date(2019, 5, 14), "12:00", 5.0)
    assert config.clock.start == "10:00"


def test_options_that_were_not_given_change_nothing(tmp_path: Path) -> None:
    assert read(tmp_path, "", overrides(speed=None, day=None, client_id=None)) == Config()


def test_random_client_id_as_an_option(tmp_path: Path) -> None:
    assert read(tmp_path, "", overrides(client_id="random")).broker.client_id == "random"


def test_wrong_options_are_named_as_typed(tmp_path: Path) -> None:
    options = overrides(speed=0.0, day="2019-02-30", client_id="x", port=70_000)
    with pytest.raises(ConfigError) as caught:
        read(tmp_path, "", options)
    assert sorted(line.partition(": expected")[0] for line in str(caught.value).splitlines()) == [
        '--client-id: broker.client_id = "x"',
        '--day: clock.day = "2019-02-30"',
        "--port: gateway.port = 70000",
        "--speed: clock.speed = 0.0",
    ]


def test_an_unknown_override_is_an_unknown_key(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r'override: clock\.sped = 1: unknown key; did you mean "speed"\?'):
        read(tmp_path, "", {"clock.sped": 1})


def test_an_option_cannot_mend_a_table_that_is_none(mistakes: Try) -> None:
    assert mistakes("clock = 5", overrides(speed=1.0))[0].startswith("clock = 5: expected a table")
