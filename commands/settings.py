"""From the command line's words to a checked config."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches
from typing import Any

from commands.errors import RefusedError
from commands.options import Options
from desk.config import Config, load
from desk.config.model import Collector
from strategies.registry import create, strategies


def settings(options: Options) -> Config:
    """The config with the options above it; `ConfigError` with every mistake."""
    return load(options.config, options.overrides(), strategies={name: _checker(name) for name in strategies()})


def only_strategies(config: Config, names: Sequence[str]) -> Config:
    """The config with these strategy instances only."""
    chosen = _only("strategy", names, {each.instance: each for each in config.strategies})
    return config.model_copy(update={"strategies": tuple(chosen)})


def only_symbols(config: Config, symbols: Sequence[str]) -> Config:
    """The config with these collectors only."""
    known: dict[str, Collector] = {each.symbol: each for each in config.collectors}
    chosen = _only("symbol", [symbol.upper() for symbol in symbols], known)
    return config.model_copy(update={"collectors": tuple(chosen)})


def _only(what: str, names: Sequence[str], known: dict[str, Any]) -> list[Any]:
    for name in names:
        if name not in known:
            near = get_close_matches(name, known, n=1)
            hint = f"did you mean {near[0]}?" if near else f"configured: {', '.join(known) or 'none'}"
            msg = f"unknown {what} {name}; {hint}"
            raise RefusedError(msg)
    return [known[name] for name in names]


def _checker(name: str) -> Any:
    return lambda params: create(name, params)
