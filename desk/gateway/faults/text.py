"""Faults in words: `name key=value …`, as on the command line, in the configuration and on the control port."""

from __future__ import annotations

import shlex
from dataclasses import fields, replace
from datetime import date
from typing import Any

from desk.gateway.faults.catalogue import CATALOGUE
from desk.gateway.faults.fault import Fault, checked
from desk.market.calendar import at

_YES, _NO = {"1", "yes", "true", "on"}, {"0", "no", "false", "off"}
_ANY_DAY = date(2026, 1, 2)


def parse(text: str) -> Fault:
    """Return the fault that a text means; ValueError says what there is where it means none."""
    words = shlex.split(text)
    if not words:
        raise ValueError(f"no fault is named; there are {', '.join(CATALOGUE)}")
    return fault(words[0], **dict(_pair(word, text) for word in words[1:]))


def fault(name: str, /, **changes: Any) -> Fault:
    """Return a fault by name with some of its parameters changed, each as itself or as text."""
    if name not in CATALOGUE:
        raise ValueError(f"{name!r} is no fault; there are {', '.join(CATALOGUE)}")
    known = CATALOGUE[name]
    values = {key: getattr(known, key) for key in parameters(known)}
    for key, value in changes.items():
        if key not in values:
            raise ValueError(f"{name} has no {key!r}; it has {', '.join(values)}")
        changes[key] = _read(f"{name} {key}", value, values[key])
    made = replace(known, **changes)
    if made.at:
        at(_ANY_DAY, made.at)
    return checked(made)


def parameters(known: Fault) -> list[str]:
    """Return the names of a fault's parameters."""
    return [field.name for field in fields(known) if field.name != "name"]


def written(one: Fault) -> str:
    """Return the shortest text that means the fault."""
    known = CATALOGUE[one.name]
    changed = [key for key in parameters(one) if getattr(one, key) != getattr(known, key)]
    return shlex.join([one.name, *(f"{key}={_write(getattr(one, key))}" for key in changed)])


def _pair(word: str, text: str) -> tuple[str, str]:
    key, equals, value = word.partition("=")
    if not equals:
        raise ValueError(f"{word!r} in {text!r} is not key=value")
    return key, value


def _read(what: str, value: Any, like: Any) -> Any:
    """Return a value of the type of `like`."""
    if isinstance(like, tuple):
        return tuple(value.split(",")) if isinstance(value, str) else tuple(value)
    if isinstance(value, type(like)):
        return value
    text = str(value)
    if isinstance(like, bool):
        if text.lower() not in _YES | _NO:
            raise ValueError(f"{what}: {text!r} is neither yes nor no")
        return text.lower() in _YES
    try:
        return type(like)(text)
    except ValueError:
        raise ValueError(f"{what}: {text!r} is no {'whole number' if isinstance(like, int) else 'number'}") from None


def _write(value: Any) -> str:
    if isinstance(value, tuple):
        return ",".join(value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, float) else str(value)
