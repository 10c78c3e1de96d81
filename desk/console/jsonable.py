"""Values as JSON for machines (`--json`): dates in ISO form, and null where there is no number."""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from typing import Any

import polars as pl


def to_json(value: Any) -> str:
    """Write dataclasses, mappings, sequences, polars frames (an array of rows) and scalars as JSON text."""
    return json.dumps(jsonable(value), indent=2, ensure_ascii=False, allow_nan=False)


def _refuse(value: Any) -> Any:
    msg = f"cannot write {type(value).__name__} as JSON"
    raise TypeError(msg)


def jsonable(value: Any, unknown: Callable[[Any], Any] = _refuse) -> Any:
    """Turn a value into what `json` can write; what it does not know goes to `unknown`, which raises TypeError."""
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if value is None or isinstance(value, str | bool | int | float):
        return value
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, pl.DataFrame):
        value = value.to_dicts()
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        value = {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {str(key): jsonable(item, unknown) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset | pl.Series):
        return [jsonable(item, unknown) for item in value]
    return unknown(value)


def iso(t: float | None) -> str | None:
    """Write epoch seconds as an ISO time in UTC."""
    return None if t is None else datetime.fromtimestamp(t, UTC).isoformat()
