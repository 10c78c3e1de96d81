"""Every mistake of a configuration at once: wrong values are set aside, so that the rules between keys still run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from desk.config.errors import ABSENT, Path
from desk.config.expected import Schema, describe, homes, nearest, schema_at
from desk.config.model import Config
from desk.config.rules import RULES
from desk.config.schema import schema

_NAMES = {"collectors": "symbol", "futures": "symbol", "strategies": "name"}
"""The key that every entry of an array of tables must have."""


@dataclass(frozen=True, slots=True)
class Fault:
    """A value that cannot stay: where, and what was expected. `meant` is the key that a misspelt one stands for."""

    path: Path
    expected: str
    meant: Path | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """The faults found, and the configuration as it is without the faulty values."""

    faults: tuple[Fault, ...]
    rest: Config

    def doubtful(self, path: Path) -> bool:
        """Whether the value at `path` in `rest` is a stand-in for a faulty one."""
        wrong = {fault.path for fault in self.faults} | {fault.meant for fault in self.faults}
        return any(path[:length] in wrong for length in range(1, len(path) + 1))


def validate(data: Mapping[str, Any]) -> Outcome:
    """Check single values, then the rules between those that are sound."""
    faults = tuple(_faults(data))
    first = Outcome(faults, Config.model_validate(_without(data, faults)))
    broken = (
        Fault(breach.keys[0], breach.expected)
        for rule in RULES
        for breach in rule(first.rest)
        if not any(map(first.doubtful, breach.keys))
    )
    return Outcome((*faults, *broken), first.rest)


def _faults(data: Mapping[str, Any]) -> Iterator[Fault]:
    try:
        Config.model_validate(data)
    except ValidationError as error:
        root = schema()
        seen = set()
        for each in error.errors(include_url=False, include_input=False):
            path = _path(each["loc"], data)
            if path not in seen:
                seen.add(path)
                yield _fault(path, each["type"], data, root)


def _path(loc: Path, data: Any) -> Path:
    """Cut off what pydantic adds to a location below the data, such as the member of a union."""
    path: Path = ()
    for part in loc:
        if not isinstance(data, dict | list):
            break
        path = (*path, part)
        data = value_at(data, (part,))
    return path


def _fault(path: Path, kind: str, data: Mapping[str, Any], root: Schema) -> Fault:
    if kind == "extra_forbidden":
        return _unknown(path, root)
    if path[-1:] and isinstance(path[-1], int) and path[0] not in _NAMES:
        path = path[:-1]
    wanted = schema_at(root, path)
    expected = f"expected {describe(wanted)}"
    value = value_at(data, path)
    if value is ABSENT:
        expected = f"missing; {expected}"
    near = nearest(value, wanted["enum"]) if isinstance(value, str) and "enum" in wanted else None
    if near:
        expected += f'; did you mean "{near}"?'
    description = wanted.get("description", "") if "type" in wanted and wanted["type"] != "object" else ""
    return Fault(path, f"{expected} ({description})" if description else expected)


def _unknown(path: Path, root: Schema) -> Fault:
    word = str(path[-1])
    known = schema_at(root, path[:-1]).get("properties", {})
    near = nearest(word, known)
    if near:
        return Fault(path, f'unknown key; did you mean "{near}"?', (*path[:-1], near))
    elsewhere = list(homes(root, word))
    if elsewhere:
        return Fault(path, f"unknown key here; it belongs to {' or '.join(elsewhere)}")
    return Fault(path, f"unknown key; expected one of {', '.join(known)}")


def _without(data: Mapping[str, Any], faults: tuple[Fault, ...]) -> dict[str, Any]:
    """Take the faulty values out; entries of arrays keep their place, unnamed ones under a stand-in's name."""
    rest = deepcopy(dict(data))
    for fault in faults:
        *above, last = fault.path
        parent = value_at(rest, tuple(above))
        if isinstance(parent, list):
            parent[int(last)] = _stand_in(fault.path)
        elif isinstance(parent, dict):
            parent.pop(str(last), None)
            if len(above) == 2 and last == _NAMES.get(str(above[0])):
                parent.update(_stand_in(fault.path))
    return rest


def _stand_in(path: Path) -> dict[str, str]:
    return {_NAMES[str(path[0])]: f"NAMELESS.{path[1]}"}


def value_at(data: Any, path: Path) -> Any:
    """Look up a path in nested dicts and lists; `ABSENT` where it leads nowhere."""
    for part in path:
        try:
            data = data[part]
        except (KeyError, IndexError, TypeError):
            return ABSENT
    return data
