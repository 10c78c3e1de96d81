"""The strategies there are: every plug-in folder in this package is imported, and registers its class by name."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, TypeVar

import strategies as package
from strategies.base import Strategy
from strategies.params import ParamsError, nearest

AnyStrategy = Strategy[Any]
S = TypeVar("S", bound=AnyStrategy)

_CLASSES: dict[str, type[AnyStrategy]] = {}


def register(name: str) -> Callable[[type[S]], type[S]]:
    """Register the decorated class as the strategy `name`; ValueError when the name is another class's."""

    def add(cls: type[S]) -> type[S]:
        taken = _CLASSES.setdefault(name, cls)
        if taken is not cls:
            raise ValueError(f"strategy {name} is registered already, by {taken.__module__}")
        cls.name = name
        return cls

    return add


def strategies() -> Mapping[str, type[AnyStrategy]]:
    """Return the class of every registered strategy by name."""
    _discover()
    return dict(sorted(_CLASSES.items()))


def create(name: str, params: Mapping[str, Any]) -> AnyStrategy:
    """Return the strategy `name` with `params` over its defaults.

    ParamsError, with a line per mistake, when there is no such strategy or its parameters cannot be used.
    """
    known = strategies()
    if name not in known:
        near = nearest(name, known)
        raise ParamsError([f'unknown strategy "{name}"; ' + (f'did you mean "{near}"?' if near else _listed(known))])
    cls = known[name]
    return cls(cls.params_type.read(name, params))


@cache
def _discover() -> None:
    for found in pkgutil.iter_modules(package.__path__):
        if found.ispkg:
            importlib.import_module(f"{package.__name__}.{found.name}.strategy")


def _listed(known: Mapping[str, object]) -> str:
    return f"known: {', '.join(known)}"
