"""config.toml, the options of the command line and the strategies' own checks, to one frozen `Config`."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from pathlib import Path as File
from typing import Any

from desk.config.errors import ABSENT, ConfigError, Mistake, Path
from desk.config.expected import nearest
from desk.config.model import Config
from desk.config.overrides import flag
from desk.config.validate import Outcome, validate, value_at

Validator = Callable[[dict[str, Any]], object]
"""Checks the parameters of a strategy; raises ValueError, a line per mistake."""


def load(
    path: str | File, overrides: Mapping[str, Any] | None = None, *, strategies: Mapping[str, Validator]
) -> Config:
    """Read and check the whole configuration.

    `overrides` maps dotted keys to values that stand in for the file's (see `desk.config.overrides`); `strategies`
    maps the name of each known strategy to the check of its parameters. Raises ConfigError with every mistake.
    """
    given = dict(overrides or {})
    data = _merged(_read(File(path)), given)
    outcome = validate(data)
    found = [(fault.path, fault.expected) for fault in outcome.faults]
    found.extend(_strategies(outcome, strategies))
    if found:
        found.sort(key=lambda each: list(data).index(each[0][0]) if each[0][0] in data else len(data))
        raise ConfigError([_mistake(str(path), given, data, where, expected) for where, expected in found])
    return outcome.rest


def _read(path: File) -> dict[str, Any]:
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise _unreadable(path, "there is no such file; name one with --config, or restore config.toml") from None
    except UnicodeDecodeError as error:
        raise _unreadable(path, f"expected text in UTF-8: byte {error.start} is not") from None
    except OSError as error:
        raise _unreadable(path, f"cannot be read: {error.strerror}") from None
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise _unreadable(path, _syntax(str(error), text)) from None


def _unreadable(path: File, why: str) -> ConfigError:
    return ConfigError([Mistake(str(path), "", ABSENT, why)])


def _syntax(message: str, text: str) -> str:
    """Name the line of a TOML syntax error and quote it."""
    place = re.search(r" \(at line (\d+), column (\d+)\)$", message)
    lines = text.splitlines()
    number = int(place[1]) if place else len(lines)
    quoted = lines[number - 1].strip() if 0 < number <= len(lines) else ""
    return f"line {number}: not valid TOML: {message[: place.start()] if place else message}: {quoted}"


def _merged(data: dict[str, Any], overrides: Mapping[str, Any]) -> dict[str, Any]:
    merged = deepcopy(data)
    for key, value in overrides.items():
        *above, last = key.split(".")
        table = merged
        for name in above:
            table = table.setdefault(name, {})
        if isinstance(table, dict):
            table[last] = value
    return merged


def _mistake(file: str, overrides: Mapping[str, Any], data: Mapping[str, Any], path: Path, expected: str) -> Mistake:
    dotted = ".".join(map(str, path))
    source = (flag(dotted) or "override") if dotted in overrides else file
    return Mistake(source, _shown(path, data), value_at(data, path), expected)


def _shown(path: Path, data: Mapping[str, Any]) -> str:
    """Write a path as a dotted key, an array's entry with its index and its own name: `collectors[1] (QQQ).window`."""
    shown = ""
    for place, part in enumerate(path):
        if isinstance(part, str):
            shown += f".{part}" if shown else part
            continue
        entry = value_at(data, path[: place + 1])
        names = [entry.get(key) for key in ("id", "symbol", "name")] if isinstance(entry, dict) else []
        name = next((each for each in names if isinstance(each, str) and each), "")
        shown += f"[{part}]" + (f" ({name})" if name else "")
    return shown


def _strategies(outcome: Outcome, known: Mapping[str, Validator]) -> Iterator[tuple[Path, str]]:
    for index, each in enumerate(outcome.rest.strategies):
        name: Path = ("strategies", index, "name")
        params: Path = ("strategies", index, "params")
        if outcome.doubtful(name):
            continue
        if each.name not in known:
            near = nearest(each.name, known)
            hint = f'; did you mean "{near}"?' if near else f"; known are {', '.join(sorted(known)) or 'none'}"
            yield name, f"unknown strategy{hint}"
        elif not outcome.doubtful(params):
            for line in _refusals(known[each.name], each.params):
                yield params, line


def _refusals(check: Validator, params: Mapping[str, Any]) -> list[str]:
    try:
        check(dict(params))
    except ValueError as error:
        return [line for line in str(error).splitlines() if line.strip()]
    return []
