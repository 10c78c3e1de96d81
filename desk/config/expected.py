"""What the model expects at a key, in words: its type, its bounds, its choices, and the key nearest to a wrong one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from difflib import get_close_matches
from typing import Any

from desk.config.errors import Path, toml

Schema = Mapping[str, Any]


def schema_at(root: Schema, path: Path) -> Schema:
    """Find the JSON Schema of the value at `path`; empty where the model has no such key."""
    here = root
    for part in path:
        here = _resolve(root, here)
        here = here.get("items", {}) if isinstance(part, int) else here.get("properties", {}).get(part, {})
    return {**_resolve(root, here), **here}


def _resolve(root: Schema, schema: Schema) -> Schema:
    target = schema.get("$ref")
    return root["$defs"][target.rsplit("/", 1)[-1]] if target else schema


def describe(schema: Schema) -> str:
    """Say what a value must be: `a whole number from 0 to 65535`, `"paper" or "ib"`."""
    if "anyOf" in schema:
        return " or ".join(describe(choice) for choice in schema["anyOf"])
    if "enum" in schema:
        return _either(toml(choice) for choice in schema["enum"])
    if "const" in schema:
        return toml(schema["const"])
    return _TYPES[schema["type"]](schema)


def _either(choices: Iterable[str]) -> str:
    *most, last = choices
    return f"{', '.join(most)} or {last}" if most else last


def _bounds(schema: Schema) -> str:
    low, high = schema.get("minimum"), schema.get("maximum")
    if low is not None and high is not None:
        return f" from {low:g} to {high:g}"
    parts = []
    if low is not None:
        parts.append(f"at least {low:g}")
    if "exclusiveMinimum" in schema:
        parts.append(f"above {schema['exclusiveMinimum']:g}")
    if high is not None:
        parts.append(f"at most {high:g}")
    if "exclusiveMaximum" in schema:
        parts.append(f"below {schema['exclusiveMaximum']:g}")
    return " " + " and ".join(parts) if parts else ""


def _text(schema: Schema) -> str:
    if schema.get("format") == "date":
        return f"a date without quotes, such as {schema.get('examples', ['2019-05-13'])[0]}"
    if "examples" in schema:
        return f"text in quotes, such as {' or '.join(map(toml, schema['examples']))}"
    return "text in quotes" + (", not empty" if schema.get("minLength") else "")


_TYPES: dict[str, Callable[[Schema], str]] = {
    "integer": lambda schema: f"a whole number{_bounds(schema)}",
    "number": lambda schema: f"a number{_bounds(schema)}",
    "boolean": lambda _: "true or false, without quotes",
    "string": _text,
    "array": lambda schema: "an array of tables" if "$ref" in schema.get("items", {}) else "an array",
    "object": lambda _: "a table",
}


def nearest(word: str, known: Iterable[str]) -> str | None:
    """Find the known word that a misspelt one most likely means, whatever its case; None when nothing is near."""
    by_lower = {name.lower(): name for name in known}
    found = get_close_matches(word.lower(), by_lower, n=1, cutoff=0.6)
    return by_lower[found[0]] if found else None


def homes(root: Schema, key: str) -> Iterator[str]:
    """Name the tables of the file that know `key`."""
    for name in root["properties"]:
        table = schema_at(root, (name,))
        array = "items" in table
        if key in _resolve(root, table["items"] if array else table).get("properties", {}):
            yield f"[[{name}]]" if array else f"[{name}]"
