"""Where a command that looks finds things: the config, the run's folder, a time on the command line."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from difflib import get_close_matches
from pathlib import Path

from commands.errors import RefusedError
from commands.folders import latest_run
from commands.options import Options
from commands.settings import settings
from desk.config import Config
from desk.market.calendar import EXCHANGE

SILENT = 10.0
"""Machine seconds without a health report after which a desk counts as not running."""


def config_of(config: Path, data: Path | None) -> Config:
    """The config; its defaults where a data folder is named and there is no config to say otherwise."""
    if data is not None and not config.exists():
        return Config(data=str(data))
    return settings(Options(config, data))


def run_of(config: Path, data: Path | None) -> tuple[Config, Path]:
    """The config, and the folder of the latest run on its data folder."""
    checked = config_of(config, data)
    return checked, latest_run(Path(checked.data))


def one_of(what: str, name: str, known: Iterable[str]) -> str:
    """The name, if it is known; `RefusedError` names the nearest, and those that are known."""
    names = sorted(set(known))
    if name in names:
        return name
    near = get_close_matches(name, names, n=1)
    hint = f"did you mean {near[0]}? " if near else ""
    msg = f"unknown {what} {name}; {hint}known: {', '.join(names) or 'none'}"
    raise RefusedError(msg)


def moment_of(text: str) -> datetime:
    """A time of the command line; in exchange time unless it names its zone."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        msg = f"--at {text}: expected a time as 2019-05-13T15:45, in exchange time unless it names its zone"
        raise RefusedError(msg) from None
    return moment if moment.tzinfo else moment.replace(tzinfo=EXCHANGE)
